"""`POST /v1/cohort/calibration`: published evidence held against a clinic's own patients."""

import numpy as np
import pytest

from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.evidence.calibration import calibrate as compare
from app.cohort.evidence.calibration import place
from app.cohort.evidence.strata import stratify
from app.cohort.follow_up import FollowUp
from app.schemas.fitted_evidence import CalibrationResponse
from tests.api.cohort_of_clinic import CSV, NORTH, SOUTH, calibrate, enrol
from tests.api.described import read
from tests.api.refusals import assert_problem, codes
from tests.builders import MIROCALS
from tests.fitted import some_patients

ARMS = {"none": "placebo"}
NUMBERS = ("n", "observed", "expected", "ratio", "lower", "upper", "p_value")


def row_of(answer, stratum, arm):
    return next(r for r in answer.json()["rows"] if (r["stratum"], r["arm"]) == (stratum, arm))


def test_the_rows_are_those_of_the_patients_in_the_database(service):
    patients = some_patients()
    enrol(service, patients)
    answer = calibrate(service, arms=ARMS)
    read(CalibrationResponse, answer.content)
    placed = place(
        FollowUp(patients["days"], patients["death"]),
        CategoricalColumn(patients["treated"].astype(np.int32), ("placebo", "il2ld")),
        stratify(NumericColumn(patients["level"]), MIROCALS.ranges_by_id),
        MIROCALS,
    )
    names = {"control": "placebo", "treated": "il2ld"}
    for found in compare(placed, MIROCALS).rows:
        shown = row_of(answer, found.stratum, names[found.side])
        assert (shown["n"], shown["observed"]) == (found.patients, found.observed)
        if found.expected:
            assert shown["expected"] == pytest.approx(found.expected.value, rel=1e-9)
            assert shown["ratio"] == pytest.approx(found.ratio.value, rel=1e-9)


def test_without_a_mapping_the_arms_go_by_their_names(service):
    enrol(service)
    answer = calibrate(service)
    excluded = {one["reason"]: one["n"] for one in answer.json()["excluded"]}
    assert excluded["arm_not_in_evidence"] == 220
    assert row_of(answer, "low", "placebo")["n"] == 0
    assert row_of(answer, "low", "placebo")["reason"] == "nobody_watched"


def test_no_estimate_is_expected_where_none_was_published(service):
    enrol(service)
    row = row_of(calibrate(service, arms=ARMS), "very_low", "il2ld")
    assert row["observed"] > 0
    assert row["expected"] is None
    assert row["reason"] == "stratum_not_reported"


def test_who_is_meant_can_be_filtered(service):
    enrol(service)
    everybody = calibrate(service, arms=ARMS).json()
    older = calibrate(service, arms=ARMS, filter={"x_age": {"gte": 60}}).json()
    assert 100 < older["n_total"] < everybody["n_total"] == 400


def test_everybody_counts_against_the_whole_trial(service):
    enrol(service)
    whole = calibrate(service, arms=ARMS).json()["whole_trial"]
    assert [row["n"] for row in whole] == [220, 180, 400]
    # The whole trial's control survival is 61/110 at day 640.
    assert whole[0]["expected"] < -220 * np.log(61 / 110)


def test_a_small_group_is_not_told_nor_found_by_difference(service):
    patients = some_patients()
    few = np.flatnonzero(patients["treated"] & (patients["level"] < 750))
    kept = np.ones(patients["days"].size, bool)
    kept[few[4:]] = False
    enrol(service, {name: column[kept] for name, column in patients.items()})
    answer = calibrate(service, arms=ARMS)
    hidden = [row for row in answer.json()["rows"] if row["reason"] == "small_group"]
    cells = {(row["stratum"], row["arm"]) for row in hidden}
    assert ("very_low", "il2ld") in cells
    assert len(cells) >= 2  # another is hidden with it
    assert all(row[name] is None for row in hidden for name in NUMBERS)
    shown = sum(row["n"] for row in answer.json()["rows"][:6] if row["n"])
    assert answer.json()["n_used"] - shown >= 10
    # Neither arm's sum tells of the few in it.
    assert {row["arm"]: row["n"] for row in answer.json()["whole_trial"]}["il2ld"] is None
    assert "small_groups_suppressed" in {one["code"] for one in answer.json()["notices"]}
    drawn = {(point["stratum"], point["arm"]) for point in answer.json()["plot"]}
    assert not drawn & cells


def test_a_cohort_that_is_too_small_is_not_told_of(service):
    enrol(service, some_patients(n=6))
    answer = calibrate(service, arms=ARMS)
    read(CalibrationResponse, answer.content)
    told = answer.json()
    assert (told["n_total"], told["n_used"], told["excluded"], told["plot"]) == (None, None, [], [])
    assert all(row["n"] is None for row in told["rows"] + told["whole_trial"])


def test_an_empty_cohort_has_a_truthful_answer(service):
    answer = calibrate(service)
    read(CalibrationResponse, answer.content)
    assert "NaN" not in answer.text


def test_evidence_without_curves_expects_nothing(service):
    enrol(service)
    told = calibrate(service, arms=ARMS, evidence="mirocals-topline-2022").json()
    assert {row["stratum"] for row in told["rows"]} == {"lower", "high", None}
    assert all(row["expected"] is None for row in told["rows"][:4])
    assert told["plot"] == []


@pytest.mark.parametrize("kind", ["image/svg+xml", "image/png"])
def test_it_can_be_drawn(service, kind):
    enrol(service)
    answer = calibrate(service, arms=ARMS, headers={"accept": kind})
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"evidence": "nothing"}, "unknown_evidence"),
        ({"evidence": "encals-2018"}, "unknown_evidence"),
        ({"evidence": "fitted-00000000"}, "unknown_evidence"),
    ],
)
def test_evidence_that_is_not_there_is_refused(service, asked, code):
    answer = calibrate(service, **asked)
    assert list(codes(answer, "validation-error").values()) == [code]


@pytest.mark.parametrize("arms", [{"None": "placebo"}, {"none": 1}, ["none"], {"none": "IL 2"}])
def test_arms_are_slugs(service, arms):
    assert_problem(calibrate(service, arms=arms), "validation-error")


def test_it_needs_a_key(service):
    assert_problem(calibrate(service, by=None), "unauthorized")


def test_another_clinic_is_told_of_its_own_patients(service):
    enrol(service)
    assert calibrate(service, by=SOUTH, arms=ARMS).json()["n_total"] is None
    assert calibrate(service, by=NORTH, arms=ARMS).json()["n_total"] == 400


def test_who_came_late_is_expected_to_die_less(service):
    rows = ["identifier,arm,entry_days,follow_up_days,vital_status,pnfh,pnfh_unit,pnfh_specimen"]
    rows += [f"E-{i},placebo,320,640,alive,1500,pg/mL,csf" for i in range(20)]
    service.ask("POST", "/v1/imports", content="\n".join(rows), headers=CSV)
    row = row_of(calibrate(service), "low", "placebo")
    assert row["expected"] == pytest.approx(-20 * np.log(0.54) * (1 - 0.5**1.5), rel=1e-9)
