from math import exp

import numpy as np
import pytest

from app.cohort.models import refusal
from app.cohort.models.cox import fit_cox
from app.cohort.models.stepp import stepp, window_edges
from tests.unit.cohort.cox_data import Trial, a_design, a_follow_up


def test_windows_share_what_they_may():
    """Ten values, 4 a window, 2 in common: 0-4, 2-6, 4-8, 6-10."""
    edges = window_edges(np.arange(10.0), 2, 4)
    assert edges == ((0, 4), (2, 6), (4, 8), (6, 10))


def test_the_last_window_takes_in_who_would_be_too_few_for_another():
    assert window_edges(np.arange(11.0), 2, 4)[-1] == (6, 11)


def test_equal_values_are_never_parted():
    """The three 2s belong together: the first window has five, the next begins after them."""
    assert window_edges(np.array([0, 1, 2, 2, 2, 3, 4, 5, 6.0]), 2, 4) == ((0, 5), (5, 9))


def test_too_few_patients_make_one_window():
    assert window_edges(np.arange(5.0), 2, 4) == ((0, 5),)
    assert window_edges(np.arange(3.0), 2, 4) == ((0, 3),)


@pytest.mark.parametrize(("r1", "r2"), [(4, 4), (5, 4), (-1, 4)])
def test_a_window_is_larger_than_what_it_shares(r1, r2):
    with pytest.raises(ValueError, match="0 <= r1 < r2"):
        window_edges(np.arange(9.0), r1, r2)


def test_each_window_has_the_hazard_ratio_of_its_own_patients():
    trial = Trial()
    windows = stepp(trial.follow_up, trial.is_treated, trial.level, r1=60, r2=100)
    second = windows[1]
    inside = (trial.level >= second.lower) & (trial.level <= second.upper)
    fit = fit_cox(a_design(treated=trial.is_treated[inside]), trial.follow_up.of(inside))
    assert second.n == np.count_nonzero(inside) == 100
    assert second.events == fit.n_events
    assert second.median == np.median(trial.level[inside])
    assert second.hazard_ratio == pytest.approx(exp(fit.coefficients[0]))
    assert second.ratio_lower < second.hazard_ratio < second.ratio_upper


def test_an_effect_that_fades_along_the_biomarker_is_seen():
    trial = Trial(4000)
    windows = stepp(trial.follow_up, trial.is_treated, trial.level, r1=200, r2=1000)
    ratios = [window.hazard_ratio for window in windows]
    assert len(ratios) >= 4
    assert ratios[0] < 0.45 < ratios[-1]
    assert ratios == sorted(ratios)


def test_a_window_that_cannot_be_fitted_says_why():
    level = np.arange(40.0)
    treated = np.arange(40) % 2 == 0
    died = (level >= 20) | ~treated
    draw = np.random.Generator(np.random.PCG64(2))
    follow_up = a_follow_up(draw.integers(1, 99, 40), died)
    first, second = stepp(follow_up, treated, level, r1=0, r2=20)
    assert (first.hazard_ratio, first.ratio_lower, first.code) == (None, None, refusal.INFINITE)
    assert second.code is None
    assert second.hazard_ratio > 0


def test_strata_keep_their_own_baselines_in_every_window():
    trial = Trial()
    strata = (trial.age > 60).astype(int)
    (window,) = stepp(
        trial.follow_up, trial.is_treated, trial.level, r1=0, r2=240, strata_codes=strata
    )
    fit = fit_cox(a_design(treated=trial.is_treated), trial.follow_up, strata)
    assert window.hazard_ratio == pytest.approx(exp(fit.coefficients[0]))
