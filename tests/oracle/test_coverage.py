"""The treated arm's band holds the truth as often as it says; adding variances says too much."""

from math import exp, log, sqrt

import numpy as np
import pytest

from app.survival.arm import Arm
from app.survival.interval import Z
from app.survival.pair import pair_arms
from tests.builders import a_ratio

TRIALS, PER_ARM, HORIZON, SHAPE = 4000, 77, 640.0, 1.5
CONTROL_SURVIVAL, RATIO = 0.54, 0.52
TREATED_SURVIVAL = CONTROL_SURVIVAL**RATIO


def simulated_trials():
    """Draw Weibull survival times in two arms, censored at the horizon; a fixed seed."""
    draws = np.random.default_rng(20250510).exponential(size=(TRIALS, 2 * PER_ARM))
    treated = np.arange(2 * PER_ARM) >= PER_ARM
    rates = -log(CONTROL_SURVIVAL) * np.where(treated, RATIO, 1.0)
    days = HORIZON * (draws / rates) ** (1 / SHAPE)
    return np.minimum(days, HORIZON), days <= HORIZON, treated


def cox(days, died, treated):
    """Fit ln HR and its standard error in every trial at once: Newton's method, no ties."""
    order = np.argsort(days, axis=1)
    died, treated = np.take_along_axis(died, order, axis=1), treated[order]
    beta = np.zeros(TRIALS)
    for _ in range(8):
        weights = np.exp(beta[:, None] * treated)
        at_risk = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
        share = np.cumsum((weights * treated)[:, ::-1], axis=1)[:, ::-1] / at_risk
        score = (died * (treated - share)).sum(axis=1)
        information = (died * share * (1 - share)).sum(axis=1)
        beta += score / information
    return beta, 1 / np.sqrt(information)


@pytest.fixture(scope="module")
def coverage():
    """Count how often the band at the horizon holds the true survival: ours, and with v0 added."""
    days, died, treated = simulated_trials()
    log_ratios, errors = cox(days, died, treated)
    control = 1 - died[:, :PER_ARM].mean(axis=1)
    ours = added = 0
    for survival, b, error in zip(
        control.tolist(), log_ratios.tolist(), errors.tolist(), strict=True
    ):
        ratio = a_ratio(exp(b), exp(b - Z * error), exp(b + Z * error))
        pair = pair_arms(survival, PER_ARM, ratio, HORIZON)
        wider = Arm(pair.treated.hazard, pair.control.log_variance + error**2, HORIZON)
        ours += pair.treated.band(HORIZON, SHAPE).holds(TREATED_SURVIVAL)
        added += wider.band(HORIZON, SHAPE).holds(TREATED_SURVIVAL)
    return ours / TRIALS, added / TRIALS


def test_the_band_of_the_treated_arm_holds_the_truth_nineteen_times_in_twenty(coverage):
    chance = sqrt(0.95 * 0.05 / TRIALS)
    assert coverage[0] == pytest.approx(0.946, abs=3 * chance)


def test_counting_the_control_arm_twice_would_hold_it_nearly_always(coverage):
    assert coverage[1] == pytest.approx(0.997, abs=0.003)
