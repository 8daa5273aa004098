"""lifelines sees our curves as we do: patients who die just when a curve says."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter, WeibullFitter
from lifelines.utils import restricted_mean_survival_time

from app.survival.pair import pair_arms
from tests.builders import a_ratio, the_curves

HORIZON = 640.0
PATIENTS = 2000


def patients_of(arm, shape=1.5):
    """Let patients die at the curve's own quantiles; whoever is left is censored at the horizon."""
    survival = 1 - (np.arange(PATIENTS) + 0.5) / PATIENTS
    days = HORIZON * (-np.log(survival) / arm.hazard) ** (1 / shape)
    return pd.DataFrame({"day": np.minimum(days, HORIZON), "died": days <= HORIZON})


@pytest.mark.parametrize(("alive", "patients"), [(61, 110), (69, 110), (9, 23)])
def test_the_band_at_the_horizon_is_that_of_kaplan_meier(alive, patients):
    died = np.arange(patients) >= alive
    days = np.where(died, 1.0 + np.arange(patients), HORIZON)
    fitted = KaplanMeierFitter().fit(days, died)  # log(-log) interval by default
    control = pair_arms(alive / patients, patients, a_ratio(1, 0.05, 20), HORIZON).control
    band = control.band(HORIZON, 1.5)
    expected = fitted.confidence_interval_.iloc[-1].to_list()
    assert [band.lower, band.upper] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("group", ["low", "whole_trial", "high"])
@pytest.mark.parametrize("side", ["control", "treated"])
def test_a_restricted_mean_is_the_area_under_kaplan_meier(group, side):
    arm = getattr(the_curves(group).pairs[0], side)
    people = patients_of(arm)
    fitted = KaplanMeierFitter().fit(people["day"], people["died"])
    area = restricted_mean_survival_time(fitted, t=HORIZON)
    assert arm.restricted_mean(1.5) == pytest.approx(area, abs=HORIZON / PATIENTS)


@pytest.mark.parametrize("shape", [1.0, 1.5, 2.03])
def test_a_curve_is_weibull_with_the_shape_assumed(shape):
    people = patients_of(the_curves("high").pairs[0].control, shape)
    fitted = WeibullFitter().fit(people["day"], people["died"])
    assert fitted.rho_ == pytest.approx(shape, rel=0.01)
    assert float(fitted.predict(HORIZON)) == pytest.approx(0.39, abs=0.002)


@pytest.mark.parametrize(("group", "ratio"), [("low", 0.52), ("whole_trial", 0.81), ("high", 1.37)])
def test_the_two_curves_of_a_group_stand_in_the_published_ratio(group, ratio):
    pair = the_curves(group).pairs[0]
    people = pd.concat([patients_of(pair.control), patients_of(pair.treated)], ignore_index=True)
    people["treated"] = people.index >= PATIENTS
    fitted = CoxPHFitter().fit(people, "day", "died")
    assert fitted.hazard_ratios_["treated"] == pytest.approx(ratio, rel=0.01)
