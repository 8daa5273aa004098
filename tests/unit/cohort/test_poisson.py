"""Exact limits of a count, and its ratio to an expectation. References: R's poisson.test."""

from math import exp, log

import pytest

from app.cohort.evidence.poisson import count_ratio, poisson_limits

# R 4.2: for (n in c(1, 10, 57)) print(poisson.test(n)$conf.int, digits = 15)
BY_R = {
    1: (0.0253178079842899, 5.5716433909389),
    10: (4.79538869613243, 18.3903560420178),
    57: (43.1712433629247, 73.8501114029628),
}


@pytest.mark.parametrize("observed", BY_R)
def test_the_limits_are_those_of_r(observed):
    assert poisson_limits(observed) == pytest.approx(BY_R[observed], rel=1e-12)


def test_without_a_death_the_upper_limit_leaves_a_fortieth_for_none():
    # P(0 deaths | mean m) = e^-m = 0.025
    assert poisson_limits(0) == (0.0, pytest.approx(-log(0.025), rel=1e-12))


def test_a_ratio_is_observed_over_expected_and_so_are_its_limits():
    lower, upper = poisson_limits(10)
    ratio = count_ratio(10, 6.5)
    assert (ratio.value, ratio.lower, ratio.upper) == (10 / 6.5, lower / 6.5, upper / 6.5)


def test_p_is_twice_the_smaller_tail():
    # P(X = 0 | 3) = e^-3 is the lower tail of no death where 3 are expected.
    assert count_ratio(0, 3.0).p_value == pytest.approx(2 * exp(-3), rel=1e-12)
    # Twice the smaller of ppois(10, 6.5) and 1 - ppois(9, 6.5), by R.
    assert count_ratio(10, 6.5).p_value == pytest.approx(0.245231901420361, rel=1e-12)


@pytest.mark.parametrize("observed", [0, 1, 7, 40])
@pytest.mark.parametrize("side", ["lower", "upper"])
def test_p_is_one_twentieth_where_the_interval_ends_at_one(observed, side):
    lower, upper = poisson_limits(observed)
    expected = lower if side == "lower" else upper
    if expected:
        assert count_ratio(observed, expected).p_value == pytest.approx(0.05, rel=1e-9)


def test_where_nothing_is_expected_there_is_no_ratio():
    assert count_ratio(2, 0.0) is None


def test_p_never_exceeds_one():
    assert count_ratio(1, 1.0).p_value == 1.0
