import numpy as np
import pytest

from app.cohort.models.cox import fit_cox
from app.cohort.models.proportional_hazards import check_proportional_hazards
from tests.unit.cohort.cox_data import Trial, a_design, a_follow_up
from tests.unit.cohort.slow_cox import denominators


def slow_test(fit, design, follow_up, time_of):
    """The score test of one covariate's coefficient beta + gamma g(t), by loops over deaths."""
    x = design.matrix[:, 0]
    w = np.exp(x * fit.coefficients[0])
    score, information = 0.0, np.zeros((2, 2))
    for who, dying, risk, part in denominators(design, follow_up, None):
        weight = w * (risk - part * dying)
        mean = weight @ x / weight.sum()
        variance = weight @ (x - mean) ** 2 / weight.sum()
        g = time_of[who]
        score += g * (x[who] - mean)
        information += variance * np.outer((1, g), (1, g))
    return np.array([0, score]) @ np.linalg.solve(information, [0, score])


def test_the_statistic_is_that_of_loops_over_deaths():
    """Without censoring S(t-) is the share of those still alive just before t."""
    trial = Trial(60)
    days = np.ceil(trial.follow_up.days / 40)
    follow_up, design = a_follow_up(days), a_design(age=trial.age)
    fit = fit_cox(design, follow_up)
    time = 1 - np.array([np.mean(days >= day) for day in days])
    expected = slow_test(fit, design, follow_up, time - time.mean())
    alone, together = check_proportional_hazards(fit)
    assert alone.test.statistic == pytest.approx(expected)
    assert together.test.statistic == pytest.approx(expected)
    assert (alone.term, together.term) == ("age", "GLOBAL")


def test_an_effect_that_turns_around_is_found():
    """The exposed die first or last, the others in between."""
    exposed = np.arange(80) % 2 == 0
    days = np.where(exposed, np.where(np.arange(80) < 40, 1, 200), 100) + np.arange(80)
    fit = fit_cox(a_design(exposed=exposed), a_follow_up(days))
    assert check_proportional_hazards(fit)[0].test.p_value < 1e-4


def test_deaths_on_one_day_cannot_tell_a_change_over_time():
    fit = fit_cox(a_design(age=Trial(30).age), a_follow_up(np.full(30, 5.0)))
    assert [row.test for row in check_proportional_hazards(fit)] == [None, None]
