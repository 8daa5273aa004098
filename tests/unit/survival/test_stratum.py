"""Strata, and how sure a level is to lie in one."""

from decimal import Decimal
from math import log, sqrt

import pytest

from app.survival.reading import near_strata, read_level
from app.survival.stratum import Range, measurement_spread, membership, nearest_cut
from tests.builders import MIROCALS, TOPLINE, a_level

CUTS = [Decimal(750), Decimal(3700)]


def a_range(text):
    """Read `[750, 3700]` or `(-, 750)`: a round bracket leaves the end out, a dash opens it."""
    lower, upper = (None if end.strip() == "-" else Decimal(end) for end in text[1:-1].split(","))
    return Range(lower, text[0] == "[", upper, text[-1] == "]")


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("(-, 750)", "[750, 3700]", False),
        ("(-, 750]", "[750, 3700]", True),
        ("(-, 750]", "(750, 3700]", False),
        ("[750, 3700]", "(3700, -)", False),
        ("[750, 3700]", "[3700, 3700]", True),
        ("(-, -)", "[1, 1]", True),
        ("(-, 1)", "(2, -)", False),
    ],
)
def test_two_ranges_meet_when_a_level_lies_in_both(one, other, meet):
    assert a_range(one).meets(a_range(other)) is meet
    assert a_range(other).meets(a_range(one)) is meet


@pytest.mark.parametrize(
    ("whole", "part", "holds"),
    [
        ("(-, 3700]", "(-, 750)", True),
        ("(-, 3700]", "[750, 3700]", True),
        ("(-, 3700)", "[750, 3700]", False),
        ("(-, 3700]", "(3700, -)", False),
        ("[750, 3700]", "(-, 750)", False),
        ("[750, 3700]", "(750, 3700)", True),
        ("(750, 3700)", "[750, 3700)", False),
        ("[750, -)", "[750, -)", True),
        ("[750, 3700]", "[750, -)", False),
    ],
)
def test_a_range_holds_another_when_every_level_of_that_lies_in_it(whole, part, holds):
    assert a_range(whole).holds_all_of(a_range(part)) is holds


@pytest.mark.parametrize(
    ("comparator", "text"),
    [("<", "(-, 750)"), ("<=", "(-, 750]"), (">", "(750, -)"), (">=", "[750, -)")],
)
def test_a_bound_is_the_set_beyond_it(comparator, text):
    assert Range.of(a_level("750", comparator=comparator)) == a_range(text)


def test_a_measured_level_is_the_set_of_itself():
    assert Range.of(a_level("750")) == a_range("[750, 750]")


def test_the_spread_of_a_measurement_is_log_normal():
    assert measurement_spread(0.187) == pytest.approx(sqrt(log(1 + 0.187**2)), rel=1e-14)


@pytest.mark.parametrize("assay_cv", [1e-9, 1e-200, 5e-324])
def test_an_assay_without_any_error_to_speak_of_is_sure(assay_cv):
    assert membership(1500.0, [log(750), log(3700)], assay_cv) == [0.0, 1.0, 0.0]


def test_a_level_on_a_cut_point_is_as_likely_above_as_below():
    below, above = membership(750.0, [log(750)], 0.1)
    assert (below, above) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("level", "cut"), [("1", 750), ("2224", 750), ("2225", 750), ("2226", 3700), ("9000", 3700)]
)
def test_the_nearest_cut_point_is_the_lower_of_two_equally_near(level, cut):
    assert nearest_cut(Decimal(level), CUTS) == cut


def test_near_means_a_tenth_in_another_stratum():
    assert near_strata([0.1, 0.8, 0.0999], own=1, threshold=0.1) == (0,)
    assert near_strata([0.9, 0.1, 0.0], own=0, threshold=0.1) == (1,)


def test_the_assay_s_own_imprecision_replaces_the_one_between_laboratories():
    sure = read_level(a_level("3600"), MIROCALS, assay_cv=0.01)
    unsure = read_level(a_level("3600"), MIROCALS)
    assert (sure.assay_cv, unsure.assay_cv) == (0.01, 0.187)
    assert sure.kind.near == ()
    assert unsure.kind.near == (2,)


def test_a_source_without_a_continuous_effect_says_so():
    assert read_level(a_level("1500"), TOPLINE).kind.silence == "not_in_this_evidence"
