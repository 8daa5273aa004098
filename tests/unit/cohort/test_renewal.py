"""A cohort in its next state is what would be read anew."""

from dataclasses import fields, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.cohort.cohort import ALIVE, DEAD, UNKNOWN, Cohort
from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.follow_up import CENSORED, COMPETING, DEATH
from app.cohort.renewal import renew
from tests.unit.cohort.cox_data import labels, numbers

STRATA = ("very_low", "low", "high")
"""Categories that are given, whoever is there: those of the stratum."""

patients = st.fixed_dictionaries(
    {
        "days": st.one_of(st.none(), st.integers(0, 900)),
        "entry": st.integers(0, 30),
        "vital": st.sampled_from([ALIVE, DEAD, UNKNOWN]),
        "ended_by": st.sampled_from([CENSORED, DEATH, COMPETING]),
        "is_synthetic": st.booleans(),
        "arm": st.one_of(st.none(), st.sampled_from(["active", "none", "placebo"])),
        "stratum": st.one_of(st.none(), st.sampled_from(STRATA)),
        "pnfh": st.one_of(st.none(), st.integers(1, 9000)),
        "x_mixed": st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["a", "b", "2"])),
    }
)
states = st.dictionaries(st.integers(1, 2**64 - 1), patients, max_size=12)
changes = st.dictionaries(
    st.integers(1, 2**64 - 1), st.one_of(st.none(), patients), min_size=1, max_size=6
)


def whole(version, people):
    """Read a cohort from people: a table of facts by key."""
    keys = sorted(people)

    def stated(name, kind):
        return np.array([people[key][name] for key in keys], kind)

    return Cohort(
        version,
        np.array(keys, np.uint64),
        stated("days", float),
        stated("entry", float),
        stated("vital", np.int8),
        stated("ended_by", np.int8),
        stated("is_synthetic", bool),
        {
            "arm": category([people[key]["arm"] for key in keys]),
            "stratum": category([people[key]["stratum"] for key in keys], STRATA),
            "pnfh": NumericColumn(stated("pnfh", float)),
            "x_mixed": covariate([people[key]["x_mixed"] for key in keys]),
        },
    )


def category(values, given_names=None):
    names = given_names or tuple(sorted({value for value in values if value is not None}))
    codes = [-1 if value is None else names.index(value) for value in values]
    return CategoricalColumn(np.array(codes, np.int32), tuple(names))


def covariate(values):
    """Numbers, or categories as soon as it is a text for anybody."""
    if any(isinstance(value, str) for value in values):
        return category([None if value is None else str(value) for value in values])
    return NumericColumn(np.array(values, float))


def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, NumericColumn):
        return np.array_equal(one.values, other.values, equal_nan=True)
    return one.categories == other.categories and np.array_equal(one.codes, other.codes)


def check(before, changed):
    """Renew, and hold every array against the one that is read anew."""
    after = {key: facts for key, facts in (before | changed).items() if facts is not None}
    came = {key: facts for key, facts in changed.items() if facts is not None}
    digests = np.array(sorted(changed), np.uint64)
    renewed = renew(whole("1", before), digests, whole("2", came))
    anew = whole("2", after)
    assert renewed.version == "2"
    for field in fields(Cohort):
        if field.name not in {"version", "columns"}:
            ours, theirs = (getattr(one, field.name) for one in (renewed, anew))
            assert ours.dtype == theirs.dtype, field.name
            assert np.array_equal(ours, theirs, equal_nan=field.name == "days"), field.name
    assert renewed.columns.keys() >= anew.columns.keys() - {"x_mixed"}
    for name, column in renewed.columns.items():
        assert same(column, anew.columns[name]), name
    return renewed


@given(states, changes, st.data())
def test_a_renewed_cohort_is_the_one_that_is_read_anew(before, changed, data):
    some = data.draw(st.sets(st.sampled_from(sorted(before)))) if before else set()
    known = {key: data.draw(st.one_of(st.none(), patients)) for key in sorted(some)}
    check(before, changed | known)


def one(**facts):
    """A patient of whom nothing is known but this."""
    nothing = {"days": None, "entry": 0, "vital": UNKNOWN, "ended_by": CENSORED,
               "is_synthetic": False, "arm": None, "stratum": None, "pnfh": None,
               "x_mixed": None}  # fmt: skip
    return nothing | facts


def test_nothing_of_the_state_before_is_changed():
    before = whole("1", {1: one(arm="none"), 2: one(arm="placebo")})
    arm = before.columns["arm"].codes.copy()
    renew(before, np.array([1], np.uint64), whole("2", {}))
    assert before.columns["arm"].codes.tolist() == arm.tolist()
    assert len(before) == 2


def test_a_category_that_nobody_has_any_more_is_gone():
    renewed = check({1: one(arm="none"), 2: one(arm="placebo")}, {1: one(arm="active")})
    assert renewed.columns["arm"].categories == ("active", "placebo")


def test_the_strata_stay_whoever_is_there():
    renewed = check({1: one(stratum="low")}, {1: one(stratum="high")})
    assert renewed.columns["stratum"].categories == STRATA


def test_a_covariate_that_turns_from_numbers_to_texts_is_to_be_read_again():
    renewed = check({1: one(x_mixed=1), 2: one(x_mixed=2)}, {1: one(x_mixed="a")})
    assert "x_mixed" not in renewed.columns


def test_a_covariate_of_texts_that_turns_to_numbers_is_to_be_read_again():
    renewed = check({1: one(x_mixed="a"), 2: one(x_mixed=2)}, {1: one(x_mixed=1)})
    assert "x_mixed" not in renewed.columns


def test_whoever_went_is_gone_and_whoever_came_is_in_place():
    before = {key: one(days=key) for key in (2, 4, 6)}
    renewed = check(before, {4: None, 3: one(days=3), 9: one(days=9)})
    assert renewed.days.tolist() == [2, 3, 6, 9]


def test_a_variable_that_was_not_read_before_is_not_there_after():
    before = replace(whole("1", {1: one()}), columns={"pnfh": numbers(5)})
    now = replace(whole("2", {1: one()}), columns={"pnfh": numbers(7), "arm": labels("none")})
    renewed = renew(before, np.array([1], np.uint64), now)
    assert {name: c.values.tolist() for name, c in renewed.columns.items()} == {"pnfh": [7]}
