from collections import Counter
from dataclasses import astuple, replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from math import exp, log, sqrt

import pytest

from app.cohort import simulate
from app.cohort.simulate import (
    FIRST_BASELINE,
    HIGHEST_UNPUBLISHED,
    PER_ARM,
    RECRUITING_DAYS,
    SEED,
    Draws,
    control_survival,
    hazard_ratio,
    level_distribution,
    simulate_trial,
)
from app.schemas.patients import PatientRequest
from tests.builders import HORIZON, MIROCALS, SHAPE, STRATA

# Worked out once, with numpy 2.4 on x86-64: another machine or another numpy must find the same.
DIGEST = "f8d90caef71997569d0955a289d0b9239adb1e24f03ec54b24da12d13f2180c3"

TRIAL = simulate_trial(MIROCALS)
FACTS = set(PatientRequest.model_fields)


def stratum_of(level):
    return next(stratum.id for stratum in MIROCALS.strata if stratum.range.holds(Decimal(level)))


def test_a_seed_gives_the_same_trial_on_any_machine():
    rows = "\n".join(",".join(map(str, astuple(patient))) for patient in TRIAL)
    assert sha256(rows.encode()).hexdigest() == DIGEST
    assert simulate_trial(MIROCALS, SEED) == TRIAL


def test_another_seed_gives_another_trial():
    other = simulate_trial(MIROCALS, SEED + 1)
    assert [one.pnfh for one in other] != [one.pnfh for one in TRIAL]


def test_every_row_says_that_nobody_real_is_meant():
    assert {one.x_synthetic for one in TRIAL} == {
        "simulated from mirocals-2025, not a real patient"
    }
    assert [one.identifier for one in TRIAL] == [f"SYNTH-{i:04}" for i in range(1, 221)]


def test_the_arms_and_strata_have_the_sizes_of_the_trial():
    sizes = Counter((one.arm, stratum_of(one.pnfh)) for one in TRIAL)
    for arm in ("placebo", "il2ld"):
        for stratum, share in (("very_low", 0.09), ("low", 0.70), ("high", 0.21)):
            assert abs(sizes[arm, stratum] - share * PER_ARM) <= 1


def test_levels_are_log_normal_through_the_published_shares():
    logs = level_distribution(MIROCALS)
    assert logs.cdf(log(750)) == pytest.approx(0.09, rel=1e-9)
    assert 1 - logs.cdf(log(3700)) == pytest.approx(0.21, rel=1e-9)
    # Scores of 0.09 and 0.79 are -1.3408 and 0.8064.
    spread = log(3700 / 750) / (0.8064 + 1.3408)
    assert exp(logs.mean) == pytest.approx(750 * exp(1.3408 * spread), rel=1e-4)


def test_survival_and_effect_are_those_of_the_evidence():
    assert [control_survival(STRATA[name], MIROCALS) for name in ("low", "high")] == [0.54, 0.39]
    assert [hazard_ratio(STRATA[name]) for name in ("low", "high")] == [0.52, 1.37]


def test_where_nothing_was_published_the_arms_do_not_differ():
    assert hazard_ratio(STRATA["very_low"]) == 1
    left = (61 / 110 - 0.70 * 0.54 - 0.21 * 0.39) / 0.09
    assert left > 1  # the trial leaves more survivors than there are patients
    assert control_survival(STRATA["very_low"], MIROCALS) == HIGHEST_UNPUBLISHED
    fewer = replace(MIROCALS.whole_trial.baseline, value=0.5)
    trial = replace(MIROCALS, whole_trial=replace(MIROCALS.whole_trial, baseline=fewer))
    expected = (0.5 - 0.70 * 0.54 - 0.21 * 0.39) / 0.09
    assert control_survival(STRATA["very_low"], trial) == pytest.approx(expected)


@pytest.mark.parametrize("arm", ["placebo", "il2ld"])
@pytest.mark.parametrize(("level", "stratum"), [(500, "very_low"), (2000, "low"), (5000, "high")])
def test_deaths_come_as_the_weibull_curve_says(arm, level, stratum):
    draw, times = Draws(1), 20_000
    days = [simulate._day_of_death(arm, level, MIROCALS, draw) for _ in range(times)]
    survival = control_survival(STRATA[stratum], MIROCALS)
    if arm == "il2ld":
        survival **= hazard_ratio(STRATA[stratum])
    for day in (HORIZON / 2, HORIZON):
        expected = survival ** ((day / HORIZON) ** SHAPE.value)
        seen = sum(one > day for one in days) / times
        assert abs(seen - expected) < 4 * sqrt(expected * (1 - expected) / times)
    assert min(days) >= 1


def test_everybody_is_followed_to_death_the_horizon_or_a_day_before_it():
    for one in TRIAL:
        assert 1 <= one.follow_up_days <= HORIZON
        assert (one.vital_status == "dead") == (one.event_type == "death")
    censored = [one.follow_up_days for one in TRIAL if one.vital_status == "alive"]
    lost = sum(days < HORIZON for days in censored)
    assert 0 < lost < 2 * simulate.LOST * len(TRIAL)
    assert lost < len(censored)


def test_no_day_lies_outside_the_years_that_are_long_past():
    for one in TRIAL:
        end = one.baseline_date + timedelta(days=one.follow_up_days)
        assert one.baseline_date >= FIRST_BASELINE
        assert one.baseline_date < FIRST_BASELINE + timedelta(days=RECRUITING_DAYS)
        assert date(2021, 1, 4) <= end < date(2024, 1, 1)


def test_every_patient_is_one_that_a_clinic_may_state_and_the_trial_would_take():
    for one in TRIAL:
        columns = {name: getattr(one, name) for name in one.__slots__}
        stated = {
            name: str(value) if isinstance(value, date) else value
            for name, value in columns.items()
            if name in FACTS
        }
        PatientRequest.model_validate(stated)
        assert 18 <= one.age_at_baseline < 76
        assert one.svc_percent >= 70
        assert 12 * 7 <= (one.baseline_date - one.riluzole_start).days <= 18 * 7
        assert (one.baseline_date - one.onset_date).days <= 24 * 30.4375


def test_other_facts_do_not_follow_the_arm():
    ages = {
        arm: [float(one.x_age) for one in TRIAL if one.arm == arm] for arm in ("placebo", "il2ld")
    }
    means = [sum(one) / len(one) for one in ages.values()]
    assert abs(means[0] - means[1]) < 4 * 10.5 * sqrt(2 / PER_ARM)
