"""The parametric families are those of R: `survreg`, and likelihoods that R maximises itself."""

import numpy as np
import pytest

from app.cohort.families.parametric import fit_families
from app.cohort.follow_up import FollowUp
from tests.oracle.datasets import answers, rows

ANSWERS = answers("survreg")["parametric"]
CASES = [(asked, family) for asked in ANSWERS for family in asked["families"]]
NAMED = [f"{asked['dataset']}-{family['family']}" for asked, family in CASES]

# survreg converges to the last digits; `optim` stops about 1e-6 beside the maximum.
TOLERANCE = {"survreg": 1e-6, "optim": 1e-4}

fits_of_a_data_set = {}


def fit_of(asked, family):
    name = asked["dataset"]
    if name not in fits_of_a_data_set:
        follow_up = the_follow_up(asked)
        times = family["survival_at"]["time"]
        fits = fit_families(follow_up, max(times), times, asked["level"])
        fits_of_a_data_set[name] = {fit.family: fit for fit in fits}
    return fits_of_a_data_set[name][family["family"]]


def the_follow_up(asked):
    the = rows(asked["dataset"])
    entry = None if asked["entry"] is None else the.numbers(asked["entry"])
    return FollowUp(the.numbers(asked["days"]), the.numbers(asked["event"]).astype(np.int8), entry)


@pytest.mark.parametrize(("asked", "family"), CASES, ids=NAMED)
def test_the_parameters_and_the_likelihood_are_those_of_r(asked, family):
    fit = fit_of(asked, family)
    mine = {name.removesuffix("_days"): value for name, value in fit.parameters.items()}
    rel = TOLERANCE[family["by"]]
    assert mine == pytest.approx(family["parameters"], rel=rel)
    assert fit.log_likelihood == pytest.approx(family["log_likelihood"], abs=rel)
    assert fit.aic == pytest.approx(family["aic"], abs=2 * rel)


@pytest.mark.parametrize(("asked", "family"), CASES, ids=NAMED)
def test_the_survival_and_its_bounds_are_those_of_r(asked, family):
    found, expected = fit_of(asked, family).survival_at, family["survival_at"]
    tolerance = TOLERANCE[family["by"]]
    for name in ("time", "survival", "lower", "upper"):
        # Far out in a tail an error of a parameter grows, but not the error of a probability.
        near = pytest.approx(expected[name], rel=tolerance, abs=tolerance / 10)
        assert getattr(found, name) == near


@pytest.mark.parametrize("asked", ANSWERS, ids=lambda asked: asked["dataset"])
def test_the_knots_of_the_spline_are_quantiles_of_the_log_death_times(asked):
    splines = [family for family in asked["families"] if family["family"] == "spline"]
    for family in splines:
        assert fit_of(asked, family).knots_days == pytest.approx(family["knots"], rel=1e-12)
    assert bool(splines) == (asked["dataset"] != "channing")
