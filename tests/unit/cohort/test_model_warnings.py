import numpy as np

from app.cohort.models.cox import fit_cox
from app.cohort.models.design import build_design
from app.cohort.models.model_warnings import FEW_EVENTS, NEARLY_COLLINEAR, warnings_of
from app.cohort.models.terms import Term
from tests.unit.cohort.cox_data import Trial, a_design, a_follow_up

NOISE = np.random.Generator(np.random.PCG64(5))


def codes(fit):
    return [warning.code for warning in warnings_of(fit)]


def test_a_sound_model_has_no_warning():
    trial = Trial()
    terms = [Term("arm"), Term("pnfh", transform="log"), Term("x_age")]
    design = build_design(terms, [("arm", "pnfh")], trial.columns)
    assert codes(fit_cox(design, trial.follow_up)) == []


def test_a_spline_is_not_taken_for_collinear():
    trial = Trial()
    terms = [Term("arm"), Term("pnfh", transform="spline", knots=4)]
    design = build_design(terms, [("arm", "pnfh")], trial.columns)
    assert codes(fit_cox(design, trial.follow_up)) == []


def test_nine_deaths_are_few_and_ten_are_enough():
    age = Trial(40).age
    for deaths, expected in ((9, [FEW_EVENTS]), (10, [])):
        follow_up = a_follow_up(np.arange(1, 41), np.arange(40) < deaths)
        assert codes(fit_cox(a_design(age=age), follow_up)) == expected


def test_few_deaths_are_counted_in_words():
    follow_up = a_follow_up(np.arange(1, 41), np.arange(40) < 15)
    (warning,) = warnings_of(fit_cox(a_design(x=Trial(40).age, y=Trial(40).level), follow_up))
    assert warning.detail == "15 deaths for 2 coefficients: fewer than 10 for each."


def test_two_measures_of_one_thing_are_named():
    trial = Trial()
    again = trial.age + NOISE.normal(0, 0.5, trial.age.size)
    fit = fit_cox(a_design(age=trial.age, level=trial.level, again=again), trial.follow_up)
    (warning,) = warnings_of(fit)
    assert (warning.code, warning.terms) == (NEARLY_COLLINEAR, ("age", "again"))


def test_measures_that_differ_by_a_hair_are_fitted_and_named():
    trial = Trial()
    again = trial.age + NOISE.normal(0, 1e-4, trial.age.size)
    fit = fit_cox(a_design(age=trial.age, again=again), trial.follow_up)
    assert np.isfinite(fit.standard_errors).all()
    assert codes(fit) == [NEARLY_COLLINEAR]


def test_a_product_that_repeats_another_is_named():
    trial = Trial()
    design = a_design(age=trial.age)
    again = trial.age + NOISE.normal(0, 1e-4, trial.age.size)
    design = type(design)(np.stack((trial.age, again)), ("age", "age:x"), (1,))
    (warning,) = warnings_of(fit_cox(design, trial.follow_up))
    assert set(warning.terms) == {"age", "age:x"}
