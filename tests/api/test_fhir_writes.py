"""Resources that become a clinic's records: one by one, or all of a transaction or none."""

import json
from decimal import Decimal

import pytest

from app.clinic.access import Role
from tests.api.fhir_resources import (
    URN,
    Fhir,
    a_bundle,
    a_fact,
    a_level,
    a_patient,
    a_post,
    issues,
    told_of,
)

OTHER_URN = "urn:uuid:1c1a5a2e-0b8c-4b57-9a5c-0d3c5b8b9a02"
ADMIN = ("North", Role.ADMIN)


@pytest.fixture
def fhir(service):
    return Fhir(service)


def places(answer):
    """The places of the issues that each entry's outcome tells, and the statuses."""
    told = [entry["response"] for entry in answer["entry"]]
    return [
        (one["status"][:3], [i["expression"][0] for i in one.get("outcome", {}).get("issue", [])])
        for one in told
    ]


def test_a_created_patient_is_the_clinics_like_any_other(service, fhir):
    facts = [a_fact("svc_percent", "valueDecimal", 84.5), a_fact("arm", "valueCode", "il2ld")]
    sent = a_patient(gender="female", birthDate="1963", extension=facts, deceasedBoolean=False)
    answer = fhir.post("/Patient", sent)
    kept = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"http://testserver/fhir/Patient/{kept['id']}"
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["last-modified"].endswith("GMT")
    native = service.ask("GET", f"/v1/patients/{kept['id']}").json()
    told = {name: value for name, value in native.items() if value not in (None, {})}
    assert told == {
        "id": kept["id"], "identifier": "SITE-0042", "sex": "female", "birth_year": 1963,
        "svc_percent": 84.5, "arm": "il2ld", "vital_status": "alive",
        "created_at": native["created_at"], "updated_at": native["updated_at"],
    }  # fmt: skip


def test_a_created_level_keeps_its_digits(service, fhir):
    patient = service.keep()
    sent = json.dumps(a_level(subject=f"Patient/{patient['id']}")).replace("1500", "1500.50")
    answer = fhir.post("/Observation", sent)
    level = json.loads(answer.content, parse_float=Decimal)
    assert answer.status_code == 201
    assert level["valueQuantity"]["value"].as_tuple() == Decimal("1500.50").as_tuple()
    path = f"/v1/patients/{patient['id']}/measurements/{level['id']}"
    assert b"1500.50" in service.ask("GET", path).content


PERSONAL = {
    "name": [{"family": "Somebody", "given": ["Else"]}],
    "telecom": [{"system": "phone", "value": "+33 6 12 34 56 78"}],
    "address": [{"city": "Montpellier"}],
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Else</div>'},
    "photo": [{"title": "face"}],
    "contact": [{"name": {"family": "Sister"}}],
    "birthDate": "1963-05-17",
}


def test_who_a_patient_is_never_enters_and_is_told(service, fhir, tamper):
    told = fhir.made("/Patient", a_patient(**PERSONAL), prefer="return=OperationOutcome")
    left = {one["expression"][0] for one in told["issue"]}
    assert left == {f"Patient.{name}" for name in PERSONAL}
    assert {one["severity"] for one in told["issue"]} == {"information"}
    everything = service.ask("GET", "/v1/patients").text + json.dumps(told)
    everything += fhir.get("/Patient").text
    for word in ("Somebody", "Else", "Montpellier", "Sister", "05-17", "12 34", "face"):
        assert word not in everything


def test_the_minimum_may_be_preferred(fhir):
    answer = fhir.post("/Patient", a_patient(), prefer="return=minimal")
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["location"].startswith("http://testserver/fhir/Patient/")


