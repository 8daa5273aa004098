from math import exp, sqrt

import numpy as np
import pytest

from app.cohort.models.cox import fit_cox
from app.cohort.models.design import build_design
from app.cohort.models.effect import effect_along, treatments_along, usual_values
from app.cohort.models.terms import Term
from tests.unit.cohort.cox_data import Trial

TRIAL = Trial()


def fitted(*terms, interactions=(("arm", "pnfh"),)):
    design = build_design(terms, interactions, TRIAL.columns)
    return fit_cox(design, TRIAL.follow_up)


def test_the_hazard_ratio_is_read_off_two_coefficients():
    fit = fitted(Term("arm"), Term("pnfh", transform="log"))
    (curve,) = effect_along(fit, "arm", [exp(6.5)], TRIAL.columns)
    (point,) = curve.points
    arm, _, product = fit.coefficients
    v = fit.covariance
    error = sqrt(v[0, 0] + 2 * 6.5 * v[0, 2] + 6.5**2 * v[2, 2])
    assert (curve.level, curve.reference, curve.held_at) == ("treated", "none", {})
    assert point.hazard_ratio == pytest.approx(exp(arm + 6.5 * product))
    assert point.upper == pytest.approx(exp(arm + 6.5 * product + 1.959964 * error), rel=1e-6)


def test_without_an_interaction_the_effect_is_the_same_everywhere():
    fit = fitted(Term("arm"), Term("pnfh", transform="log"), interactions=())
    (curve,) = effect_along(fit, "arm", [300.0, 5000.0], TRIAL.columns)
    first, second = curve.points
    assert first.hazard_ratio == pytest.approx(second.hazard_ratio)
    assert first.hazard_ratio == pytest.approx(exp(fit.coefficients[0]))


def test_along_a_spline_the_effect_is_that_of_its_columns():
    fit = fitted(Term("arm"), Term("pnfh", transform="spline"))
    values = [300.0, 1000.0, 5000.0]
    (curve,) = effect_along(fit, "arm", values, TRIAL.columns)
    basis = fit.sample.design.blueprint.basis("pnfh")
    for point in curve.points:
        expected = fit.coefficients[0] + fit.coefficients[3:] @ basis.at(point.value)
        assert point.hazard_ratio == pytest.approx(exp(expected))


def test_another_variable_that_interacts_is_held_and_told():
    pairs = (("arm", "pnfh"), ("arm", "x_age"))
    fit = fitted(Term("arm"), Term("pnfh", transform="log"), Term("x_age"), interactions=pairs)
    (curve,) = effect_along(fit, "arm", [1000.0], TRIAL.columns)
    assert curve.held_at == {"x_age": np.median(TRIAL.age)}


def test_treatments_are_the_categories_that_interact_with_the_biomarker():
    pairs = (("pnfh", "arm"), ("x_age", "pnfh"))
    fit = fitted(Term("arm"), Term("pnfh", transform="log"), Term("x_age"), interactions=pairs)
    assert treatments_along(fit.sample.design.blueprint) == ("arm",)


def test_the_usual_values_are_21_in_equal_ratios():
    values = usual_values(np.arange(1.0, 102.0))
    assert len(values) == 21
    assert (values[0], values[-1]) == pytest.approx((6.0, 96.0))
    assert values[1] / values[0] == pytest.approx(16 ** (1 / 20))


def test_only_a_category_has_an_effect_along_a_biomarker():
    with pytest.raises(TypeError, match="pnfh is not a category"):
        effect_along(fitted(Term("arm"), Term("pnfh")), "pnfh", [1.0], TRIAL.columns)
