"""A model with all that is told of it: each part is what its own module says."""

import numpy as np
import pytest

from app.cohort.columns import NumericColumn
from app.cohort.models.concordance import harrell, uno
from app.cohort.models.cox import fit_cox
from app.cohort.models.design import build_design
from app.cohort.models.fitting import NO_TWO_ARMS, Accuracy, Analysis, Stepp, fit
from app.cohort.models.prediction_error import brier_scores, integrated_brier
from app.cohort.models.proportional_hazards import check_proportional_hazards
from app.cohort.models.refusal import NO_EVENTS, FitRefused
from app.cohort.models.terms import Term
from tests.unit.cohort.cox_data import Trial, a_follow_up, labels

ARM, LEVEL, AGE = Term("arm", reference="none"), Term("pnfh", transform="log"), Term("x_age")
WITH_INTERACTION = Analysis(interactions=(("arm", "pnfh"),))
TRIAL = Trial()


def the_fit(*terms, asked=WITH_INTERACTION, columns=None, follow_up=None, strata=None):
    """Fit to the columns of the terms alone, as they are given to it."""
    terms = terms or (ARM, LEVEL, AGE)
    known = {term.variable: (columns or TRIAL.columns)[term.variable] for term in terms}
    return fit(terms, known, follow_up or TRIAL.follow_up, asked, strata)


def test_the_model_is_the_one_of_its_terms_and_interactions():
    found = the_fit()
    design = build_design((ARM, LEVEL, AGE), [("arm", "pnfh")], TRIAL.columns)
    alone = fit_cox(design, TRIAL.follow_up)
    assert found.model.names == alone.names
    assert found.model.coefficients.tolist() == alone.coefficients.tolist()
    assert found.concordance == harrell(alone)
    assert found.proportional_hazards == check_proportional_hazards(alone)


def test_the_interaction_is_tested_against_the_model_without_it():
    found = the_fit()
    without = the_fit(asked=Analysis())
    # 2 (l1 - l0), with one coefficient less
    gain = 2 * (found.model.log_likelihood - without.model.log_likelihood)
    assert found.interaction.statistic == pytest.approx(gain)
    assert found.interaction.degrees_of_freedom == 1
    assert without.interaction is None


def test_in_strata_both_models_have_them():
    strata = (np.arange(240) % 3).astype(np.int32)
    found, without = the_fit(strata=strata), the_fit(asked=Analysis(), strata=strata)
    gain = 2 * (found.model.log_likelihood - without.model.log_likelihood)
    assert found.interaction.statistic == pytest.approx(gain)


def test_the_effect_is_told_at_the_levels_that_are_asked_for():
    (curve,) = the_fit(asked=Analysis((("arm", "pnfh"),), effect_at=(500.0, 2000.0))).effects
    assert (curve.variable, curve.level, curve.reference) == ("arm", "treated", "none")
    assert [point.value for point in curve.points] == [500.0, 2000.0]


@pytest.mark.parametrize(
    "asked", [Analysis(), Analysis((("arm", "x_age"),)), Analysis((("pnfh", "x_age"),))]
)
def test_without_an_arm_along_the_level_there_is_no_effect(asked):
    assert the_fit(asked=asked).effects == ()


def test_an_effect_needs_no_level_among_the_terms():
    assert the_fit(ARM, AGE, asked=Analysis((("arm", "x_age"),))).effects == ()


def test_a_lower_level_of_confidence_makes_the_band_narrower():
    wide, narrow = (
        the_fit(asked=Analysis((("arm", "pnfh"),), level=level)).effects[0].points[0]
        for level in (0.95, 0.8)
    )
    assert wide.lower < narrow.lower < narrow.hazard_ratio < narrow.upper < wide.upper


def test_accuracy_is_measured_where_it_is_asked_for():
    asked = Accuracy((200.0, 400.0), 500.0, resamples=0, seed=1)
    measured = the_fit(asked=Analysis(accuracy=asked)).measured
    model = the_fit(asked=Analysis()).model
    assert measured.uno == uno(model, 500.0)
    assert measured.brier == brier_scores(model, (200.0, 400.0))
    assert measured.integrated == integrated_brier(model, 500.0)
    assert measured.resampling is None
    assert the_fit(asked=Analysis()).measured is None


def test_the_seed_decides_the_resamples():
    def resampled(seed):
        asked = Accuracy((200.0,), 400.0, resamples=8, seed=seed)
        return the_fit(ARM, LEVEL, asked=Analysis(accuracy=asked)).measured.resampling

    assert resampled(1) == resampled(1)
    assert resampled(1).uno != resampled(2).uno


def test_windows_are_told_in_the_patients_of_the_model():
    windows = the_fit(asked=Analysis(stepp=Stepp(80, 40))).windows
    assert [window.n for window in windows] == [80] * 5  # from 0, 40, 80, 120 and 160 of 240
    assert the_fit(asked=Analysis()).windows is None


def arms(*names):
    return TRIAL.columns | {"arm": labels(*(names[i % len(names)] for i in range(240)))}


@pytest.mark.parametrize(
    ("terms", "columns"),
    [
        ((ARM, AGE), TRIAL.columns),
        ((LEVEL, AGE), TRIAL.columns),
        ((ARM, LEVEL), arms("none", "one", "two")),
        ((Term("arm"), LEVEL), TRIAL.columns | {"arm": NumericColumn(TRIAL.age)}),
    ],
)
def test_windows_need_two_arms_and_a_level(terms, columns):
    with pytest.raises(FitRefused) as refused:
        the_fit(*terms, columns=columns, asked=Analysis(stepp=Stepp(80, 40)))
    assert refused.value.code == NO_TWO_ARMS


def test_few_events_are_a_warning_with_the_fit():
    follow_up = a_follow_up(TRIAL.follow_up.days, np.arange(240) % 12 == 0)
    (warning,) = the_fit(follow_up=follow_up).warnings
    assert (warning.code, follow_up.event.sum()) == ("few_events", 20)  # for 4 coefficients


def test_without_events_there_is_no_fit():
    with pytest.raises(FitRefused) as refused:
        the_fit(follow_up=a_follow_up(TRIAL.follow_up.days, np.zeros(240)))
    assert refused.value.code == NO_EVENTS


def test_deaths_on_one_day_are_fitted_and_tell_nothing_of_time():
    follow_up = a_follow_up(np.full(240, 100.0), TRIAL.follow_up.event)
    found = the_fit(ARM, AGE, asked=Analysis(), follow_up=follow_up)
    assert np.isfinite(found.model.coefficients).all()
    assert [row.test for row in found.proportional_hazards] == [None] * 3