def test_a_transaction_keeps_patients_and_their_levels(fhir):
    entries = [
        a_post(a_level(900, subject=OTHER_URN)),  # before the patient it refers to
        a_post(a_patient("A-1", name=[{"family": "X"}]), URN),
        a_post(a_patient("A-2"), OTHER_URN),
        a_post(a_level(1500, subject=URN)),
    ]
    done = fhir.made("", a_bundle(*entries), 200)
    assert done["type"] == "transaction-response"
    assert places(done) == [
        ("201", []), ("201", ["Bundle.entry[1].resource.name"]), ("201", []), ("201", [])
    ]  # fmt: skip
    locations = [entry["response"]["location"] for entry in done["entry"]]
    levels = {one["valueQuantity"]["value"]: one for one in fhir.found("/Observation")}
    assert locations[1].endswith(levels[1500]["subject"]["reference"])
    assert locations[2].endswith(levels[900]["subject"]["reference"])


@pytest.mark.parametrize("form", ["Patient/{}", "http://testserver/fhir/Patient/{}"])
def test_a_level_may_refer_to_a_patient_who_is_there(service, fhir, form):
    patient = service.keep()
    level = a_level(subject=form.format(patient["id"]))
    fhir.made("", a_bundle(a_post(level)), 200)
    assert len(fhir.found(f"/Observation?patient={patient['id']}")) == 1


def test_a_relative_reference_is_to_the_entry_beside_it(fhir):
    there = "http://hospital.example/fhir"
    entries = [
        a_post(a_patient("REL-1", id="p1"), f"{there}/Patient/p1"),
        a_post(a_level(subject="Patient/p1"), f"{there}/Observation/o1"),
    ]
    fhir.made("", a_bundle(*entries), 200)
    (level,) = fhir.found("/Observation")
    (patient,) = fhir.found("/Patient")
    assert level["subject"] == {"reference": f"Patient/{patient['id']}"}
    elsewhere = a_post(a_level(subject="Patient/p1"), "http://other.example/fhir/Observation/o1")
    entries = [a_post(a_patient("REL-2", id="p1"), f"{there}/Patient/p1"), elsewhere]
    assert issues(fhir.post("", a_bundle(*entries))) == [
        ("unknown_reference", "Bundle.entry[1].resource.subject.reference")
    ]


def test_a_level_may_refer_to_a_patient_by_a_search(service, fhir):
    patient = service.keep()
    fhir.made("", a_bundle(a_post(a_level(subject="Patient?identifier=SITE-0042"))), 200)
    assert len(fhir.found(f"/Observation?patient={patient['id']}")) == 1


def test_what_is_there_already_is_not_created_again(service, fhir):
    patient = service.keep()
    condition = "identifier=urn:neurostrata:patient|SITE-0042"
    answer = fhir.post("/Patient", a_patient(), if_none_exist=condition)
    assert (answer.status_code, answer.json()["id"]) == (200, patient["id"])
    entries = [a_post(a_patient(), URN, condition), a_post(a_level(subject=URN))]
    done = fhir.made("", a_bundle(*entries), 200)
    assert [status for status, _ in places(done)] == ["200", "201"]
    (level,) = fhir.found("/Observation")
    assert level["subject"]["reference"] == f"Patient/{patient['id']}"
    new = fhir.post("/Patient", a_patient("NEW-1"), if_none_exist="identifier=NEW-1")
    assert new.status_code == 201


def test_a_level_that_is_there_already_is_not_recorded_again(service, fhir):
    whose = f"Patient/{service.keep()['id']}"
    level = a_level(subject=whose, effectiveDateTime="2024-01-15")
    condition = f"patient={whose}&date=2024-01-15"
    statuses = [
        fhir.post("/Observation", level, if_none_exist=condition).status_code for _ in range(2)
    ]
    assert statuses == [201, 200]
    assert len(fhir.found("/Observation")) == 1


@pytest.mark.parametrize("element", ["effectiveDateTime", "effectiveInstant"])
def test_the_instant_of_a_level_may_have_any_number_of_digits(service, fhir, element):
    whose = f"Patient/{service.keep()['id']}"
    level = a_level(subject=whose, **{element: "2024-01-15T11:30:00.1234567+02:00"})
    kept = fhir.made("/Observation", level)
    assert kept["effectiveDateTime"] == "2024-01-15T09:30:00.123456Z"
    assert fhir.get(f"/Observation/{kept['id']}").json() == kept
    found = fhir.found("/Observation?date=2024-01-15")
    assert [one["id"] for one in found] == [kept["id"]]


