from math import erfc, sqrt

import numpy as np
import pytest

from app.cohort.curves.log_rank import log_rank
from tests.unit.cohort.followed import followed


def test_observed_less_expected_over_its_standard_deviation():
    # A dies on days 1 and 3, B on 2 and is censored on 4.
    found = log_rank(followed("1 3 2 4+"), np.array([0, 0, 1, 1]), 2)
    expected = 2 / 4 + 1 / 3 + 1 / 2
    variance = 2 / 4 * 2 / 4 + 1 / 3 * 2 / 3 + 1 / 2 * 1 / 2
    assert found.observed.tolist() == [2, 1]
    assert found.expected == pytest.approx([expected, 3 - expected])
    assert found.statistic == pytest.approx((2 - expected) ** 2 / variance)
    assert found.degrees_of_freedom == 1
    assert found.p_value == pytest.approx(erfc(sqrt(found.statistic / 2)))


def test_ties_have_the_hypergeometric_variance():
    found = log_rank(followed("1 1 5+ 5+ 5+"), np.array([0, 0, 0, 1, 1]), 2)
    variance = 2 * (5 - 2) / (5 - 1) * 3 / 5 * 2 / 5  # d (n - d)/(n - 1) p (1 - p)
    assert found.statistic == pytest.approx((2 - 2 * 3 / 5) ** 2 / variance)


def test_strata_add_their_moments():
    days = "1 2+ 1 2+ 1+ 2 1 2+"
    arm = np.array([0, 0, 1, 1] * 2)
    found = log_rank(followed(days), arm, 2, np.repeat([0, 1], 4))
    first = (1 - 2 * 2 / 4, 2 * (4 - 2) / (4 - 1) / 4)  # two deaths of four, two in each arm
    second = (0 + 1 - 1 * 2 / 4 - 1 * 1 / 2, 1 / 4 + 1 / 4)
    excess, variance = first[0] + second[0], first[1] + second[1]
    assert found.statistic == pytest.approx(excess**2 / variance, abs=1e-12)
    assert found.expected[0] == pytest.approx(1 + 1)


def test_whoever_has_not_entered_yet_is_not_expected_to_die():
    found = log_rank(followed("1 4 3 5+", entry=[0, 0, 2, 0]), np.array([0, 1, 0, 1]), 2)
    # Day 1: one of three; day 3: one of three; day 4: none of two.
    assert found.expected[0] == pytest.approx(1 / 3 + 1 / 3)


def test_a_group_in_which_nobody_is_at_risk_costs_no_degree_of_freedom():
    days, arm = followed("1+ 2 3 4 5+"), np.array([2, 0, 1, 0, 1])
    assert log_rank(days, arm, 4).degrees_of_freedom == 1
    alone = log_rank(days.of(np.array([1, 2, 3, 4])), arm[1:], 2)
    assert log_rank(days, arm, 4).statistic == pytest.approx(alone.statistic)


@pytest.mark.parametrize(
    ("text", "arm"),
    [("3", [0]), ("3 3", [0, 1]), ("3+ 5+", [0, 1]), ("3 5", [0, 0]), ("0 0", [0, 1])],
)
def test_where_nothing_can_be_compared_there_is_no_p_value(text, arm):
    found = log_rank(followed(text), np.array(arm), 2)
    assert (found.statistic, found.degrees_of_freedom, found.p_value) == (0, 0, None)


def test_groups_that_never_meet_are_compared_within_their_strata():
    # A with B in one stratum, C with D in another: two comparisons, where R finds no inverse.
    days, arm = followed("1 2 3+ 1 2 3+"), np.array([0, 1, 1, 2, 3, 3])
    apart = log_rank(days, arm, 4, np.repeat([0, 1], 3))
    one = log_rank(days.of(np.arange(3)), arm[:3], 2)
    assert apart.degrees_of_freedom == 2
    assert apart.statistic == pytest.approx(2 * one.statistic)


def test_groups_that_hardly_meet_are_still_compared():
    # A and B meet in the first stratum, C and D in the second, A and C in one death of the third.
    many = " ".join(f"{day}" for day in range(1, 61))
    days = followed(f"{many} {many} 1 2+")
    arm = np.array([0, 1] * 30 + [2, 3] * 30 + [0, 2])
    found = log_rank(days, arm, 4, np.repeat([0, 1, 2], [60, 60, 2]))
    assert found.degrees_of_freedom == 3
