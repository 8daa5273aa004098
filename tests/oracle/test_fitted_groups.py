"""A clinic's own effects agree with R's `survival`: coefficients to 1e-6, Kaplan-Meier to 1e-9."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.cohort.evidence.fitted_groups import fit_groups, log_error
from app.cohort.evidence.two_arms import seen_by
from tests.fitted import some_patients, two_arms

DATA = Path(__file__).parent / "data"
BY_R = json.loads((DATA / "fitted_groups.json").read_text())


@pytest.fixture(scope="module")
def patients():
    """Read the rows that R was given."""
    columns = np.genfromtxt(DATA / "fitted_groups.csv", delimiter=",", names=True)
    found = {name: columns[name] for name in columns.dtype.names}
    return found | {"treated": found["treated"] == 1, "death": found["death"].astype(np.int8)}


@pytest.fixture(scope="module")
def fitted(patients):
    return fit_groups(two_arms(patients), 10)


def agree(effect, by_r):
    assert np.log(effect.value) == pytest.approx(np.log(by_r["value"]), abs=1e-6)
    assert log_error(effect) == pytest.approx(by_r["log_error"], rel=1e-6)
    assert effect.p_value == pytest.approx(by_r["p_value"], rel=1e-5)


def test_the_rows_are_those_that_the_tests_simulate(patients):
    simulated = some_patients()
    assert all(np.array_equal(patients[name], simulated[name]) for name in simulated)


def test_the_horizon_is_that_of_the_script(fitted):
    assert fitted.horizon == BY_R["horizon"]


@pytest.mark.parametrize("place", range(3))
def test_each_stratum_has_the_effect_of_one_stratified_model(fitted, place):
    group = fitted.strata[place]
    agree(group.effect, BY_R["strata"][group.id])


def test_the_whole_cohort_has_the_effect_of_the_plain_model(fitted):
    agree(fitted.whole.effect, BY_R["whole"])


def test_without_adjustment_a_stratum_is_fitted_as_if_alone(patients):
    low = fit_groups(two_arms(patients, adjusted=False), 10).strata[1]
    agree(low.effect, BY_R["low_alone"])


def test_the_interaction_is_that_of_the_model_with_it(fitted):
    found, by_r = fitted.interaction, BY_R["interaction"]
    agree(found.at_zero, by_r["at_zero"])
    agree(found.per_unit, by_r["per_unit"])
    assert found.correlation == pytest.approx(by_r["correlation"], rel=1e-5)


@pytest.mark.parametrize(
    "name", ["survival", "standard_error", "log_variance", "patients", "deaths"]
)
@pytest.mark.parametrize("place", range(4))
def test_what_was_seen_by_the_horizon_is_what_r_sees(fitted, place, name):
    group = [*fitted.strata, fitted.whole][place]
    by_r = (BY_R["strata"].get(group.id) or BY_R["whole"])["seen"]
    for arm, side in ((group.control, "control"), (group.treated, "treated")):
        assert getattr(arm, name) == pytest.approx(by_r[side][name], rel=1e-9)


def test_the_shape_and_its_interval_are_those_of_the_weibull_profile(fitted):
    by_r = BY_R["shape"]
    assert fitted.shape.value == pytest.approx(by_r["value"], rel=1e-6)
    assert fitted.shape.lower == pytest.approx(by_r["lower"], rel=1e-6)
    assert fitted.shape.upper == pytest.approx(by_r["upper"], rel=1e-6)


def test_an_arm_that_nobody_is_in_was_not_seen(patients):
    nobody = seen_by(two_arms(patients).of(patients["level"] < 0), 640)
    assert [(arm.patients, arm.deaths, arm.survival) for arm in nobody] == [(0, 0, None)] * 2
