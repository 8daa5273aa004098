from math import exp

import numpy as np
import pytest

from app.cohort.models.baseline import baselines, predict
from app.cohort.models.cox import fit_cox
from app.cohort.models.prediction_error import GRID, brier_scores, integrated_brier
from app.cohort.models.resampling import MOST_ROWS, resample
from tests.unit.cohort.cox_data import Trial, a_design, a_follow_up

BALANCED = a_design(x=[1, 0, 0, 1])
"""With everybody dying on days 1, 2, 3, 4 no value of x is ahead for long."""


def a_fit(**columns):
    trial = Trial()
    return fit_cox(a_design(**(columns or {"age": trial.age})), trial.follow_up)


def test_the_hazard_steps_by_one_over_the_risks_of_who_is_at_risk():
    fit = fit_cox(BALANCED, a_follow_up([1, 2, 3, 4]))
    r = exp(fit.coefficients[0])
    found = predict(fit, baselines(fit)[0], np.array([[0.0]]), np.array([0.5, 1.0, 2.9, 4.0]))
    first, second = 1 / (2 * r + 2), 1 / (r + 2)
    third, fourth = 1 / (r + 1), 1 / r
    sums = [0, first, first + second, first + second + third + fourth]
    np.testing.assert_allclose(found.survival[0], np.exp(-np.array(sums)))


def test_before_the_first_death_survival_is_certain():
    fit = fit_cox(BALANCED, a_follow_up([1, 2, 3, 4]))
    found = predict(fit, baselines(fit)[0], np.array([[0.0]]), np.array([0.5]))
    assert (found.survival[0, 0], found.lower[0, 0], found.upper[0, 0]) == (1, 1, 1)


def test_after_the_last_follow_up_nothing_is_predicted():
    fit = fit_cox(BALANCED, a_follow_up([1, 2, 3, 4]))
    found = predict(fit, baselines(fit)[0], np.array([[0.0]]), np.array([4.0, 4.1]))
    for values in (found.survival, found.lower, found.upper, found.standard_error):
        np.testing.assert_array_equal(np.isnan(values[0]), [False, True])


def test_every_stratum_has_its_own_last_day():
    trial = Trial()
    strata = np.where(trial.is_treated, 4, 2)
    fit = fit_cox(a_design(age=trial.age), trial.follow_up, strata)
    known = baselines(fit)
    assert sorted(known) == [2, 4]
    for code, baseline in known.items():
        assert baseline.last_day == trial.follow_up.days[strata == code].max()


def test_a_higher_risk_never_survives_better():
    fit = a_fit()
    days = np.linspace(1, 800, 50)
    younger, older = predict(fit, baselines(fit)[0], np.array([[50.0], [70.0]]), days).survival
    assert fit.coefficients[0] > 0
    assert (older <= younger).all()


def test_the_brier_score_of_four_deaths_is_a_mean_of_squares():
    fit = fit_cox(BALANCED, a_follow_up([1, 2, 3, 4]))
    survival = predict(fit, baselines(fit)[0], BALANCED.matrix, np.array([2.5])).survival[:, 0]
    expected = np.mean((survival - [0, 0, 1, 1]) ** 2)
    (score,) = brier_scores(fit, [2.5])
    assert score.score == pytest.approx(expected)


def test_the_censored_hand_their_weight_to_who_is_watched_longer():
    """The second of four is censored on day 2: on day 3 who is left of two weighs 1 / (2/3)."""
    follow_up = a_follow_up([1, 2, 3, 4], [1, 0, 1, 1])
    fit = fit_cox(BALANCED, follow_up)
    survival = predict(fit, baselines(fit)[0], BALANCED.matrix, np.array([3.0])).survival[:, 0]
    first, _, third, fourth = survival
    expected = (first**2 + third**2 * 3 / 2 + (1 - fourth) ** 2 * 3 / 2) / 4
    assert brier_scores(fit, [3.0])[0].score == pytest.approx(expected)


def test_nobody_is_left_to_be_judged_after_the_last_day():
    fit = fit_cox(BALANCED, a_follow_up([1, 2, 3, 4]))
    assert brier_scores(fit, [4.0])[0].score is None
    assert integrated_brier(fit, 4.0) is None


def test_the_integrated_score_is_a_mean_over_time():
    fit = a_fit()
    days = np.linspace(0, 500, GRID + 1)
    scores = [0.0] + [score.score for score in brier_scores(fit, days[1:].tolist())]
    assert integrated_brier(fit, 500.0) == pytest.approx(np.trapezoid(scores, days) / 500)


def test_with_delayed_entry_there_is_no_score():
    trial = Trial()
    late = a_follow_up(trial.follow_up.days, trial.follow_up.event, trial.follow_up.days / 2)
    fit = fit_cox(a_design(age=trial.age), late)
    assert brier_scores(fit, [365.0]) is None
    assert integrated_brier(fit, 365.0) is None
    assert resample(fit, 365.0, [365.0], count=5, seed=1).reason == "delayed_entry"


def test_a_stratum_without_deaths_is_predicted_to_live():
    trial = Trial()
    strata = np.where(trial.is_treated, 1, 0)
    died = np.where(trial.is_treated, 0, trial.follow_up.event)
    fit = fit_cox(a_design(age=trial.age), a_follow_up(trial.follow_up.days, died), strata)
    assert sorted(baselines(fit)) == [0]
    assert 0 < brier_scores(fit, [365.0])[0].score < 0.5


def test_resampling_says_its_seed_and_gives_the_same_again():
    fit = a_fit()
    first = resample(fit, 365.0, [180.0, 365.0], count=20, seed=11)
    assert (first.seed, first.count, first.fitted) == (11, 20, 20)
    assert first == resample(fit, 365.0, [180.0, 365.0], count=20, seed=11)
    assert first.uno != resample(fit, 365.0, [180.0, 365.0], count=20, seed=12).uno


def test_the_resampled_intervals_hold_the_estimates():
    fit = a_fit()
    found = resample(fit, 365.0, [365.0], count=100, seed=3)
    assert found.brier[0].holds(brier_scores(fit, [365.0])[0].score)
    assert found.integrated.holds(integrated_brier(fit, 365.0))


def test_a_wider_level_widens_the_resampled_interval():
    fit = a_fit()
    narrow, wide = (resample(fit, 365.0, [], count=60, seed=3, level=one) for one in (0.5, 0.95))
    assert wide.uno.lower < narrow.uno.lower < narrow.uno.upper < wide.uno.upper


def test_too_many_patients_are_not_resampled():
    found = resample(a_fit(), 365.0, [365.0], count=MOST_ROWS, seed=1)
    assert (found.reason, found.uno, found.fitted) == ("too_many_patients", None, 0)


def test_resamples_that_cannot_be_fitted_leave_no_interval():
    """One of the treated dies: in a third of the resamples none does."""
    trial = Trial()
    died = np.where(trial.is_treated, 0, trial.follow_up.event)
    died[np.flatnonzero(trial.is_treated)[0]] = 1
    fit = fit_cox(a_design(treated=trial.is_treated), a_follow_up(trial.follow_up.days, died))
    found = resample(fit, 365.0, [], count=40, seed=5)
    assert (found.reason, found.uno) == ("too_few_fits", None)
    assert found.fitted < 36
