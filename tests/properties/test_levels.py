"""Levels are read exactly, lie in one stratum, and are refused in words alone."""

from decimal import Context, Decimal
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.survival.level import COMPARATORS, FACTORS, Level, parse_level, plain
from app.survival.reading import read_level
from app.survival.stratum import membership, strata_meeting
from tests.builders import MIROCALS, STUDIES, TOPLINE, a_level
from tests.properties.strategies import CUTS, amounts, levels, studies, written

EXACT = Context(prec=500)
A_HAIR = Decimal("1e-60")
anything = st.one_of(
    st.text(max_size=80), st.integers(), st.floats(), st.booleans(), st.none(), st.decimals(),
    st.lists(st.integers(), max_size=2),
    st.from_regex(r"\A-?[0-9]{1,70}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,30})?\Z"),
)  # fmt: skip


def read(*sent):
    """Give the level that was read, or the refusal."""
    try:
        return parse_level(*sent)
    except InvalidInput as refused:
        return refused


@given(anything, anything | st.sampled_from(sorted(FACTORS)), anything, anything)
def test_whatever_is_sent_is_a_level_or_a_list_of_faults(value, unit, comparator, specimen):
    found = read(value, unit, comparator, specimen)
    assert isinstance(found, Level) or found.faults


@given(anything)
def test_what_is_accepted_is_greater_than_0_and_at_most_a_million(value):
    found = read(value, "pg/mL")
    if isinstance(found, Level):
        assert 0 < found.value <= 1_000_000
        assert found.value == Decimal(found.text)


@given(amounts)
def test_all_units_read_the_same_amount(amount):
    read = {parse_level(written(amount, unit), unit).value for unit in FACTORS}
    assert read == {amount}


@given(st.from_regex(r"\A[0-9]{1,6}\.[0-9]{20,50}\Z").filter(lambda text: Decimal(text) > 0))
def test_no_digit_is_lost(text):
    level = a_level(text)
    assert level.value.compare_total(Decimal(text)) == 0
    assert Decimal(plain(level.value)) == Decimal(text)


def true_stratum(amount, cuts=CUTS):
    """Say it in the plainest way: below 750, up to 3700, above."""
    return 0 if amount < cuts[0] else 1 if amount <= cuts[1] else 2


@pytest.mark.parametrize(
    ("text", "stratum"),
    [
        ("749.9", 0), ("749.9999999999999999", 0), ("749." + "9" * 59, 0),
        ("750", 1), ("750.000", 1), ("750." + "0" * 58 + "1", 1),
        ("3699.9999999999999", 1), ("3700", 1), ("3.7e3", 1),
        ("3700.0000000001", 2), ("3700." + "0" * 57 + "1", 2), ("3700.1", 2),
    ],
)  # fmt: skip
def test_a_hair_beside_a_cut_point_is_on_its_own_side(text, stratum):
    assert strata_meeting(MIROCALS.ranges, a_level(text)) == [stratum]


@pytest.mark.parametrize(
    ("text", "stratum"), [("0.7499999999999999999999999999999999", 0), ("0.75", 1), ("3.7", 1)]
)
def test_a_hair_beside_a_cut_point_keeps_its_side_in_another_unit(text, stratum):
    assert strata_meeting(MIROCALS.ranges, a_level(text, "ng/mL")) == [stratum]


@given(amounts)
def test_a_level_lies_in_exactly_one_stratum(amount):
    assert strata_meeting(MIROCALS.ranges, a_level(f"{amount:f}")) == [true_stratum(amount)]


def bounded(comparator, bound):
    """Give amounts of the set that a bound stands for: every place where a stratum may change."""
    places = [bound, *CUTS, Decimal("1e-9"), Decimal(10**9)]
    near = [EXACT.add(place, shift) for place in places for shift in (-A_HAIR, 0, A_HAIR)]
    holds = {
        "<": lambda x: x < bound, "<=": lambda x: x <= bound,
        ">": lambda x: x > bound, ">=": lambda x: x >= bound,
    }  # fmt: skip
    return [amount for amount in near if amount > 0 and holds[comparator](amount)]


@given(amounts, st.sampled_from(COMPARATORS))
def test_a_bound_leaves_open_every_stratum_that_its_set_meets(bound, comparator):
    met = {true_stratum(amount) for amount in bounded(comparator, bound)}
    known = strata_meeting(MIROCALS.ranges, a_level(f"{bound:f}", comparator=comparator))
    assert set(known) == met


@given(levels(comparator=st.none()), studies, st.none() | st.floats(0, 1, exclude_min=True))
def test_the_certainties_of_all_strata_sum_to_one(level, study, assay_cv):
    reading = read_level(level, STUDIES[study], assay_cv)
    assert len(reading.probabilities) == len(STUDIES[study].strata)
    assert all(0 <= chance <= 1 for chance in reading.probabilities)
    assert sum(reading.probabilities) == pytest.approx(1, abs=1e-12)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(1e-6, 1))
def test_a_higher_level_is_never_more_likely_low_nor_less_likely_high(one, other, assay_cv):
    low, high = sorted((one, other))
    cuts = [log(750), log(3700)]
    at_low, at_high = membership(low, cuts, assay_cv), membership(high, cuts, assay_cv)
    assert at_high[0] <= at_low[0] + 1e-12
    assert at_low[2] <= at_high[2] + 1e-12


@given(levels(comparator=st.none()), studies)
def test_the_nearest_cut_point_is_the_nearest(level, study):
    reading = read_level(level, STUDIES[study])
    distances = [abs(level.value - cut) for cut in STUDIES[study].cut_points]
    assert reading.distance_to_cut_point == min(distances)
    assert abs(level.value - reading.nearest_cut_point) == min(distances)


@given(levels(comparator=st.none()))
def test_the_continuous_effect_is_shown_from_750_to_6000_alone(level):
    reading = read_level(level, MIROCALS)
    assert (reading.continuous is not None) == (750 <= level.value <= 6000)
    assert (reading.kind.silence is None) == (reading.continuous is not None)


@given(levels(comparator=st.sampled_from(COMPARATORS)), studies)
def test_a_bound_has_neither_certainty_nor_nearness_nor_a_continuous_effect(level, study):
    reading = read_level(level, STUDIES[study])
    assert (reading.probabilities, reading.nearest_cut_point, reading.continuous) == (None,) * 3
    assert reading.kind.near == ()


def test_topline_evidence_has_one_cut_point():
    assert TOPLINE.cut_points == [Decimal(3700)]