def test_a_condition_that_meets_several_creates_nothing(service, fhir):
    for number in range(2):
        service.keep(identifier=f"P-{number}")
    answer = fhir.post("/Patient", a_patient(), if_none_exist="_lastUpdated=ge2020")
    assert (answer.status_code, issues(answer)) == (412, [("precondition-failed",)])
    assert len(fhir.found("/Patient")) == 2


@pytest.mark.parametrize(
    "condition", ["", "name=x", "_count=0", "_count=1", "_sort=identifier", "_summary=count"]
)
def test_a_condition_that_cannot_be_read_creates_nothing(fhir, condition):
    answer = fhir.post("/Patient", a_patient(), if_none_exist=condition)
    assert (answer.status_code, issues(answer)[0][0]) == (422, "unreadable_condition")
    assert fhir.found("/Patient") == []


def test_every_fault_of_every_entry_is_told_and_nothing_is_kept(service, fhir):
    service.keep(identifier="TAKEN-1")
    entries = [
        a_post(a_patient("GOOD-1"), URN),
        a_post(a_patient("jane.doe@hospital.example", birthDate="1961-02-30"), OTHER_URN),
        a_post(a_level(unit="nmol/L", subject=URN)),
        a_post(a_level(subject="Patient/nobody")),
        a_post({"resourceType": "Medication"}),
        a_post({"resourceType": "Nonsense"}),
        a_post(a_patient("TAKEN-1")),
        a_post(a_level(subject=OTHER_URN)),  # the fault is the patient's, not this reference's
        {"resource": a_patient("P-8"), "request": {"method": "PUT", "url": "Patient/1"}},
    ]
    answer = fhir.post("", a_bundle(*entries))
    assert answer.status_code == 422
    at = "Bundle.entry[{}].{}".format
    assert sorted(issues(answer)) == sorted(
        [
            ("identifier_is_email", at(1, "resource.identifier[0].value")),
            ("not_a_date", at(1, "resource.birthDate")),
            ("unit_not_supported", at(2, "resource.valueQuantity.code")),
            ("unknown_reference", at(3, "resource.subject.reference")),
            ("unknown_resource", at(4, "resource.resourceType")),
            ("unknown_resource", at(5, "resource.resourceType")),
            ("identifier_taken", at(6, "resource.identifier[0].value")),
            ("not_supported", at(8, "request.method")),
            ("wrong_address", at(8, "request.url")),
        ]
    )
    assert [one["identifier"][0]["value"] for one in fhir.found("/Patient")] == ["TAKEN-1"]
    assert fhir.found("/Observation") == []


@pytest.mark.parametrize("position", [0, 1, 2])
def test_another_clinics_patient_is_like_one_who_never_was_wherever_it_stands(
    service, fhir, position
):
    theirs = service.keep(by=("South", Role.EDITOR), identifier="S-1")
    nobody = "00000000-0000-4000-8000-000000000000"
    heard = []
    for patient in (theirs["id"], nobody):
        entries = [a_post(a_level(subject=URN)), a_post(a_patient(), URN)]
        entries.insert(position, a_post(a_level(subject=f"Patient/{patient}")))
        answer = fhir.post("", a_bundle(*entries))
        heard.append((answer.status_code, answer.content))
        place = f"Bundle.entry[{position}].resource.subject.reference"
        assert issues(answer) == [("unknown_reference", place)]
    assert heard[0] == heard[1]
    assert fhir.found("/Patient") == fhir.found("/Observation") == []
    assert Fhir(service, ("South", Role.VIEWER)).found("/Observation") == []


def test_another_clinics_identifier_is_not_taken(service, fhir):
    service.keep(by=("South", Role.EDITOR))
    assert fhir.post("/Patient", a_patient()).status_code == 201


