import numpy as np

from app.cohort.curves.day_counts import BLOCK, MODEST, count_days


def test_patients_are_counted_by_group_kind_and_day():
    days, codes = np.array([2.0, 0, 2, 2, 1]), np.array([0, 1, 0, -1, 1])
    counts = count_days(days, codes, 2, np.array([1, 0, 1, 1, 1], np.int8), 2)
    assert counts.tolist() == [[[0, 0, 0], [0, 0, 2]], [[1, 0, 0], [0, 1, 0]]]


def test_a_day_that_is_not_whole_cannot_be_counted():
    assert count_days(np.array([1.0, 2.5]), np.zeros(2, int), 1) is None


def test_days_that_reach_too_far_are_not_counted():
    assert count_days(np.array([float(MODEST)]), np.zeros(1, int), 1) is None
    assert count_days(np.array([float(MODEST // 2 - 1)]), np.zeros(1, int), 1) is not None


def test_every_block_counts():
    days = np.arange(2.0 * BLOCK + 3) % 7
    counts = count_days(days, np.zeros(days.size, np.int8), 1)
    assert counts.ravel().tolist() == np.bincount(days.astype(int)).tolist()


def test_nobody_is_counted_as_nobody():
    assert count_days(np.empty(0), np.empty(0, int), 2).tolist() == [[[0]], [[0]]]
