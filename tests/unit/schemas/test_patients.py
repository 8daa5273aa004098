"""What a clinic may state about a patient, and which facts contradict each other."""

from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from pydantic import ValidationError

from app.clinic.measurement import Measurement, MeasurementFacts
from app.clinic.patient import Patient, PatientFacts
from app.schemas.measurements import MeasurementRequest, MeasurementResponse
from app.schemas.patients import PatientRequest, PatientResponse

FULL = {
    "identifier": "SITE-0042",
    "sex": "female",
    "birth_year": 1961,
    "age_at_baseline": Decimal("62.5"),
    "onset_date": "2023-03-01",
    "onset_site": "limb",
    "diagnosis_date": "2023-11-20",
    "el_escorial": "probable_lab",
    "riluzole_start": "2023-12-01",
    "alsfrs_r": 38,
    "svc_percent": Decimal("91.5"),
    "c9orf72": False,
    "ftd": False,
    "arm": "il2ld",
    "baseline_date": "2024-01-15",
    "entry_days": Decimal(0),
    "follow_up_date": "2025-06-30",
    "follow_up_days": Decimal(532),
    "vital_status": "dead",
    "event_type": "death",
    "covariates": {"ph.ecog": Decimal(1), "note": "mild"},
}


def faults(**changes):
    try:
        PatientRequest.model_validate(FULL | changes)
    except ValidationError as error:
        return {(fault["loc"][0], fault["type"]) for fault in error.errors()}
    return set()


def names(of):
    return {field.name for field in fields(of)}


def test_the_wire_and_the_house_have_the_same_words():
    assert PatientRequest.model_fields.keys() == names(PatientFacts)
    assert MeasurementRequest.model_fields.keys() == names(MeasurementFacts)
    told_by_history = {"version", "changed_by", "change", "deleted_at"}
    kept = (names(Patient) | names(PatientFacts)) - {"facts"} - told_by_history
    assert PatientResponse.model_fields.keys() == kept
    kept = (names(Measurement) | names(MeasurementFacts)) - {"facts", "deleted_at"}
    assert MeasurementResponse.model_fields.keys() == kept


def test_a_patient_with_every_fact_is_accepted():
    assert FULL.keys() == names(PatientFacts)
    assert faults() == set()


def test_the_identifier_alone_is_enough():
    patient = PatientRequest.model_validate({"identifier": "P-1"})
    assert patient.model_dump(exclude_none=True) == {"identifier": "P-1", "covariates": {}}


@pytest.mark.parametrize("name", [n for n in FULL if n not in {"identifier", "covariates"}])
def test_every_other_fact_may_be_null(name):
    assert faults(**{"follow_up_days": None, name: None}) == set()