def test_an_identifier_that_is_taken_is_a_conflict(service, fhir):
    service.keep()
    answer = fhir.post("", a_bundle(a_post(a_patient("NEW-1")), a_post(a_patient())))
    assert answer.status_code == 409
    assert issues(answer) == [("identifier_taken", "Bundle.entry[1].resource.identifier[0].value")]
    assert len(fhir.found("/Patient")) == 1


OURS = {"system": "urn:neurostrata:patient"}
IDENTIFIERS = {
    "the only one": ([{"value": "A-1"}], None),
    "the one of the system": ([{"system": "urn:mrn", "value": "1"}, OURS | {"value": "A-1"}], None),
    "none": ([], ("missing", "Patient.identifier")),
    "two of no system": (
        [{"value": "A-1"}, {"value": "A-2"}], ("which_identifier", "Patient.identifier")
    ),
    "one without a value": ([OURS], ("missing", "Patient.identifier[0].value")),
    "a name": ([{"value": "Jane Doe"}], ("identifier_is_name", "Patient.identifier[0].value")),
}  # fmt: skip


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_the_pseudonym_is_the_identifier_of_its_system_or_the_only_one(fhir, name):
    listed, fault = IDENTIFIERS[name]
    sent = {"resourceType": "Patient"} | ({"identifier": listed} if listed else {})
    answer = fhir.post("/Patient", sent)
    if fault:
        assert (answer.status_code, issues(answer)) == (422, [fault])
    else:
        assert answer.json()["identifier"][0]["value"] == "A-1"


def test_a_day_of_death_ends_the_follow_up(fhir):
    kept = fhir.made("/Patient", a_patient(deceasedDateTime="2025-06-30T10:00:00Z"))
    assert kept["deceasedBoolean"] is True
    assert told_of(kept, "patient:follow_up_date")[0]["valueDate"] == "2025-06-30"


def test_facts_that_contradict_each_other_are_refused_at_their_elements(fhir):
    facts = [
        a_fact("vital_status", "valueCode", "unknown"),
        a_fact("onset_date", "valueDate", "2024-01-01"),
        a_fact("baseline_date", "valueDate", "2023-01-01"),
        a_fact("svc_percent", "valueString", "84"),
    ]
    answer = fhir.post("/Patient", a_patient(extension=facts, deceasedBoolean=True))
    assert issues(answer) == [
        ("wrong_type", "Patient.extension[3]"),
        ("contradiction", "Patient.deceasedBoolean"),
        ("date_order", "Patient.extension[2].valueDate"),
    ]


def test_an_idempotency_key_keeps_a_transaction_once(fhir):
    sent = a_bundle(a_post(a_patient(), URN), a_post(a_level(subject=URN)))
    one, other = (fhir.post("", sent, idempotency_key="k-1") for _ in range(2))
    assert (one.status_code, one.content) == (other.status_code, other.content)
    assert other.headers["idempotent-replayed"] == "true"
    assert len(fhir.found("/Observation")) == 1


def test_a_viewer_writes_nothing(service):
    viewer = Fhir(service, ("North", Role.VIEWER))
    for path in ("", "/Patient", "/Observation"):
        answer = viewer.post(path, {})
        assert (answer.status_code, issues(answer)) == (403, [("forbidden",)])


def test_each_write_is_in_the_account(service, fhir):
    patient = fhir.made("/Patient", a_patient())
    level = fhir.made("/Observation", a_level(subject=f"Patient/{patient['id']}"))
    done = fhir.made("", a_bundle(a_post(a_patient("A-2"))), 200)
    new_id = done["entry"][0]["response"]["location"].rpartition("/")[2]
    events = service.ask("GET", "/v1/audit?limit=3", by=ADMIN).json()["items"]
    told = [(one["action"], one["patient_id"], one["record_id"], one["count"]) for one in events]
    assert told == [
        ("keep_fhir_transaction", new_id, None, 1),
        ("create_fhir_observation", patient["id"], level["id"], None),
        ("create_fhir_patient", patient["id"], None, None),
    ]
