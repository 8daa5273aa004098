import numpy as np
import pytest

from app.cohort.curves.landmark import landmark, landmark_tables
from tests.unit.cohort.followed import followed, the_curve

TEXT = "2 4 4+ 5 7+ 8 9+"


def test_only_those_watched_past_the_day_are_meant():
    later = landmark(followed(TEXT), 4)
    assert later.rows.tolist() == [False, False, False, True, True, True, True]
    assert later.follow_up.days.tolist() == [5, 7, 8, 9]
    assert later.follow_up.entry.tolist() == [4, 4, 4, 4]


def test_whoever_entered_later_keeps_the_own_entry():
    later = landmark(followed("5 8 9+", entry=[1, 6, 4]), 4)
    assert later.follow_up.entry.tolist() == [4, 6, 4]


def test_survival_starts_at_one_on_the_day():
    (table,) = landmark_tables(followed(TEXT), np.zeros(7, int), 1, 0.95, 4)
    assert (table.time[0], table.survival[0], table.at_risk[0]) == (4, 1, 4)
    assert table.time.tolist() == [4, 5, 7, 8, 9]


def test_read_later_it_is_conditional_survival():
    (table,) = landmark_tables(followed(TEXT), np.zeros(7, int), 1, 0.95, 4)
    at_four, at_eight = the_curve(TEXT).at([4, 8])
    (given_four,) = table.at([8])
    assert given_four.survival == pytest.approx(at_eight.survival / at_four.survival)
    assert given_four.survival == pytest.approx(3 / 4 * 1 / 2)


def test_before_the_day_it_says_nothing():
    (table,) = landmark_tables(followed(TEXT), np.zeros(7, int), 1, 0.95, 4)
    assert table.at([3])[0].survival is None


def test_groups_keep_their_patients():
    tables = landmark_tables(followed(TEXT), np.array([0, 0, 0, 0, 1, 1, -1]), 2, 0.95, 4)
    assert [table.time[1:].tolist() for table in tables] == [[5], [7, 8]]
