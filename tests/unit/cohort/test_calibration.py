"""Observed against expected deaths: by hand, and for patients simulated from the study itself."""

import numpy as np
import pytest

from app.cohort.columns import CategoricalColumn
from app.cohort.evidence.calibration import SIDES, calibrate, place
from app.cohort.evidence.calibration_plot import calibration_points
from app.cohort.evidence.poisson import count_ratio
from app.cohort.follow_up import COMPETING, DEATH, FollowUp
from tests.builders import MIROCALS, STRATA, TOPLINE

STRATUM = ("very_low", "low", "high")
ARMS = ("placebo", "il2ld")
H_LOW = -np.log(0.54)
"""The low stratum's cumulative hazard by day 640 with placebo."""


def placed(patients, study=MIROCALS, arms=None):
    """Place patients, each a (days, event, arm, stratum) or with a day of entry behind them."""
    rows = [(*patient, 0.0)[:5] for patient in patients]
    days, event, arm, stratum, entry = zip(*rows, strict=True)
    known = tuple(dict.fromkeys([*ARMS, *(a for a in arm if a)]))
    return place(
        FollowUp(
            np.array(days, float),
            np.array(event, np.int8),
            np.array(entry) if any(entry) else None,
        ),
        CategoricalColumn(np.array([known.index(a) if a else -1 for a in arm], np.int32), known),
        CategoricalColumn(
            np.array([STRATUM.index(s) if s else -1 for s in stratum], np.int32), STRATUM
        ),
        study,
        arms,
    )


def row_of(rows, stratum, side):
    return next(row for row in rows if (row.stratum, row.side) == (stratum, side))


def low_placebo(*patients):
    found = calibrate(
        placed([(*each[:2], "placebo", "low", *each[2:]) for each in patients]), MIROCALS
    )
    return row_of(found.rows, "low", "control")


def test_expected_deaths_are_the_published_hazard_summed_over_the_time_watched():
    row = low_placebo((320, DEATH), (640, 0))
    assert row.expected.value == pytest.approx(H_LOW * (0.5**1.5 + 1), rel=1e-12)
    assert (row.patients, row.observed) == (2, 1)


def test_the_treated_arm_has_the_hazard_times_the_ratio():
    row = row_of(calibrate(placed([(640, 0, "il2ld", "low")]), MIROCALS).rows, "low", "treated")
    assert row.expected.value == pytest.approx(0.52 * H_LOW, rel=1e-12)


def test_the_range_holds_what_the_shapes_allow():
    row = low_placebo((320, 0))
    assert row.expected.lower == pytest.approx(H_LOW * 0.5**2.03, rel=1e-12)
    assert row.expected.upper == pytest.approx(H_LOW * 0.5**1.0, rel=1e-12)


def test_the_range_of_the_high_stratum_holds_its_derived_baselines_too():
    found = calibrate(placed([(320, 0, "placebo", "high")]), MIROCALS)
    expected = row_of(found.rows, "high", "control").expected
    assert expected.value == pytest.approx(-np.log(0.39) * 0.5**1.5, rel=1e-12)
    assert expected.lower == pytest.approx(-np.log(0.44) * 0.5**2.03, rel=1e-12)
    assert expected.upper == pytest.approx(-np.log(0.33) * 0.5**1.0, rel=1e-12)


def test_time_before_entry_is_not_counted():
    row = low_placebo((640, 0, 320.0))
    assert row.expected.value == pytest.approx(H_LOW * (1 - 0.5**1.5), rel=1e-12)


def test_with_late_entry_the_range_is_searched_between_the_ends_of_the_shapes():
    day, entry = 400.0, 300.0
    shapes = np.linspace(1.0, 2.03, 4001)
    gathered = H_LOW * ((day / 640) ** shapes - (entry / 640) ** shapes)
    expected = low_placebo((day, 0, entry)).expected
    assert expected.lower == pytest.approx(gathered.min(), rel=1e-6)
    assert expected.upper == pytest.approx(gathered.max(), rel=1e-6)
    assert gathered.max() > max(gathered[0], gathered[-1])  # it turns in between


def test_nothing_past_the_horizon_counts():
    row = low_placebo((640, DEATH), (641, DEATH), (2000, DEATH))
    assert row.observed == 1
    assert row.expected.value == pytest.approx(3 * H_LOW, rel=1e-12)


def test_a_competing_event_is_no_death():
    assert low_placebo((320, COMPETING)).observed == 0


def test_a_stratum_without_a_published_estimate_says_why():
    row = row_of(
        calibrate(placed([(9, 1, "placebo", "very_low")]), MIROCALS).rows, "very_low", "control"
    )
    assert (row.patients, row.observed, row.expected, row.ratio) == (1, 1, None, None)
    assert row.reason == "stratum_not_reported"


