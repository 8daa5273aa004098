"""Intervals, extremes and numbers needed to treat."""

from math import exp, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.survival.interval import Interval, extremes, hull, normal_tail, wald
from app.survival.needed import number_needed
from app.survival.proportion import newcombe_difference, wilson

finite = st.floats(-1e6, 1e6)
intervals = st.builds(lambda a, b: Interval(*sorted((a, b))), finite, finite)
gaps = st.floats(-1, 1)


@given(
    top=st.floats(0.6, 2.4), width=st.floats(0.2, 5), size=st.floats(0.01, 100), tilt=st.booleans()
)
def test_extremes_finds_those_of_a_smooth_hill_or_valley(top, width, size, tilt):
    def hill(x):
        return (-size if tilt else size) * exp(-(((x - top) / width) ** 2))

    inside = min(max(top, 1.0), 2.03)
    best, far = hill(inside), max if tilt else min
    worst = far(hill(1.0), hill(2.03))
    found = extremes(hill, 1.0, 2.03)
    assert sorted((best, worst)) == pytest.approx([found.lower, found.upper], abs=1e-8 * size)


@given(slope=finite, start=finite)
def test_extremes_of_a_straight_line_are_its_ends(slope, start):
    found = extremes(lambda x: start + slope * x, 1.0, 2.0)
    ends = sorted((start + slope, start + slope * 2))
    assert [found.lower, found.upper] == pytest.approx(ends, rel=1e-9, abs=1e-9)


@given(st.lists(intervals, min_size=1, max_size=5))
def test_a_hull_holds_every_interval_and_ends_where_one_ends(several):
    whole = hull(several)
    assert all(whole.holds(one.lower) and whole.holds(one.upper) for one in several)
    assert whole.lower in {one.lower for one in several}
    assert whole.upper in {one.upper for one in several}


@given(finite, st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_wald_interval_holds_the_value_and_a_greater_error_never_narrows_it(value, one, other):
    narrow, wide = (wald(value, error) for error in sorted((one, other)))
    assert wide.lower <= narrow.lower <= value <= narrow.upper <= wide.upper


@given(st.floats(-30, 30))
def test_the_two_tails_of_the_normal_make_one(z):
    assert normal_tail(z) + normal_tail(-z) == pytest.approx(1, rel=1e-15)
    assert 0 <= normal_tail(z) <= 1


@pytest.mark.parametrize(("z", "tail"), [(0.0, 0.5), (inf, 0.0), (-inf, 1.0)])
def test_the_tail_of_the_normal_at_its_ends(z, tail):
    assert normal_tail(z) == tail


@given(st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_wilson_interval_holds_the_proportion_and_stays_within_0_and_1(seen):
    events, total = seen
    interval = wilson(events, total)
    assert -1e-15 <= interval.lower <= events / total + 1e-15
    assert events / total - 1e-15 <= interval.upper <= 1 + 1e-15


counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_newcombe_holds_the_difference_and_turns_with_the_arms(one, other):
    there, back = newcombe_difference(*one, *other), newcombe_difference(*other, *one)
    gap = one[0] / one[1] - other[0] / other[1]
    assert there.lower - 1e-12 <= gap <= there.upper + 1e-12
    assert (back.lower, back.upper) == pytest.approx((-there.upper, -there.lower), abs=1e-12)


@st.composite
def differences(draw):
    lower, value, upper = sorted(draw(st.tuples(gaps, gaps, gaps)))
    return value, Interval(lower, upper)


@given(differences())
def test_a_number_needed_is_the_reciprocal_with_the_kind_of_gain(difference):
    value, interval = difference
    needed = number_needed(640, value, interval)
    ends = ((needed, value), (needed.lower, interval.upper), (needed.upper, interval.lower))
    for end, gap in ends:
        if gap == 0:
            assert (end.value, end.type) == (None, None)
        else:
            assert end.value == 1 / abs(gap)
            assert end.type == ("benefit" if gap > 0 else "harm")


@given(differences())
def test_a_number_needed_passes_through_infinity_exactly_when_the_interval_holds_0(difference):
    value, interval = difference
    needed = number_needed(640, value, interval)
    assert needed.through_infinity == (interval.lower <= 0 <= interval.upper)