@pytest.mark.parametrize("name", ["id", "version", "clinic_id", "created_at", "updated_at"])
def test_what_the_service_decides_cannot_be_stated(name):
    assert faults(**{name: "x"}) == {(name, "extra_forbidden")}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sex", ["F", "Female", 1]),
        ("birth_year", [1899, 2101, Decimal("1961.5"), "1961", True]),
        ("age_at_baseline", [Decimal(-1), Decimal("120.1"), "62"]),
        ("onset_site", ["spinal", ""]),
        ("el_escorial", ["Definite", "laboratory"]),
        ("alsfrs_r", [-1, 49, Decimal("38.5"), "38", True]),
        ("svc_percent", [Decimal("-0.1"), Decimal(201), "91"]),
        ("c9orf72", ["false", 0, Decimal(1)]),
        ("ftd", ["no", 1]),
        ("arm", ["IL2", "", "a b", "x" * 64, "é"]),
        ("entry_days", [Decimal(-1), "0"]),
        ("follow_up_days", [Decimal(-1), "532", False]),
        ("vital_status", ["deceased", "Dead"]),
        ("event_type", ["dead", "none"]),
        ("covariates", [None, [], {"9": Decimal(1)}, {"a b": Decimal(1)}, {"a": True}]),
        ("covariates", [{"a": None}, {"a": {}}, {"a": "x" * 201}, {"a": ""}, {"a": "\x00"}]),
        ("covariates", [{f"c{n}": Decimal(n) for n in range(101)}]),
    ],
)
def test_a_value_outside_its_range_is_refused_where_it_stands(name, values):
    for value in values:
        assert {where for where, _ in faults(**{name: value})} == {name}, value


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"diagnosis_date": "2023-02-28"}, "diagnosis_date", "date_order"),
        ({"riluzole_start": "2023-02-28"}, "riluzole_start", "date_order"),
        ({"onset_date": "2024-01-16", "diagnosis_date": None, "riluzole_start": None},
         "baseline_date", "date_order"),
        ({"follow_up_date": "2024-01-14", "follow_up_days": None}, "follow_up_date", "date_order"),
        ({"birth_year": 2024, "age_at_baseline": None}, "onset_date", "date_order"),
        ({"birth_year": 2100, "age_at_baseline": None}, "birth_year", "date_in_the_future"),
        ({"age_at_baseline": Decimal(70)}, "baseline_date", "age_mismatch"),
        ({"entry_days": Decimal(532)}, "follow_up_days", "follow_up_before_entry"),
        ({"follow_up_days": Decimal(400)}, "follow_up_days", "follow_up_mismatch"),
        ({"baseline_date": None}, "follow_up_days", "follow_up_mismatch"),
        ({"entry_days": Decimal(532), "follow_up_days": None},  # 2024-01-15 + 532 days = 2025-06-30
         "follow_up_date", "follow_up_before_entry"),
        ({"entry_days": Decimal("532.5"), "follow_up_days": None},
         "follow_up_date", "follow_up_before_entry"),
        ({"follow_up_date": None, "follow_up_days": Decimal(50_000)},
         "follow_up_days", "date_in_the_future"),
        ({"entry_days": Decimal(50_000)}, "entry_days", "date_in_the_future"),
        ({"vital_status": "alive"}, "event_type", "event_mismatch"),
        ({"vital_status": "unknown"}, "event_type", "event_mismatch"),
    ],
)  # fmt: skip
def test_facts_that_contradict_each_other_are_refused(changes, where, code):
    assert (where, code) in faults(**changes)


def test_a_follow_up_of_no_days_is_accepted():
    assert faults(follow_up_date="2024-01-15", follow_up_days=Decimal(0)) == set()


def test_a_follow_up_that_ends_after_the_entry_is_accepted():
    dated = {"follow_up_date": "2025-06-30", "follow_up_days": None}
    for entry in ("0", "531", "531.9"):  # 2024-01-15 + 532 days = 2025-06-30
        assert faults(**dated, entry_days=Decimal(entry)) == set()
    assert faults(**dated, baseline_date=None, entry_days=Decimal(600)) == set()


@pytest.mark.parametrize("name", ["entry_days", "follow_up_days"])
def test_days_from_the_baseline_may_lead_to_tomorrow_and_no_further(name):
    nobody = dict.fromkeys(("entry_days", "follow_up_date", "follow_up_days"))
    with time_machine.travel(datetime(2024, 2, 1, 12, tzinfo=UTC)):
        # 2024-01-15 + 18 days = 2024-02-02, which is tomorrow.
        for days in ("18", "18.9"):
            assert faults(**nobody | {name: Decimal(days)}) == set()
        assert faults(**nobody | {name: Decimal(19)}) == {(name, "date_in_the_future")}
        assert faults(**nobody | {name: Decimal(19), "baseline_date": None}) == set()


def test_all_faults_are_told_at_once_across_fields_and_rules():
    found = faults(
        identifier="jane@example.org",
        sex="F",
        alsfrs_r=60,
        diagnosis_date="2020-01-01",
        vital_status="alive",
        surname="Doe",
    )
    assert {where for where, _ in found} == {
        "identifier", "sex", "alsfrs_r", "diagnosis_date", "event_type", "surname",
    }  # fmt: skip
