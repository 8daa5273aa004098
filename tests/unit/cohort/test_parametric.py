import pickle
import subprocess
import sys
import warnings
from math import exp, log

import numpy as np
import pytest

from app.cohort.families.parametric import (
    GRID_POINTS,
    NAMES,
    NESTED,
    ROUNDING,
    extrapolate,
    fit_families,
)
from app.cohort.families.parametric_family import FAMILIES, knots_of
from app.cohort.families.parametric_sample import HALF_A_DAY, sample_of
from app.cohort.follow_up import CENSORED, COMPETING, DEATH, FollowUp

QUICK = NAMES[:4]  # all but the generalised gamma and the spline, which take a second each


def follow_up(days, events, entry=None):
    late = None if entry is None else np.array(entry, float)
    return FollowUp(np.array(days, float), np.array(events, np.int8), late)


def a_cohort(patients=220, shape=1.5, seed=7):
    """Simulate deaths from a Weibull of scale 700 days, watched for 640 days at most."""
    rng = np.random.Generator(np.random.PCG64(seed))
    days = np.ceil(700 * (-np.log(rng.random(patients))) ** (1 / shape))
    return follow_up(np.minimum(days, 640), days <= 640)


@pytest.fixture(scope="module")
def whole():
    return extrapolate(a_cohort(), 1460, [0, 365, 640, 641, 1095], 0.95)


@pytest.fixture(scope="module")
def ragged():
    """Few times, many ties, deaths on day 0: the generalised gamma has no maximum here."""
    days = [0, 0, 50, 100, 101, 300] * 5
    events = [CENSORED, DEATH, DEATH, DEATH, CENSORED, DEATH] * 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return extrapolate(follow_up(days, events), 100_000, [0, 0.001, 75, 1e5], 0.95)


def fit_of(fits, name):
    return next(fit for fit in fits if fit.family == name)


def test_every_family_is_tried_and_they_converge_on_a_plain_cohort(whole):
    assert tuple(fit.family for fit in whole.families) == NAMES
    assert all(fit.converged and fit.reason is None for fit in whole.families)


def test_the_hazard_of_an_exponential_is_deaths_over_days():
    cohort = follow_up([10, 20, 30, 40], [DEATH, CENSORED, DEATH, CENSORED])
    fit = fit_of(fit_families(cohort, 100, [50], 0.95), "exponential")
    assert fit.parameters["scale_days"] == pytest.approx((10 + 20 + 30 + 40) / 2, rel=1e-8)
    assert fit.log_likelihood == pytest.approx(2 * log(2 / 100) - 2, rel=1e-12)
    assert fit.aic == pytest.approx(2 * 1 - 2 * fit.log_likelihood)
    assert fit.survival_at.survival == pytest.approx([exp(-50 * 2 / 100)], rel=1e-8)


def test_the_band_of_an_exponential_is_that_of_its_log_rate():
    cohort = follow_up([10, 20, 30, 40], [DEATH, CENSORED, DEATH, CENSORED])
    curve = fit_of(fit_families(cohort, 100, [50], 0.95), "exponential").survival_at
    wide = exp(1.959963984540054 / 2**0.5)  # the standard error of a log rate is 1/sqrt(deaths)
    expected = [exp(-1.0 * wide)], [exp(-1.0 / wide)]
    assert (curve.lower, curve.upper) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


def test_a_wider_level_never_narrows_a_band():
    narrow, wide = (fit_families(a_cohort(), 1000, [700], level, QUICK) for level in (0.8, 0.99))
    for one, other in zip(narrow, wide, strict=True):
        assert other.survival_at.lower < one.survival_at.lower
        assert other.survival_at.upper > one.survival_at.upper


