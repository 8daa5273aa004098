from math import erfc, exp, sqrt

import pytest
from scipy.special import chdtrc
from scipy.stats import norm

from app.cohort.tails import chi_square_tail, critical_value, two_sided_p


@pytest.mark.parametrize("degrees_of_freedom", [1, 2, 3, 4, 5, 6, 7, 10, 25, 50, 101])
@pytest.mark.parametrize("statistic", [1e-12, 0.01, 0.5, 1, 3.84, 10, 30, 75.5, 150, 400, 1000])
def test_the_chi_square_tail_is_that_of_scipy(statistic, degrees_of_freedom):
    expected = float(chdtrc(degrees_of_freedom, statistic))
    assert chi_square_tail(statistic, degrees_of_freedom) == pytest.approx(expected, rel=1e-12)


def test_with_one_degree_of_freedom_it_is_a_normal_tail_on_both_sides():
    assert chi_square_tail(1.96**2, 1) == pytest.approx(two_sided_p(1.96), rel=1e-14)


def test_with_two_it_is_exponential():
    assert chi_square_tail(5, 2) == pytest.approx(exp(-5 / 2), rel=1e-15)


@pytest.mark.parametrize("statistic", [0.0, -1e-17])
def test_nothing_or_less_is_always_exceeded(statistic):
    assert chi_square_tail(statistic, 3) == 1


def test_what_no_float_can_hold_is_zero():
    assert chi_square_tail(1e6, 5) == 0


def test_both_tails_count_whatever_the_sign():
    assert two_sided_p(-2.5) == two_sided_p(2.5) == erfc(2.5 / sqrt(2))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_a_critical_value_leaves_half_of_the_rest_on_each_side(level):
    assert critical_value(level) == pytest.approx(norm.isf((1 - level) / 2), rel=1e-12)
