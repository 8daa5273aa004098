"""What a clinic's own effects keep to: which strata are fitted, how far, and how sure it is."""

from dataclasses import replace
from math import exp, log, sqrt

import numpy as np
import pytest

from app.cohort.columns import CategoricalColumn
from app.cohort.evidence.fitted_groups import fit_groups, log_error
from app.cohort.evidence.two_arms import TwoArms, common_horizon, treated_share
from app.cohort.follow_up import FollowUp
from app.cohort.models.refusal import FitRefused
from app.survival.arm import Arm
from app.survival.pair import Pair
from tests.fitted import some_patients, two_arms


def plain_arms(days, death, treated, entry=None):
    """Two arms of one stratum, adjusted for nothing."""
    n = len(days)
    follow_up = FollowUp(
        np.array(days, float),
        np.array(death, np.int8),
        None if entry is None else np.array(entry, float),
    )
    stratum = CategoricalColumn(np.zeros(n, np.int32), ("low",))
    return TwoArms(follow_up, np.array(treated, bool), stratum, np.empty((0, n)), ())


def test_the_horizon_is_the_last_multiple_of_five_with_ten_at_risk_in_both_arms():
    # The tenth longest follow-up is 303 days in one arm and 900 in the other.
    days = [400] * 9 + [303] * 5 + [900] * 10
    arms = plain_arms(days, [1] * 24, [0] * 14 + [1] * 10)
    assert common_horizon(arms) == 300


def test_no_horizon_lies_past_day_640():
    assert common_horizon(plain_arms([2000] * 20, [1] * 20, [0] * 10 + [1] * 10)) == 640


def test_with_fewer_than_ten_in_an_arm_there_is_no_horizon():
    arms = plain_arms([500] * 19, [1] * 19, [0] * 9 + [1] * 10)
    assert common_horizon(arms) is None
    with pytest.raises(FitRefused) as refused:
        fit_groups(arms, 10)
    assert refused.value.code == "too_few_patients"


def test_who_enters_later_is_not_at_risk_before():
    days, entry = [500] * 30, [0] * 10 + [300] * 10 + [0] * 10
    arms = plain_arms(days, [1] * 30, [0] * 20 + [1] * 10, entry)
    assert common_horizon(arms) == 500
    late = plain_arms(days, [1] * 30, [0] * 20 + [1] * 10, [450] * 20 + [0] * 10)
    assert common_horizon(late) == 500


def test_a_stratum_with_too_few_in_an_arm_is_not_fitted_and_moves_no_other():
    patients = some_patients()
    very_low = np.flatnonzero(patients["treated"] & (patients["level"] < 750))
    kept = np.ones(patients["days"].size, bool)
    kept[very_low[9:]] = False  # nine stay
    arms = two_arms(patients, adjusted=False).of(kept)
    whole = fit_groups(two_arms(patients, adjusted=False), 10)
    fewer = fit_groups(arms, 10)
    assert fewer.strata[0].refusal == "too_few_patients"
    assert fewer.strata[0].effect is None
    assert fewer.strata[0].log_variances is None
    assert fewer.strata[1].control == whole.strata[1].control
    assert fewer.strata[1].effect.value == pytest.approx(whole.strata[1].effect.value, rel=1e-9)


def test_a_stratum_in_which_nobody_died_in_an_arm_is_not_fitted():
    patients = some_patients()
    spared = patients["treated"] & (patients["level"] < 750)
    alive = patients | {"death": np.where(spared, 0, patients["death"]).astype(np.int8)}
    groups = fit_groups(two_arms(alive), 10)
    assert [group.refusal for group in groups.strata] == ["too_few_deaths", None, None]


def test_a_cohort_without_deaths_in_an_arm_is_refused():
    patients = some_patients()
    alive = np.where(patients["treated"], 0, patients["death"]).astype(np.int8)
    with pytest.raises(FitRefused) as refused:
        fit_groups(two_arms(patients | {"death": alive}), 10)
    assert refused.value.code == "too_few_deaths"


def test_swapping_the_arms_inverts_the_ratio():
    arms = two_arms(some_patients(), interaction=False)
    swapped = fit_groups(replace(arms, is_treated=~arms.is_treated), 10)
    for one, other in zip(fit_groups(arms, 10).strata, swapped.strata, strict=True):
        assert one.effect.value == pytest.approx(1 / other.effect.value, rel=1e-9)
        assert one.control == other.treated


def test_a_baseline_of_its_own_for_each_site_adjusts_for_the_site():
    patients, site = some_patients(), np.arange(400, dtype=np.int32) % 3
    arms = two_arms(patients, adjusted=False, interaction=False)
    plain, by_site = fit_groups(arms, 10), fit_groups(replace(arms, baseline=site), 10)
    assert plain.strata[1].control == by_site.strata[1].control
    assert plain.strata[1].effect != by_site.strata[1].effect


def test_the_treated_share_is_that_of_the_hazard_at_risk():
    # Each control death meets 2 treated of hazard ratio 0.5 and 4, then 3, untreated.
    arms = plain_arms([10, 20, 99, 99, 99, 99], [1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1])
    shares, steps = [1 / 5, 1 / 4], [1 / 4, 1 / 3]
    expected = (shares[0] * steps[0] + shares[1] * steps[1]) / sum(steps)
    assert treated_share(arms, 50, 0.5) == pytest.approx(expected, rel=1e-12)


def test_the_treated_arm_is_never_surer_than_a_perfect_correlation_allows():
    for seed in range(20):
        for group in fit_groups(two_arms(some_patients(seed=seed)), 5).strata:
            if group.effect:
                v0, v1 = group.log_variances
                assert v1 >= (log_error(group.effect) - sqrt(v0)) ** 2 > 0


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_the_bands_hold_the_truth_in_about_nineteen_of_twenty_cohorts(share):
    hazard, ratio, shape, held, cohorts = 1.2, 0.55, 1.4, np.zeros(3), 250
    for seed in range(cohorts):
        chance = np.random.default_rng(seed)
        treated = chance.random(300) < share
        speed = hazard * np.where(treated, ratio, 1.0)
        died = 640 * (chance.exponential(size=300) / speed) ** (1 / shape)
        left = chance.uniform(300, 1000, 300)
        arms = plain_arms(np.ceil(np.minimum(died, left)), died <= left, treated)
        groups = fit_groups(arms, 10)
        whole, day = groups.whole, float(groups.horizon)
        base = -log(whole.control.survival)
        v0, v1 = whole.log_variances
        pair = Pair(Arm(base, v0, day), Arm(base * whole.effect.value, v1, day))
        alive = exp(-hazard * (day / 640) ** shape)
        held += [
            pair.control.band(day, shape).holds(alive),
            pair.treated.band(day, shape).holds(alive**ratio),
            pair.survival_difference_interval(day, shape).holds(alive**ratio - alive),
        ]
    # 250 cohorts leave an error of 1.4 %; the difference's interval is a little too wide.
    assert (held / cohorts > 0.95 - 3 * 0.014).all()


def test_an_effect_whose_interval_has_no_end_is_refused_by_name(monkeypatch):
    monkeypatch.setattr("app.cohort.evidence.fitted_groups.LARGEST", 0.01)
    with pytest.raises(FitRefused) as refused:
        fit_groups(two_arms(some_patients()), 10)
    assert (refused.value.code, refused.value.term) == ("infinite_coefficient", "arm:very_low")
