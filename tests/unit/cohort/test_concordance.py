from math import sqrt

import numpy as np
import pytest

from app.cohort.models.censoring import uncensored
from app.cohort.models.concordance import harrell, uno
from app.cohort.models.cox import fit_cox
from app.cohort.models.dominance import dominance
from tests.unit.cohort.cox_data import Trial, a_design, a_follow_up
from tests.unit.cohort.followed import followed


def slow_dominance(ranks, earlier, later):
    sums = np.zeros(len(ranks))
    for i in range(len(ranks)):
        for j in range(i + 1, len(ranks)):
            if ranks[j] < ranks[i]:
                sums[[i, j]] += earlier[i] * later[j]
    return sums


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9, 100])
def test_dominance_is_what_a_loop_over_pairs_finds(n):
    draw = np.random.Generator(np.random.PCG64(n))
    ranks, earlier, later = draw.permutation(n), draw.random(n), draw.random(n)
    np.testing.assert_allclose(
        dominance(ranks, earlier, later), slow_dominance(ranks, earlier, later), atol=1e-12
    )


def test_an_ascending_sequence_has_no_dominance():
    np.testing.assert_array_equal(dominance(np.arange(5), np.ones(5), np.ones(5)), np.zeros(5))


def test_four_deaths_have_six_pairs():
    """x falls but for days 2 and 3 (1, 2): of the six pairs only that one is out of order.

    The influence of a patient is (right - C pairs) / 6: the outer two have 3 - 15/6, the inner two
    2 - 15/6 of their 3 pairs.
    """
    fit = fit_cox(a_design(x=[3, 1, 2, 0]), a_follow_up([1, 2, 3, 4]))
    found = harrell(fit)
    assert fit.coefficients[0] > 0
    assert found.value == pytest.approx(5 / 6)
    assert found.pairs == 6
    assert found.standard_error == pytest.approx(sqrt(4 * (0.5 / 6) ** 2))


def test_equal_scores_count_one_half():
    """Of the six pairs of 1, 0, 1, 0 three are in order, one is not, and two are tied."""
    fit = fit_cox(a_design(x=[1, 0, 1, 0]), a_follow_up([1, 2, 3, 4]))
    assert harrell(fit).value == pytest.approx((3 + 2 / 2) / 6)


def test_without_a_censoring_unos_concordance_is_harrells():
    fit = fit_cox(a_design(x=[3, 1, 2, 0]), a_follow_up([1, 2, 3, 4]))
    assert uno(fit, 9.0) == harrell(fit)


def test_deaths_after_tau_count_for_nothing():
    """Until day 1 only the first death, with three pairs in order."""
    fit = fit_cox(a_design(x=[3, 1, 2, 0]), a_follow_up([1, 2, 3, 4]))
    assert (uno(fit, 1.0).value, uno(fit, 1.0).pairs) == (1.0, 3.0)


def test_before_the_first_death_there_is_no_pair():
    fit = fit_cox(a_design(x=[3, 1, 2, 0]), a_follow_up([1, 2, 3, 4]))
    assert uno(fit, 0.5) is None


def test_with_delayed_entry_unos_weights_are_not_known():
    trial = Trial()
    late = a_follow_up(trial.follow_up.days, trial.follow_up.event, trial.follow_up.days / 2)
    assert uno(fit_cox(a_design(age=trial.age), late), 365.0) is None


def test_the_chance_of_being_watched_falls_after_deaths_of_the_same_day():
    """Day 2: of the three at risk one dies, so 1 of 2 is censored; day 3: the last one."""
    chance = uncensored(followed("1 2 2+ 3+"))
    np.testing.assert_allclose(chance.before(np.array([2.0, 3.0])), [1, 1 / 2])
    np.testing.assert_allclose(chance.at(np.array([1.0, 2.0, 3.0])), [1, 1 / 2, 0])


def test_a_competing_event_ends_being_watched():
    chance = uncensored(followed("1* 2"))
    assert chance.at(np.array([1.0]))[0] == 1 / 2
