from math import erfc, sqrt

import pytest

from app.cohort.curves.difference import (
    NOT_DEFINED,
    Difference,
    mean_difference,
    survival_difference,
)
from app.cohort.curves.kaplan_meier import SurvivalReading
from app.cohort.curves.restricted_mean import RestrictedMean

Z = 1.959963984540054


def a_reading(survival, error):
    return SurvivalReading(365, survival, None, None, error, 9)


def a_mean(value, error):
    return RestrictedMean(365, value, error, None, None, 400)


def test_a_difference_is_the_group_less_its_reference():
    found = survival_difference(a_reading(0.7, 0.03), a_reading(0.5, 0.04), 0.95)
    error = sqrt(0.03**2 + 0.04**2)
    assert found.value == pytest.approx(0.7 - 0.5)
    assert found.standard_error == pytest.approx(error)
    assert found.lower == pytest.approx(0.2 - Z * error)
    assert found.upper == pytest.approx(0.2 + Z * error)
    assert found.p_value == pytest.approx(erfc(0.2 / error / sqrt(2)))


def test_exchanging_the_groups_changes_the_sign_alone():
    one, other = a_mean(300, 8), a_mean(260, 6)
    there, back = mean_difference(one, other, 0.9), mean_difference(other, one, 0.9)
    assert (there.value, there.lower, there.upper) == (-back.value, -back.upper, -back.lower)
    assert there.p_value == back.p_value


@pytest.mark.parametrize("pair", [(None, 1), (1, None), (None, None)])
def test_without_an_estimate_in_both_groups_there_is_no_difference(pair):
    one, other = (a_mean(value, value) for value in pair)
    assert mean_difference(one, other, 0.95) == NOT_DEFINED


def test_without_a_standard_error_there_is_a_difference_without_an_interval():
    everybody_died = a_reading(0.0, None)
    found = survival_difference(a_reading(0.4, 0.1), everybody_died, 0.95)
    assert found == Difference(0.4, None, None, None, None)


def test_without_any_chance_there_is_no_test():
    found = survival_difference(a_reading(1.0, 0.0), a_reading(1.0, 0.0), 0.95)
    assert found == Difference(0, 0, 0, 0, None)
