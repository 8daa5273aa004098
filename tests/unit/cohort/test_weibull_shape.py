"""The shape of one arm. Agreement with R's survreg stands in tests/oracle/test_fitted_groups.py."""

import numpy as np
import pytest

from app.cohort.evidence.weibull_shape import weibull_shape
from app.cohort.follow_up import COMPETING, DEATH, FollowUp


def shape_of(days, event=None, entry=None, until=640.0):
    days = np.array(days, float)
    event = np.full(days.size, DEATH, np.int8) if event is None else np.array(event, np.int8)
    return weibull_shape(FollowUp(days, event, entry), until)


def drawn(shape, n, seed=1):
    return 500 * np.random.default_rng(seed).weibull(shape, n)


@pytest.mark.parametrize("shape", [0.7, 1.0, 1.5, 3.0])
def test_the_shape_that_was_drawn_from_is_found(shape):
    found = shape_of(drawn(shape, 20_000), until=1e9)
    assert found.lower < shape < found.upper
    assert found.value == pytest.approx(shape, rel=0.03)  # its error is about 0.8 / sqrt(20000)


def test_the_unit_of_time_changes_nothing():
    days = drawn(1.4, 200)
    one, other = shape_of(days, until=1e9), shape_of(days * 30, until=1e9)
    assert one.value == pytest.approx(other.value, rel=1e-7)


def test_nothing_past_the_end_counts():
    days = drawn(1.4, 300)
    later = np.where(days > 640, days * 2, days)
    assert shape_of(days) == shape_of(later)


def test_late_entry_is_allowed_for():
    days = drawn(1.5, 40_000, seed=2)
    entry = np.random.default_rng(3).uniform(0, 400, days.size)
    seen = entry < days
    late = shape_of(days[seen], entry=entry[seen], until=1e9)
    ignored = shape_of(days[seen], until=1e9)
    assert late.lower < 1.5 < late.upper
    assert ignored.lower > 1.5


def test_a_competing_event_is_no_death():
    days = [100, 200, 300, 400]
    assert shape_of(days, [1, 1, 0, 0]) == shape_of(days, [1, 1, COMPETING, 0])


def test_days_of_nought_have_a_shape():
    assert shape_of([0, 10, 100, 300]).value > 0


@pytest.mark.parametrize("days", [[], [50], [50, 50, 50], [700, 800]])
def test_without_two_different_days_of_death_there_is_no_shape(days):
    assert shape_of(days) is None
