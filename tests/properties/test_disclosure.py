"""However one asks about a cohort, no set of 1 to 9 patients follows from what is told."""

from fractions import Fraction
from itertools import combinations, product
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.cohort.disclosure import Disclosures, Verdict

N = 60
MINIMUM = 10
VALUES = {"arm": 3, "sex": 2, "site": 5, "rare": 12}


@st.composite
def cohorts(draw):
    """Patients with a value of each variable, -1 where it is not known; `usable` says of whom."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    columns = {name: random.integers(0, many, N) for name, many in VALUES.items()}
    for column in columns.values():
        column[random.random(N) < draw(st.sampled_from([0, 0.03, 0.1]))] = -1
    age = random.integers(40, 80, N)
    return SimpleNamespace(columns=columns, age=age, usable=random.random(N) > 0.05)


filters = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(["eq", "ne"]), st.sampled_from(sorted(VALUES)), st.integers(0, 4)),
    st.tuples(st.sampled_from(["ge", "lt"]), st.just("age"), st.integers(40, 80)),
)
groupings = st.lists(st.sampled_from(sorted(VALUES)), max_size=2, unique=True)
questions = st.lists(st.tuples(filters, groupings), min_size=2, max_size=8)


def meant_by(cohort, wanted):
    if wanted is None:
        return np.ones(N, dtype=bool)
    operator, name, value = wanted
    known = cohort.age if name == "age" else cohort.columns[name]
    compared = {
        "eq": known == value,
        "ne": (known != value) & (known >= 0),
        "ge": known >= value,
        "lt": known < value,
    }
    return compared[operator]


def sets_of(cohort, question):
    """Who is meant by a question, and the groups of those who can be used."""
    wanted, names = question
    meant = meant_by(cohort, wanted)
    used = meant & cohort.usable
    for name in names:
        used = used & (cohort.columns[name] >= 0)
    cells = {}
    for row in np.flatnonzero(used):
        cells.setdefault(tuple(cohort.columns[name][row] for name in names), []).append(row)
    return meant, [np.isin(np.arange(N), cells[cell]) for cell in sorted(cells)]


def told_sets(disclosures, asked):
    """What was told by number, what was told by outcomes, and who was left out: sets of rows."""
    counted, shown, left_out = [], [], []
    for number, (meant, groups) in enumerate(asked):
        sizes = [int(group.sum()) for group in groups]
        verdict = disclosures.judge(number, meant, groups, sizes)
        if not verdict.may_count:
            continue
        counted.append(frozenset(np.flatnonzero(meant)))
        if not verdict.is_allowed:
            continue
        used = np.logical_or.reduce(groups)
        left_out.append(frozenset(np.flatnonzero(meant & ~used)))
        shown.append(frozenset(np.flatnonzero(used)))
        pairs = zip(groups, verdict.shown, strict=True)
        shown += [frozenset(np.flatnonzero(group)) for group, is_shown in pairs if is_shown]
    return counted, shown, left_out


def nested_differences(sets):
    """The few patients by whom a set that was told exceeds another that lies in it, or is few."""
    sets = {frozenset(), *sets}
    pairs = [(one, other) for one in sets for other in sets if one < other]
    return {other - one for one, other in pairs if len(other - one) < MINIMUM}


def exposures(disclosures, asked):
    counted, shown, left_out = told_sets(disclosures, asked)
    excused = set(left_out) | nested_differences(left_out)
    return nested_differences(counted) | (nested_differences(shown) - excused)


class Open(Disclosures):
    """Tells everything."""

    def judge(self, question, meant, groups, sizes):
        del question, meant, sizes
        return Verdict(is_allowed=True, shown=(True,) * len(groups))


SEARCH = settings(
    max_examples=400, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@SEARCH
@given(cohorts(), questions)
def test_no_two_sets_that_are_told_differ_by_few_patients(cohort, asked):
    assert exposures(Disclosures(MINIMUM), [sets_of(cohort, one) for one in asked]) == set()


def test_the_search_finds_few_patients_where_everything_is_told():
    @settings(SEARCH, phases=[Phase.generate])
    @given(cohorts(), questions)
    def search(cohort, asked):
        assert exposures(Open(MINIMUM), [sets_of(cohort, one) for one in asked]) == set()

    with pytest.raises(AssertionError):
        search()


def test_ten_thousand_pairs_of_questions_tell_of_nobody():
    random = np.random.default_rng(4)
    columns = {name: random.integers(0, many, N) for name, many in VALUES.items()}
    age, usable = random.integers(40, 80, N), random.random(N) > 0.05
    cohort = SimpleNamespace(columns=columns, age=age, usable=usable)
    wanted = [None, *product(("eq", "ne"), VALUES, range(4))]
    wanted += product(("ge", "lt"), ["age"], range(40, 80, 2))
    asked = [sets_of(cohort, one) for one in product(wanted, ([], ["arm"], ["sex", "site"]))]
    pairs = [[asked[i] for i in random.choice(len(asked), 2)] for _ in range(10_000)]
    assert not any(exposures(Disclosures(MINIMUM), pair) for pair in pairs)
    assert sum(bool(exposures(Open(MINIMUM), pair)) for pair in pairs[:100]) > 50


def follows(target, sets, n):
    """Whether a set's sum follows from the sums of others: elimination in fractions."""
    rows = [[Fraction(i in one) for i in range(n)] for one in sets]
    row = [Fraction(i in target) for i in range(n)]
    for column in range(n):
        pivot = next((one for one in rows if one[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        pivot = [value / pivot[column] for value in pivot]
        rows = [[a - one[column] * b for a, b in zip(one, pivot, strict=True)] for one in rows]
        row = [a - row[column] * b for a, b in zip(row, pivot, strict=True)]
    return not any(row)


subsets = st.sets(st.integers(0, 11), min_size=3)


@settings(max_examples=100, derandomize=True, database=None)
@given(st.lists(subsets, min_size=1, max_size=6))
def test_no_few_patients_follow_from_any_sums_and_differences(asked):
    n, minimum = 12, 3
    disclosures, told = Disclosures(minimum), []
    for one in asked:
        mask = np.isin(np.arange(n), list(one))
        verdict = disclosures.judge(frozenset(one), mask, [mask], [len(one)])
        if verdict.is_allowed:
            told.append(one)
        else:  # it is refused for a reason: something would have followed
            assert any(follows(few, [*told, one], n) for few in fewer_than(minimum, n))
    assert told
    assert not any(follows(few, told, n) for few in fewer_than(minimum, n))


def fewer_than(minimum, n):
    return [set(few) for size in range(1, minimum) for few in combinations(range(n), size)]
