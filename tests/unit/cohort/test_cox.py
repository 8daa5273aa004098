from math import exp, log, sqrt

import numpy as np
import pytest

from app.cohort.follow_up import COMPETING, DEATH, FollowUp
from app.cohort.models import refusal
from app.cohort.models.cox import LARGE, fit_cox, interaction_test
from app.cohort.models.design import build_design
from app.cohort.models.refusal import FitRefused
from app.cohort.models.terms import Term
from tests.unit.cohort.cox_data import Trial, a_design, a_follow_up
from tests.unit.cohort.slow_cox import slow_likelihood


def refused(design, follow_up, strata=None):
    with pytest.raises(FitRefused) as caught:
        fit_cox(design, follow_up, strata)
    return caught.value


def test_three_deaths_have_the_maximum_that_arithmetic_gives():
    """Treated die 1st and 3rd: L = r / (2r + 1) / (r + 1), greatest at r = e^b = 1 / sqrt 2."""
    fit = fit_cox(a_design(treated=[1, 0, 1]), a_follow_up([1, 2, 3]))
    r = 1 / sqrt(2)
    assert fit.coefficients[0] == pytest.approx(log(r), abs=1e-10)
    assert fit.log_likelihood == pytest.approx(log(r / (2 * r + 1) / (r + 1)))
    assert fit.log_likelihood_null == pytest.approx(log(1 / 3 * 1 / 2))
    information = 2 * r / (2 * r + 1) ** 2 + r / (r + 1) ** 2
    assert fit.covariance[0, 0] == pytest.approx(1 / information)


def test_tied_deaths_leave_the_risk_set_in_equal_parts():
    """Two of three die together: denominators 2r + 1 and, less half of the dying, 1.5 r + 0.5."""
    fit = fit_cox(a_design(treated=[1, 0, 1]), a_follow_up([1, 1, 2]))
    r = exp(fit.coefficients[0])
    assert fit.log_likelihood == pytest.approx(log(r / ((2 * r + 1) * (1.5 * r + 0.5))))
    assert fit.log_likelihood_null == pytest.approx(log(1 / (3 * 2)))


def test_a_table_row_holds_the_wald_interval_and_test():
    fit = fit_cox(a_design(treated=[1, 0, 1]), a_follow_up([1, 2, 3]))
    (row,) = fit.table(0.9)
    error = sqrt(fit.covariance[0, 0])
    assert row.term == "treated"
    assert row.hazard_ratio == pytest.approx(1 / sqrt(2))
    assert row.z == pytest.approx(row.coefficient / error)
    assert log(row.upper / row.lower) == pytest.approx(2 * 1.6448536 * error)


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("has_strata", [True, False])
@pytest.mark.parametrize("has_entry", [True, False])
def test_the_fit_stands_where_the_slow_twins_score_is_nothing(is_whole, has_strata, has_entry):
    trial = Trial(90)
    days = trial.follow_up.days / (30 if is_whole else 7)
    days = np.ceil(days) if is_whole else days
    entry = np.floor(days / 3) if has_entry else None
    follow_up = FollowUp(days, trial.follow_up.event, entry)
    strata = np.arange(90) % 3 if has_strata else None
    terms = [Term("arm"), Term("pnfh", transform="log"), Term("x_age")]
    design = build_design(terms, [("arm", "pnfh")], trial.columns)
    fit = fit_cox(design, follow_up, strata)
    value, score, information = slow_likelihood(fit.coefficients, design, follow_up, strata)
    assert fit.log_likelihood == pytest.approx(value, abs=1e-10)
    np.testing.assert_allclose(score * fit.standard_errors, 0, atol=1e-7)
    np.testing.assert_allclose(fit.covariance @ information, np.eye(4), atol=1e-6)
    null, first, at_null = slow_likelihood(np.zeros(4), design, follow_up, strata)
    assert fit.log_likelihood_null == pytest.approx(null, abs=1e-10)
    assert fit.score_test.statistic == pytest.approx(first @ np.linalg.solve(at_null, first))


def test_many_patients_have_the_fit_that_the_whole_gives_from_zero(monkeypatch):
    trial = Trial(LARGE + 500)
    design = build_design([Term("arm"), Term("x_age")], [], trial.columns)
    quick = fit_cox(design, trial.follow_up)
    monkeypatch.setattr("app.cohort.models.cox.LARGE", LARGE * 2)
    plain = fit_cox(design, trial.follow_up)
    np.testing.assert_allclose(quick.coefficients, plain.coefficients, rtol=1e-9)
    np.testing.assert_allclose(quick.covariance, plain.covariance, rtol=1e-6)


def test_a_competing_event_ends_the_follow_up_like_a_censoring():
    event = np.array([DEATH, COMPETING, DEATH, DEATH], dtype=np.int8)
    days = np.array([1.0, 2.0, 3.0, 4.0])
    design = a_design(treated=[1, 0, 0, 1])
    ours = fit_cox(design, FollowUp(days, event))
    theirs = fit_cox(design, a_follow_up(days, event == DEATH))
    assert ours.coefficients == pytest.approx(theirs.coefficients)
    assert ours.n_events == 3


