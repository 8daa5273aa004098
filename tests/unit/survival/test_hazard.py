"""A hazard ratio as published, and what may be said of it."""

from math import log

import pytest

from app.survival.hazard import log_standard_error
from app.survival.pair import pair_arms
from tests.builders import MIROCALS, STRATA, a_ratio


@pytest.mark.parametrize(
    ("lower", "upper", "direction"),
    [
        (0.30, 0.89, "benefit"), (0.30, 0.999999, "benefit"), (0.30, 1.0, "uncertain"),
        (1.0, 2.0, "uncertain"), (1.000001, 2.0, "harm"), (0.68, 2.75, "uncertain"),
    ],
)  # fmt: skip
def test_only_an_interval_beside_1_has_a_direction(lower, upper, direction):
    assert a_ratio(0.9, lower, upper).direction == direction


@pytest.mark.parametrize(
    ("value", "percent"), [(0.52, -48), (0.57, -43), (0.81, -19), (1.37, 37), (1.0, 0), (1.006, 1)]
)
def test_the_change_of_the_rate_is_in_whole_per_cent(value, percent):
    assert a_ratio(value).risk_change_percent == percent


# The standard errors behind the published intervals, as calculated when the evidence was gathered.
@pytest.mark.parametrize(
    ("lower", "upper", "error"),
    [(0.54, 1.22, 0.208), (0.14, 0.73, 0.421), (0.30, 0.89, 0.277), (0.68, 2.75, 0.356)],
)
def test_a_published_interval_has_its_standard_error(lower, upper, error):
    assert log_standard_error(lower, upper) == pytest.approx(error, abs=5e-4)


def test_the_standard_error_is_the_width_over_twice_the_quantile():
    assert log_standard_error(0.30, 0.89) == (log(0.89) - log(0.30)) / (2 * 1.959964)


def test_a_ratio_without_an_interval_makes_no_pair():
    assert pair_arms(0.54, 77, a_ratio(0.57, None, None, None), 640.0) is None


def test_an_interval_narrower_than_the_control_arm_alone_allows_makes_no_pair():
    hazard = -log(0.54)
    control_variance = (1 - 0.54) / (77 * 0.54 * hazard**2)
    error = a_ratio(0.52, 0.45, 0.60).log_standard_error
    assert error**2 < control_variance
    assert pair_arms(0.54, 77, a_ratio(0.52, 0.45, 0.60), 640.0) is None


def test_the_two_variances_of_the_arms_add_up_to_that_of_the_ratio():
    for group in (STRATA["low"].group, STRATA["high"].group, MIROCALS.whole_trial):
        for pair in group.pairs:
            both = pair.control.log_variance + pair.treated.log_variance
            assert both == pytest.approx(group.hazard_ratio.log_standard_error**2, rel=1e-12)


def test_only_the_high_stratum_has_a_range_of_baselines():
    assert [len(STRATA[name].group.pairs) for name in ("low", "high")] == [1, 3]
    assert len(MIROCALS.whole_trial.pairs) == 1