def test_evidence_without_survival_expects_nothing():
    found = calibrate(placed([(9, 1, "placebo", "low")], TOPLINE), TOPLINE)
    assert {row.reason for row in found.rows} == {"no_survival_published", "no_number_published"}
    assert found.totals[-1].ratio is None


def test_arms_that_the_evidence_does_not_have_are_left_out_and_counted():
    patients = [(9, 1, "none", "low"), (9, 1, None, "low"), (9, 1, "placebo", None)]
    found = calibrate(placed(patients), MIROCALS)
    assert found.excluded == {"arm_not_in_evidence": 1, "arm_unknown": 1, "level_unknown": 1}
    assert found.patients == 1


def test_an_arm_can_stand_for_one_of_the_evidence():
    seen = placed([(320, 1, "none", "low"), (320, 0, "riluzole_il2", "low")],
                  arms={"none": "placebo", "riluzole_il2": "il2ld"})  # fmt: skip
    found = calibrate(seen, MIROCALS)
    assert [row_of(found.rows, "low", side).patients for side in SIDES] == [1, 1]
    assert found.excluded["arm_not_in_evidence"] == 0


def test_totals_hold_the_rows_with_an_expectation_and_no_others():
    patients = [(320, 1, "placebo", s) for s in STRATUM] + [(640, 0, "il2ld", "high")]
    found = calibrate(placed(patients), MIROCALS)
    both = [row for row in found.rows if row.expected]
    control, treated, everybody = found.totals
    assert (control.side, treated.side, everybody.side) == ("control", "treated", None)
    assert (control.patients, control.observed) == (2, 2)  # not the very low one
    assert everybody.expected.value == pytest.approx(sum(row.expected.value for row in both))
    assert everybody.ratio == count_ratio(2, everybody.expected.value)


def test_whoever_has_no_level_counts_for_the_whole_trial():
    found = calibrate(placed([(640, 1, "placebo", None), (640, 0, "placebo", "low")]), MIROCALS)
    control = found.whole[0]
    assert (control.patients, control.observed) == (2, 1)
    assert control.expected.value == pytest.approx(-2 * np.log(61 / 110), rel=1e-12)


def simulated(seed, n):
    """Patients that die as the study says they do, censored at random."""
    chance = np.random.default_rng(seed)
    arm, stratum = chance.integers(0, 2, n), chance.choice([1, 2], n, p=[0.7, 0.3])
    hazards = [[0, 0]] + [
        [pair.control.hazard, pair.treated.hazard]
        for pair in (STRATA[name].group.pairs[0] for name in ("low", "high"))
    ]
    died = 640 * (chance.exponential(size=n) / np.array(hazards)[stratum, arm]) ** (1 / 1.5)
    left = chance.uniform(100, 900, n)
    rows = zip(np.minimum(died, left), died <= left, arm, stratum, strict=True)
    return [(day, int(dead), ARMS[a], STRATUM[s]) for day, dead, a, s in rows]


def test_patients_of_the_study_itself_die_as_often_as_expected():
    total = calibrate(placed(simulated(7, 40_000)), MIROCALS).totals[-1]
    # With 12,000 deaths the ratio has a standard error of 1/sqrt(12000) = 0.9 %.
    assert total.observed > 12_000
    assert abs(total.ratio.value - 1) < 3 / np.sqrt(total.observed)


def test_the_interval_holds_one_for_about_nineteen_of_twenty_such_cohorts():
    totals = [calibrate(placed(simulated(seed, 120)), MIROCALS).totals[-1] for seed in range(400)]
    held = np.mean([row.ratio.lower <= 1 <= row.ratio.upper for row in totals])
    # Exact limits hold at least 95 %; 400 cohorts leave an error of 1.1 %.
    assert 0.95 - 3 * 0.011 < held < 0.99


def test_the_plot_has_each_day_of_each_arm_with_a_published_curve():
    patients = [(day, DEATH, "placebo", "low") for day in (100, 200, 300, 700)]
    points = calibration_points(placed(patients), MIROCALS, [180.0, 365.0, 900.0])
    low = [point for point in points if point.stratum == "low"]
    assert [(p.side, p.observed.time) for p in low] == [("control", 180.0), ("control", 365.0)]
    # Of four one died by day 180 and three by day 365.
    assert [p.observed.survival for p in low] == [pytest.approx(3 / 4), pytest.approx(1 / 4)]
    assert low[0].expected.survival == pytest.approx(0.54 ** ((180 / 640) ** 1.5), rel=1e-12)