def test_who_enters_on_a_day_is_not_at_risk_of_its_deaths():
    """With the entrant at day 1 the only risk set of two is that of day 2."""
    design = a_design(x=[5, 0, 1, 0])
    fit = fit_cox(design, a_follow_up([1, 2, 3, 4], [1, 1, 1, 0], entry=[0, 0, 1, 0]))
    value, *_ = slow_likelihood(
        fit.coefficients, design, a_follow_up([1, 2, 3, 4], [1, 1, 1, 0], entry=[0, 0, 1, 0])
    )
    assert fit.log_likelihood == pytest.approx(value)
    assert fit.log_likelihood_null == pytest.approx(-log(3) - log(3) - log(2))


def test_the_interaction_test_compares_two_likelihoods():
    trial = Trial()
    terms = [Term("arm"), Term("pnfh", transform="log")]
    design = build_design(terms, [("arm", "pnfh")], trial.columns)
    full = fit_cox(design, trial.follow_up)
    main = fit_cox(design.without_interactions(), trial.follow_up)
    test = interaction_test(full, main)
    assert test.degrees_of_freedom == 1
    assert test.statistic == pytest.approx(2 * (full.log_likelihood - main.log_likelihood))


@pytest.mark.parametrize("n", [30, 300])
@pytest.mark.parametrize("with_events", ["none", "treated"])
def test_an_arm_without_events_is_refused_by_name(n, with_events):
    trial = Trial(n)
    has_events = trial.is_treated == (with_events == "treated")
    died = (trial.follow_up.event == DEATH) & has_events
    design = build_design([Term("arm"), Term("x_age")], [], trial.columns)
    found = refused(design, a_follow_up(trial.follow_up.days, died))
    assert (found.code, found.term) == (refusal.INFINITE, "arm[treated]")


def test_an_arm_without_events_is_refused_beside_its_interaction():
    trial = Trial()
    died = (trial.follow_up.event == DEATH) & ~trial.is_treated
    terms = [Term("arm"), Term("pnfh", transform="log")]
    design = build_design(terms, [("arm", "pnfh")], trial.columns)
    found = refused(design, a_follow_up(trial.follow_up.days, died))
    assert found.code == refusal.INFINITE
    assert "arm[treated]" in str(found)


def test_a_rare_group_without_events_is_refused_among_many():
    trial = Trial(30_000)
    rare = np.arange(30_000) < 3
    design = a_design(rare=rare, age=trial.age)
    found = refused(design, a_follow_up(trial.follow_up.days, trial.follow_up.event & ~rare))
    assert (found.code, found.term) == (refusal.INFINITE, "rare")


def test_a_covariate_that_orders_all_deaths_is_refused():
    days = np.arange(1.0, 41.0)
    found = refused(a_design(x=-days), a_follow_up(days))
    assert (found.code, found.term) == (refusal.INFINITE, "x")


def test_a_large_but_finite_coefficient_is_fitted():
    """One of 2,000 unexposed dies among the many exposed: far out, but finite."""
    exposed = np.arange(4000) < 2000
    days = np.where(exposed, np.arange(4000) + 1.0, 9000.0)
    died = exposed | (np.arange(4000) == 3999)
    days[3999] = 1000.5
    fit = fit_cox(a_design(exposed=exposed), a_follow_up(days, died))
    assert fit.coefficients[0] > 6
    assert fit.standard_errors[0] == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize(("factor", "shift"), [(2, 1), (0, 3)])
def test_a_column_that_the_others_determine_is_refused_by_name(factor, shift):
    trial = Trial()
    again = factor * trial.age + shift
    found = refused(a_design(age=trial.age, again=again), trial.follow_up)
    assert (found.code, found.term) == (refusal.COLLINEAR, "again")


def test_a_cohort_without_a_death_is_refused():
    found = refused(a_design(x=[1, 2, 3]), a_follow_up([1, 2, 3], [0, 0, 0]))
    assert found.code == refusal.NO_EVENTS


def test_fewer_patients_than_coefficients_are_refused():
    found = refused(a_design(x=[1], y=[2]), a_follow_up([1]))
    assert found.code == refusal.FEWER_PATIENTS
    assert str(found) == "1 patients cannot determine 2 coefficients."


def test_one_patient_determines_nothing():
    assert refused(a_design(x=[1]), a_follow_up([1])).code == refusal.COLLINEAR


def test_nobody_at_all_is_refused():
    assert refused(a_design(x=[]), a_follow_up([])).code == refusal.FEWER_PATIENTS


def test_deaths_that_all_fall_on_one_day_tell_nothing_of_a_coefficient():
    """Everybody leaves at once, in any order: the likelihood is greatest at 0."""
    draw = np.random.Generator(np.random.PCG64(1))
    fit = fit_cox(a_design(x=draw.normal(size=50)), a_follow_up(np.full(50, 9.0)))
    assert fit.coefficients[0] == pytest.approx(0, abs=1e-12)


def test_deaths_on_day_nought_count():
    fit = fit_cox(a_design(x=[1, 0, 1, 0]), a_follow_up([0, 1, 2, 3]))
    assert fit.n_events == 4
    assert fit.log_likelihood_null == pytest.approx(-log(4 * 3 * 2))


def test_columns_of_monstrous_units_are_fitted_alike():
    trial = Trial()
    plain = fit_cox(a_design(age=trial.age), trial.follow_up)
    huge = fit_cox(a_design(age=trial.age * 1e9 + 1e11), trial.follow_up)
    assert huge.coefficients[0] * 1e9 == pytest.approx(plain.coefficients[0], rel=1e-5)