def test_the_unit_of_time_changes_only_the_scale():
    days, years = a_cohort(), a_cohort()
    years = FollowUp(years.days / 365.25, years.event)
    mine, other = (
        fit_families(cohort, until, [], 0.9)
        for cohort, until in ((days, 1000), (years, 1000 / 365.25))
    )
    for one, two in zip(mine, other, strict=True):
        assert two.curve.survival == pytest.approx(one.curve.survival, rel=1e-6)
    shapes = [fit_of(fits, "weibull").parameters["shape"] for fits in (mine, other)]
    assert shapes[0] == pytest.approx(shapes[1], rel=1e-8)


def test_a_curve_begins_at_one_never_rises_and_holds_its_band(whole):
    for fit in whole.families:
        curve = fit.curve
        assert curve.time.size == GRID_POINTS
        assert (curve.time[0], curve.time[-1]) == (0, 1460)
        assert curve.survival[0] == curve.lower[0] == curve.upper[0] == 1
        assert (np.diff(curve.survival) <= ROUNDING).all()
        assert (curve.lower <= curve.survival).all()
        assert (curve.survival <= curve.upper).all()


@pytest.mark.parametrize("shape", [0.7, 1.0, 3.0])
def test_a_family_is_never_less_likely_than_one_it_nests(shape):
    fits = {fit.family: fit for fit in fit_families(a_cohort(shape=shape), 1000, [], 0.95)}
    for family in FAMILIES:
        for nested in family.nests:
            mine, other = fits[family.name].log_likelihood, fits[nested].log_likelihood
            assert mine >= other - NESTED
    assert fits["generalised_gamma"].converged


def test_a_generalised_gamma_of_weibull_data_is_near_that_weibull():
    fit = fit_of(fit_families(a_cohort(20_000), 1000, [], 0.95, NAMES[:5]), "generalised_gamma")
    assert fit.parameters["q"] == pytest.approx(1, abs=0.15)
    assert fit.parameters["mu"] == pytest.approx(log(700), abs=0.05)


def test_what_lies_past_the_last_day_of_follow_up_is_extrapolated(whole):
    assert whole.last_day == 640
    times = fit_of(whole.families, "weibull").survival_at.time
    assert whole.is_extrapolated(times).tolist() == [False, False, False, True, True]


def test_the_spread_is_the_range_of_all_that_converged(ragged):
    whole, good = ragged, [fit for fit in ragged.families if fit.converged]
    assert 1 < len(good) < len(FAMILIES)
    for spread, curves in (
        (whole.spread, [fit.curve for fit in good]),
        (whole.spread_at, [fit.survival_at for fit in good]),
    ):
        assert spread.lowest.tolist() == np.min([c.survival for c in curves], axis=0).tolist()
        assert spread.highest.tolist() == np.max([c.survival for c in curves], axis=0).tolist()


def test_one_row_for_each_patient_or_one_for_many_is_the_same():
    cohort = a_cohort(60)
    twice = FollowUp(np.tile(cohort.days, 2), np.tile(cohort.event, 2))
    once, both = (fit_families(one, 1000, [], 0.95, QUICK) for one in (cohort, twice))
    for one, two in zip(
        once[:-1], both[:-1], strict=True
    ):  # the spline's knots are other quantiles
        assert two.log_likelihood == pytest.approx(2 * one.log_likelihood, abs=1e-4)
        assert two.curve.survival == pytest.approx(one.curve.survival, abs=1e-5)


def test_an_event_that_competes_is_a_censoring():
    days = [10, 20, 30, 40, 50]
    competing = sample_of(follow_up(days, [DEATH, COMPETING, DEATH, DEATH, CENSORED]))
    censored = sample_of(follow_up(days, [DEATH, CENSORED, DEATH, DEATH, CENSORED]))
    assert competing.is_death.tolist() == censored.is_death.tolist()
    assert competing.deaths == 3


