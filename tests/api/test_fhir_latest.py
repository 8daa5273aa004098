"""Which level an estimate is made of, where several are sent: the card's choice, and no other."""

import pytest

from app.clinic.access import Role
from tests.api.fhir_resources import (
    SYSTEM,
    Fhir,
    a_collection,
    a_level,
    a_patient,
    issues,
    without,
)

DOOR = "/$pnfh-survival"
SECOND = "Bundle.entry[2].resource"
CSF = {"coding": [{"system": "http://snomed.info/sct", "code": "258450006"}]}


@pytest.fixture
def fhir(service):
    return Fhir(service, ("North", Role.VIEWER))


def assess(fhir, *levels):
    return fhir.post(DOOR, a_collection(a_patient(id="p1"), *levels))


def basis(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["basis"][0]["reference"]


OLD = a_level(id="old", effectiveDateTime="2020-01-01")
TEXT = without(a_level(effectiveDateTime="2025-01-01"), "valueQuantity")
UNREADABLE = {
    "a text": (TEXT | {"valueString": ">15000"}, ("not_a_quantity", "valueString")),
    "no status of R4": (a_level(status="Final"), ("not_final", "status")),
    "a timing": (a_level(effectiveTiming={"event": ["2025-03-04"]}), None),
    "a unit": (
        a_level(unit="nmol/L", effectiveDateTime="2025-01-01"),
        ("unit_not_supported", "valueQuantity.code"),
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_newer_result_that_cannot_be_read_is_not_passed_over(fhir, name):
    newer, fault = UNREADABLE[name]
    if name == "no status of R4":
        newer = newer | {"effectiveDateTime": "2025-01-01"}
    answer = assess(fhir, OLD, newer)
    assert answer.status_code == 422
    if fault is None:
        assert {place for _, place in issues(answer)} == {f"{SECOND}.effectiveTiming"}
    else:
        assert (fault[0], f"{SECOND}.{fault[1]}") in issues(answer)


def test_an_older_result_that_cannot_be_read_is_let_be(fhir):
    newest = a_level(id="new", effectiveDateTime="2025-01-01")
    serum = a_level(effectiveDateTime="2020-01-01", specimen={"display": "Serum"})
    molar = a_level(unit="nmol/L", effectiveDateTime="2020-01-02")
    assert basis(assess(fhir, serum, newest, molar)) == "Observation/new"


def test_a_period_that_only_ends_is_of_its_end(fhir):
    newest = a_level(id="new", effectivePeriod={"end": "2025-03-04"})
    assert basis(assess(fhir, newest, OLD)) == "Observation/new"


def test_two_levels_of_the_same_time_are_refused_and_twice_the_same_is_not(fhir):
    one, other = (a_level(level, effectiveDateTime="2025-01-01") for level in (1500, 5200))
    assert issues(assess(fhir, one, other)) == [("contradiction", f"{SECOND}.valueQuantity")]
    assert issues(assess(fhir, other, one)) == [("contradiction", f"{SECOND}.valueQuantity")]
    assert assess(fhir, one, one).status_code == 200


def test_a_specimen_of_somebody_else_proves_nothing(fhir):
    level = a_level(specimen={"reference": "Specimen/9"}, subject="Patient/p1")
    csf = {"resourceType": "Specimen", "id": "9", "type": CSF, "status": "available"}
    assert assess(fhir, level, csf).status_code == 200
    theirs = csf | {"subject": {"reference": "Patient/p2"}}
    assert ("another_patient", f"{SECOND}.subject.reference") in issues(assess(fhir, level, theirs))


def test_a_month_is_refused_for_want_of_the_day(fhir):
    answer = assess(fhir, a_level(effectiveDateTime="2025-03"))
    (told,) = answer.json()["issue"]
    assert told["expression"] == ["Bundle.entry[1].resource.effectiveDateTime"]
    assert "The day is needed" in told["diagnostics"]


def notes(answer):
    assert answer.status_code == 200, answer.text
    return [one["text"] for one in answer.json()["note"]]


def test_a_newer_result_that_is_not_final_yet_is_mentioned(fhir):
    draft = a_level(5200, status="preliminary", effectiveDateTime="2025-01-01")
    said = "A newer result is not final yet, and not used here."
    assert notes(assess(fhir, OLD, draft))[0] == said
    assert said not in notes(assess(fhir, OLD, draft | {"effectiveDateTime": "2019-01-01"}))


@pytest.mark.parametrize("died", [{"deceasedBoolean": True}, {"deceasedDateTime": "2024-05-01"}])
def test_of_who_has_died_that_is_said_beside_the_numbers(fhir, died):
    answer = fhir.post(DOOR, a_collection(a_patient(id="p1", **died), OLD))
    assert notes(answer)[0].startswith("The Patient is known to have died")
    alive = fhir.post(DOOR, a_collection(a_patient(id="p1", deceasedBoolean=False), OLD))
    assert not any("died" in note for note in notes(alive))


def test_the_audit_names_the_patient_of_whom_alone_something_is_told_or_kept(service):
    fhir = Fhir(service, ("North", Role.EDITOR))
    patient = service.keep(identifier="P-1")
    other = service.keep(identifier="P-2")
    service.measure(patient)
    service.measure(other)
    fhir.get(f"/Observation?patient={patient['id']}")
    fhir.get("/Patient?identifier=P-1")
    fhir.get("/Observation")
    added = a_level(900, subject=f"Patient/{patient['id']}", effectiveDateTime="2025-01-02")
    entry = {"resource": added, "request": {"method": "POST", "url": "Observation"}}
    fhir.made("", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}, 200)
    events = service.ask("GET", "/v1/audit?limit=5", by=("North", Role.ADMIN)).json()["items"]
    told = [(one["action"], one["patient_id"]) for one in events[:4]]
    assert told == [
        ("keep_fhir_transaction", patient["id"]),
        ("search_fhir_observations", None),
        ("search_fhir_patients", patient["id"]),
        ("search_fhir_observations", patient["id"]),
    ]


def test_a_condition_that_meets_somebody_else_is_refused(service):
    fhir = Fhir(service, ("North", Role.EDITOR))
    first = a_patient("P67231", gender="male", birthDate="1950-01-01")
    asked = f"identifier={SYSTEM}|P67231"
    assert fhir.post("/Patient", first, if_none_exist=asked).status_code == 201
    assert fhir.post("/Patient", first, if_none_exist=asked).status_code == 200
    same = a_patient("P67231", birthDate="1950")
    assert fhir.post("/Patient", same, if_none_exist=asked).status_code == 200
    woman = a_patient("P67231", gender="female", birthDate="1970")
    assert issues(fhir.post("/Patient", woman, if_none_exist=asked)) == [
        ("contradiction", "Patient.gender"), ("contradiction", "Patient.birthDate"),
    ]  # fmt: skip
    other = a_patient("P-9", gender="male")
    assert issues(fhir.post("/Patient", other, if_none_exist=asked)) == [
        ("contradiction", "Patient.identifier[0].value")
    ]
    assert len(fhir.found("/Patient")) == 1


def test_a_pseudonym_without_a_system_is_looked_for_in_vain(service, fhir):
    service.keep(identifier="P-1")
    assert len(fhir.found("/Patient?identifier=P-1")) == 1
    assert len(fhir.found(f"/Patient?identifier={SYSTEM}|P-1")) == 1
    assert fhir.found("/Patient?identifier=|P-1") == []


def test_what_is_not_kept_of_a_system_a_status_a_period_and_labels_is_told(service):
    fhir = Fhir(service, ("North", Role.EDITOR))
    prefer = {"prefer": "return=OperationOutcome"}
    label = {"security": [{"system": "urn:x", "code": "R"}]}
    stranger = a_patient("P-1", deceasedDateTime="2024-05", meta=label)
    stranger["identifier"][0]["system"] = "http://hospital-a.example/mrn"
    told = fhir.made("/Patient", stranger, **prefer)
    assert {one["expression"][0] for one in told["issue"]} == {
        "Patient.identifier[0].system", "Patient.deceasedDateTime", "Patient.meta.security",
    }  # fmt: skip
    (patient,) = fhir.found("/Patient?identifier=P-1")
    period = {"start": "2024-01-01", "end": "2024-01-03"}
    level = a_level(
        subject=f"Patient/{patient['id']}", status="corrected", effectivePeriod=period, meta=label
    )
    told = fhir.made("/Observation", level, **prefer)
    assert {one["expression"][0] for one in told["issue"]} == {
        "Observation.status", "Observation.effectivePeriod.end", "Observation.meta.security",
    }  # fmt: skip
