from math import sqrt

import pytest

from app.cohort.curves.landmark import landmark_tables
from app.cohort.curves.restricted_mean import restricted_mean
from tests.unit.cohort.followed import followed, the_curve

Z = 1.959963984540054


def test_it_is_the_area_under_the_curve():
    mean = restricted_mean(the_curve("2 3+ 5 9+"), 7)
    # 1 to day 2, 3/4 to day 5, 3/8 to day 7.
    assert mean.value == pytest.approx(2 + 3 / 4 * 3 + 3 / 8 * 2)


def test_its_variance_weighs_each_death_by_the_area_that_follows():
    mean = restricted_mean(the_curve("2 3+ 5 9+"), 7)
    after_second = 3 / 8 * 2
    after_first = 3 / 4 * 3 + after_second
    variance = after_first**2 * 1 / (4 * 3) + after_second**2 * 1 / (2 * 1)
    assert mean.standard_error == pytest.approx(sqrt(variance))
    assert mean.upper - mean.value == pytest.approx(Z * sqrt(variance))
    assert mean.value - mean.lower == pytest.approx(Z * sqrt(variance))


def test_before_anybody_dies_it_is_the_whole_time():
    mean = restricted_mean(the_curve("4 9+"), 3)
    assert (mean.value, mean.standard_error) == (3, 0)


def test_past_the_last_follow_up_of_the_living_there_is_none():
    mean = restricted_mean(the_curve("2 3+"), 4)
    assert (mean.value, mean.standard_error, mean.lower, mean.upper) == (None,) * 4
    assert (mean.reason, mean.last_follow_up) == ("tau_past_last_follow_up", 3)


def test_up_to_the_last_follow_up_there_is_one():
    mean = restricted_mean(the_curve("2 3+"), 3)
    assert (mean.value, mean.reason) == (pytest.approx(2 + 1 / 2), None)


def test_after_the_death_of_all_the_area_grows_no_more():
    table = the_curve("2 4")
    assert restricted_mean(table, 100).value == restricted_mean(table, 4).value == 2 + 1 / 2 * 2


def test_the_death_of_all_at_risk_adds_no_variance():
    # R: summary(survfit(Surv(c(2, 4), c(1, 1)) ~ 1), rmean = 4)$table, se 0.7071068
    assert restricted_mean(the_curve("2 4"), 4).standard_error == sqrt((1 / 2 * 2) ** 2 / (2 * 1))
    assert restricted_mean(the_curve("5 5"), 9).standard_error == 0


def test_a_group_without_patients_has_none():
    (nobody,) = landmark_tables(followed("4 5"), followed("0 0").event, 1, 0.95, 9)
    assert restricted_mean(nobody, 20).reason == "tau_past_last_follow_up"


def test_from_a_landmark_on_the_clock_of_the_area_starts_there():
    text = "2 3+ 5 9+"
    table = landmark_tables(followed(text), followed("0+ 0+ 0+ 0+").event, 1, 0.95, 4)[0]
    assert restricted_mean(table, 7).value == pytest.approx((5 - 4) + 1 / 2 * (7 - 5))