def test_a_death_on_day_0_counts_and_stands_at_half_a_day():
    cohort = follow_up([0, 0, 10, 20], [DEATH, CENSORED, DEATH, CENSORED])
    whole = extrapolate(cohort, 30, [10], 0.95)
    assert (whole.n, whole.deaths, whole.moved_deaths, whole.left_out) == (4, 2, 1, 1)
    scale = fit_of(whole.families, "exponential").parameters["scale_days"]
    assert scale == pytest.approx((HALF_A_DAY + 10 + 20) / 2, rel=1e-8)


def test_days_before_an_entry_are_not_watched():
    cohort = follow_up([10, 20, 30], [DEATH, CENSORED, DEATH], entry=[0, 5, 10])
    fit = fit_of(fit_families(cohort, 100, [], 0.95), "exponential")
    assert fit.parameters["scale_days"] == pytest.approx((10 + 15 + 20) / 2, rel=1e-8)


def test_the_knots_stand_at_the_ends_and_thirds_of_the_log_death_times():
    sample = sample_of(follow_up([1, 10, 100, 1000, 5000], [DEATH] * 4 + [CENSORED]))
    assert knots_of(sample) * sample.unit == pytest.approx([1, 10, 100, 1000])


NOTHING_TO_FIT = {
    "nobody": ([], [], "no_deaths"),
    "all censored": ([10, 20], [CENSORED] * 2, "no_deaths"),
    "one patient who lives": ([5], [CENSORED], "no_deaths"),
    "all leave on day 0": ([0, 0], [CENSORED] * 2, "no_deaths"),
    "one patient who dies": ([5], [DEATH], "too_few_death_times"),
    "all deaths at one time": ([100] * 10, [DEATH] * 10, "too_few_death_times"),
    "all deaths on day 0": ([0] * 10, [DEATH] * 10, "too_few_death_times"),
}


@pytest.mark.parametrize("case", NOTHING_TO_FIT)
def test_what_cannot_be_fitted_has_a_reason_and_no_number(case):
    days, events, reason = NOTHING_TO_FIT[case]
    whole = extrapolate(follow_up(days, events), 100, [50], 0.95)
    refused = [fit for fit in whole.families if not fit.converged]
    assert len(refused) == len(FAMILIES) - (whole.deaths > 0)  # one rate can be had of one time
    for fit in refused:
        assert fit.reason == reason
        assert (fit.parameters, fit.log_likelihood, fit.curve, fit.survival_at) == (
            {}, None, None, None,
        )  # fmt: skip
    assert (whole.spread is None) == (whole.deaths == 0)


def test_few_deaths_a_parameter_are_told_with_the_fit():
    cohort = follow_up(range(1, 16), [DEATH] * 15)
    warned = {fit.family: fit.warnings for fit in fit_families(cohort, 20, [], 0.95, QUICK)}
    assert warned["exponential"] == ()  # 15 deaths for 1 parameter
    assert warned["weibull"] == ("few_deaths",)  # 15 deaths for 2, and 20 would do


def test_a_generalised_gamma_without_a_maximum_is_refused(ragged):
    fit = fit_of(ragged.families, "generalised_gamma")
    assert (fit.converged, fit.reason, fit.curve) == (False, "no_convergence", None)


def test_no_number_is_missing_where_there_is_a_curve(ragged):
    for fit in ragged.families:
        for curve in filter(None, (fit.curve, fit.survival_at)):
            assert np.isfinite(curve.survival).all()
            is_above_0 = curve.survival > 0
            assert np.isfinite(curve.lower[is_above_0]).all()
            assert np.isfinite(curve.upper[is_above_0]).all()


def test_what_goes_to_another_process_comes_back_the_same(whole):
    copy = pickle.loads(pickle.dumps(whole))
    assert copy.families[1].curve.survival.tolist() == whole.families[1].curve.survival.tolist()
    assert pickle.loads(pickle.dumps(extrapolate)) is extrapolate


def test_lifelines_is_imported_only_to_fit():
    heavy = "{'lifelines', 'pandas', 'scipy'} & set(sys.modules)"
    code = f"import sys, app.cohort.families.parametric; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
