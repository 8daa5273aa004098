"""The laws of survival curves, for any evidence."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.survival.arm import Arm
from app.survival.hazard import HazardRatio
from tests.builders import HORIZON, a_pair, a_ratio, some_curves
from tests.properties.strategies import days, groups, pairs, shapes, sides

ratios = st.floats(0.1, 5.0)
NOISE = 1e-12


def at_most(smaller, larger):
    """Compare with room for the last bit, as each side is rounded once."""
    return smaller <= larger + NOISE * max(1.0, abs(larger))


@given(groups, sides, st.lists(st.floats(0, 960), min_size=2, max_size=20))
def test_a_curve_never_rises_and_stays_within_0_and_1(curves, side, times):
    rows = [curves.survival_at(side, day) for day in sorted(times)]
    for column in ("survival", "lower", "upper"):
        values = [getattr(row, column) for row in rows]
        assert all(0 <= value <= 1 for value in values)
        assert values == sorted(values, reverse=True)


@given(groups, sides)
def test_everybody_is_alive_at_the_time_origin(curves, side):
    row = curves.survival_at(side, 0.0)
    assert (row.survival, row.lower, row.upper) == (1.0, 1.0, 1.0)
    outer = row.shape_sensitivity
    assert (outer.lower, outer.upper, outer.band_lower, outer.band_upper) == (1.0,) * 4


@given(groups, sides, st.floats(0, HORIZON, exclude_max=True))
def test_everybody_known_to_be_alive_is_alive_that_day(curves, side, day):
    row = curves.survival_at(side, day, since=day)
    assert (row.survival, row.lower, row.upper) == (1.0, 1.0, 1.0)


@given(st.floats(0.03, 0.97), st.integers(10, 2000), shapes, days)
def test_a_hazard_ratio_of_one_changes_nothing(survival, participants, shape, day):
    pair = a_pair(survival, participants, a_ratio(1.0, 1e-9, 1e9))
    curves = some_curves(pair, shape=shape)
    control, treated = (curves.survival_at(side, day).survival for side in ("control", "treated"))
    assert treated == control
    assert curves.difference_at(day).value == 0
    assert curves.mean_difference().value == 0


@given(pairs(), shapes, days, ratios, ratios)
def test_a_higher_ratio_never_helps(pair, shape, day, one, other):
    low, high = sorted((one, other))
    better, worse = (Arm(pair.control.hazard * r, 0.04, HORIZON) for r in (low, high))
    assert worse.survival(day, shape.value) <= better.survival(day, shape.value)
    assert at_most(worse.restricted_mean(shape.value), better.restricted_mean(shape.value))
    assert all(w <= b for w, b in zip(worse.median(1.5), better.median(1.5), strict=True))


@given(st.floats(0.03, 0.97), ratios, ratios, shapes, days)
def test_two_ratios_in_turn_equal_their_product(survival, one, other, shape, day):
    def treated_with(ratio, baseline):
        arm = a_pair(baseline, 1e15, a_ratio(ratio, 1e-9, 1e9)).treated
        return arm.survival(day, shape.value), arm.survival(HORIZON, shape.value)

    _, after_one = treated_with(one, survival)
    assume(1e-12 < after_one < 1 - 1e-12)  # somebody, not everybody, is left to treat again
    assert treated_with(other, after_one)[0] == pytest.approx(
        treated_with(one * other, survival)[0], rel=1e-9
    )


@given(groups, sides, st.floats(0, 960))
def test_the_outer_band_holds_the_band_and_the_band_holds_the_curve(curves, side, day):
    row = curves.survival_at(side, day)
    outer = row.shape_sensitivity
    assert outer.band_lower <= row.lower <= row.survival <= row.upper <= outer.band_upper
    assert outer.band_lower <= outer.lower <= row.survival <= outer.upper <= outer.band_upper


@given(groups, days)
def test_the_outer_band_of_a_difference_holds_its_interval_and_that_its_value(curves, day):
    row = curves.difference_at(day)
    outer = row.shape_sensitivity
    assert row.lower <= row.value <= row.upper
    assert at_most(outer.lower, row.value)
    assert at_most(row.value, outer.upper)
    assert outer.band_lower <= row.lower + 1e-9
    assert row.upper <= outer.band_upper + 1e-9


@given(groups, sides)
def test_intervals_of_means_and_medians_hold_the_value(curves, side):
    mean, gap, median = (
        curves.restricted_mean(side), curves.mean_difference(), curves.median(side),
    )  # fmt: skip
    over_shapes = curves.mean_difference_over_shapes()
    assert mean.lower <= mean.value <= mean.upper
    assert gap.lower <= gap.value <= gap.upper
    assert over_shapes.lower - 1e-6 <= gap.value <= over_shapes.upper + 1e-6
    days_in_order = [d for d in (median.lower, median.value, median.upper) if d is not None]
    assert days_in_order == sorted(days_in_order)


@given(groups, sides)
def test_a_median_past_the_horizon_is_unknown_and_none_is_infinite(curves, side):
    median = curves.median(side)
    assert median.reached == (median.value is not None)
    assert median.lower_bound == (None if median.reached else HORIZON)
    known = [d for d in (median.lower, median.value, median.upper) if d is not None]
    assert all(0 < day <= HORIZON for day in known)


@given(groups, sides)
def test_at_the_median_half_are_alive(curves, side):
    median = curves.median(side)
    if median.reached:
        assert curves.survival_at(side, median.value).survival == pytest.approx(0.5, rel=1e-9)


@given(pairs(), shapes, days, days)
def test_being_alive_at_both_days_is_being_alive_at_the_first_and_then_at_the_second(
    pair, shape, one, other
):
    early, late = sorted((one, other))
    k, arm = shape.value, pair.treated
    then = arm.survival(late, k, since=early)
    assert arm.survival(early, k) * then == pytest.approx(arm.survival(late, k), rel=1e-9)


@given(groups, sides, st.floats(5e-324, HORIZON, exclude_max=True), st.floats(5e-324, HORIZON))
def test_a_condition_on_any_day_gives_an_answer(curves, side, since, day):
    since, day = sorted((since, day))
    row = curves.survival_at(side, day, since)
    assert row.shape_sensitivity.lower <= row.survival <= row.shape_sensitivity.upper


@pytest.mark.parametrize(
    ("since", "day"),
    [(1e-323, 365.0), (511.9999999999999, 511.99999999999994), (200.0, 639.9999999999999)],
)
def test_a_condition_on_nearly_the_same_or_nearly_no_day_gives_an_answer(since, day):
    row = some_curves().survival_at("control", day, since)
    assert 0 < row.shape_sensitivity.lower <= row.survival <= row.shape_sensitivity.upper <= 1


@given(pairs(), shapes)
def test_a_restricted_mean_lies_between_the_box_under_the_curve_and_the_horizon(pair, shape):
    arm, k = pair.control, shape.value
    assert HORIZON * arm.survival(HORIZON, k) <= arm.restricted_mean(k) <= HORIZON


@given(st.floats(0.01, 4), st.floats(0, 4), st.floats(0, 4), shapes, days)
def test_a_greater_variance_never_narrows_a_band(hazard, one, other, shape, day):
    narrow, wide = (
        Arm(hazard, variance, HORIZON).band(day, shape.value) for variance in sorted((one, other))
    )
    assert wide.lower <= narrow.lower
    assert narrow.upper <= wide.upper


@given(pairs(), st.floats(0.6, 3), st.floats(0.6, 3), days)
def test_a_steeper_shape_never_costs_lives_before_the_horizon(pair, one, other, day):
    low, high = sorted((one, other))
    arm = pair.control
    assert at_most(arm.survival(day, low), arm.survival(day, high))


@given(groups, days)
def test_an_interval_spans_those_of_every_possible_baseline(curves, day):
    row, k = curves.difference_at(day), curves.shape.value
    for pair in curves.pairs:
        alone = pair.survival_difference_interval(day, k)
        assert row.lower <= alone.lower <= alone.upper <= row.upper


@given(st.floats(0.01, 10), st.floats(0.01, 10), st.floats(0.01, 10))
def test_the_direction_follows_from_the_interval_alone(one, two, three):
    lower, value, upper = sorted((one, two, three))
    direction = a_ratio(value, lower, upper).direction
    assert (direction == "benefit") == (upper < 1)
    assert (direction == "harm") == (lower > 1)


@given(ratios)
def test_without_an_interval_the_direction_is_uncertain(value):
    ratio = a_ratio(value, None, None, None)
    assert isinstance(ratio, HazardRatio)
    assert ratio.direction == "uncertain"
    assert ratio.log_standard_error is None
