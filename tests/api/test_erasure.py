"""All that is held on a patient can be had, and all of it can be erased for good."""

import json
from datetime import UTC, date, datetime

import pytest

from app.db.audit import audit_event
from app.db.erasures import erasure
from app.db.tables import TABLES
from tests.api.clinics import LEVEL, SOMEBODY
from tests.api.refusals import assert_problem
from tests.services.traces import files_with, rows, tables_with, vacuum
from tests.unit.schemas.test_patients import FULL

ADMIN = ("North", "admin")
ANY = {"if-match": "*"}
WORDS = [f"canary{number:02d}{'qzxjkvw'[number % 7] * 3}" for number in range(24)]
DIGITS = [f"91.{number}731552{number}7" for number in range(10, 16)]
CANARIES = WORDS + DIGITS

OF_THE_REQUEST = {"role", "request_id", "status", "record_id", "count", "digest"}
NOT_SHOWN = {
    # A copy, for a day, of an answer whose content is shown; the rest names the request.
    "first_answer": {"principal", "route", "key", "fingerprint", "status", "headers", "body"}
    | {"created_at", "patient_id"},
    "audit_event": OF_THE_REQUEST,
    # Derived from collected_at, or equal to it.
    "measurement": {"collected_date"},
}
"""Columns of tables that name a patient, which the export need not repeat, beside clinic_id."""


@pytest.fixture
def superuser(settings, request):
    """Give the address that can read everything, where one is needed."""
    return None if settings.database_url is None else request.getfixturevalue("postgres_url")


def plant(service):
    """Keep a patient with a canary in every place that can hold one; give the patient."""
    word, number = iter(WORDS), iter(DIGITS)
    facts = {
        "identifier": next(word), "arm": next(word), "svc_percent": float(next(number)),
        "age_at_baseline": 61, "covariates": {next(word): next(word), "n": float(next(number))},
    }  # fmt: skip
    key = {"idempotency-key": "first"}
    body = json.dumps(facts)
    headers = key | {"content-type": "application/json"}
    kept = service.ask("POST", "/v1/patients", content=body, headers=headers).json()
    place = f"/v1/patients/{kept['id']}"
    for _ in range(4):
        patch = {"arm": next(word), "covariates": {next(word): next(word)}}
        assert service.ask("PATCH", place, json=patch, headers=ANY).status_code == 200
    whole = {"identifier": next(word), "arm": next(word), "entry_days": float(next(number))}
    assert service.ask("PUT", place, json=whole, headers=ANY).status_code == 200
    for position in range(3):
        level = LEVEL | {"value": float(next(number)), "assay": next(word)}
        path = f"{place}/measurements"
        again = {"idempotency-key": f"level-{position}"}
        made = service.ask("POST", path, json=level, headers=again)
        assert made.status_code == 201
        estimate = service.ask("POST", f"{place}/estimates", json={}, headers=again)
        assert estimate.status_code == 201
    assert service.ask("DELETE", made.headers["location"], headers=ANY).status_code == 204
    # What is refused must not be kept at all.
    wrong = {"covariates": {next(word): [next(word)]}, next(word): 1}
    assert service.ask("PATCH", place, json=wrong, headers=ANY).status_code == 422
    assert not [*word, *number]
    return kept


def erase(service, kept, by=ADMIN):
    return service.ask("POST", f"/v1/patients/{kept['id']}/erase", by=by)


def written(value):
    """Write a stored value as JSON has it."""
    if isinstance(value, datetime):
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value)


def is_shown(value, export):
    if isinstance(value, bytes):
        return value.decode() in export
    if isinstance(value, dict):
        return all(is_shown(part, export) for item in value.items() for part in item)
    if isinstance(value, str) and value.startswith("{"):  # the question of an estimate
        return json.loads(value) in [one["question"] for one in json.loads(export)["estimates"]]
    return written(value) in export


def test_the_export_shows_everything_that_is_stored(service, settings, superuser):
    whole = json.loads(json.dumps(FULL, default=float))
    kept = service.keep(**whole)
    place = f"/v1/patients/{kept['id']}"
    service.ask("PATCH", place, json={"alsfrs_r": 12}, headers=ANY)
    service.measure(kept, assay="ELISA lot 7", comparator="<", collected_at="2024-02-03")
    gone = service.measure(kept, collected_at="2024-02-04T01:02:03.456789Z")
    service.ask("POST", f"{place}/estimates", json={"detail": "group"})
    service.ask("DELETE", f"{place}/measurements/{gone['id']}", headers=ANY)
    service.ask("DELETE", place, headers=ANY)
    export = service.ask("GET", f"{place}/export").text
    hidden, seen = set(), set()
    for table in TABLES:
        whom = table.c.get("patient_id", table.c.id if "patient" in table.name else None)
        if whom is None or table is erasure:
            continue
        for row in rows(settings, table, superuser):
            if row[whom.name] != kept["id"]:
                continue
            if table is audit_event and row["action"] == "export_patient":
                continue  # the export itself is accounted for after it was made
            seen.add(table.name)
            shown = row.keys() - NOT_SHOWN.get(table.name, set()) - {"clinic_id"}
            hidden |= {(table.name, name) for name in shown if not is_shown(row[name], export)}
    assert hidden == set()
    assert seen >= {"patient", "patient_version", "measurement", "estimate", "audit_event"}


def test_nothing_of_a_patient_is_left_after_erasure(service, settings, superuser):
    other = service.keep(identifier="SITE-0099", covariates={"crp": 3.2})
    level = service.measure(other)
    kept = plant(service)
    others_before = service.ask("GET", f"/v1/patients/{other['id']}/history").content
    # The control: what is looked for is found while it is there.
    where = tables_with(settings, CANARIES, superuser)
    refused = set(WORDS[-3:])
    assert {canary for canary, tables in where.items() if not tables} == refused
    assert set().union(*where.values()) == {
        "patient", "patient_version", "measurement", "estimate", "first_answer",
    }  # fmt: skip
    in_files = files_with(settings, CANARIES, superuser)
    assert {canary for canary, files in in_files.items() if not files} == refused

    done = erase(service, kept)
    assert done.status_code == 200
    assert done.json().keys() == {"patient_id", "erased_at", "erased_by"}
    nowhere = {canary: set() for canary in CANARIES}
    assert tables_with(settings, CANARIES, superuser) == nowhere
    if settings.database_url is not None:
        # VACUUM alone leaves bytes in the gaps of pages that other patients' rows still fill.
        vacuum(settings, superuser, "FULL")
    assert files_with(settings, CANARIES, superuser) == nowhere
    assert service.ask("GET", f"/v1/patients/{other['id']}").json() == other
    assert service.ask("GET", f"/v1/patients/{other['id']}/history").content == others_before
    listed = service.ask("GET", f"/v1/patients/{other['id']}/measurements").json()["items"]
    assert listed == [level]


def test_a_tombstone_and_the_account_stay(service, settings, superuser):
    kept = service.keep()
    service.ask("GET", f"/v1/patients/{kept['id']}")
    told = erase(service, kept).json()
    assert told["patient_id"] == kept["id"]
    (stone,) = rows(settings, erasure, superuser)
    assert (stone["patient_id"], stone["erased_by"]) == (kept["id"], told["erased_by"])
    about = [r for r in rows(settings, audit_event, superuser) if r["patient_id"] == kept["id"]]
    actions = [row["action"] for row in sorted(about, key=lambda row: row["sequence"])]
    assert actions == ["create_patient", "get_patient", "erase"]
    verified = service.ask("GET", "/v1/audit/verify", by=ADMIN)
    assert verified.status_code == 200


def test_who_was_erased_is_nowhere_to_be_found(service):
    kept = service.keep()
    assert erase(service, kept).status_code == 200
    place = f"/v1/patients/{kept['id']}"
    for method, path in [
        ("POST", f"{place}/erase"), ("GET", place), ("GET", f"{place}/history"),
        ("GET", f"{place}/export"), ("GET", f"{place}/measurements"), ("DELETE", place),
    ]:  # fmt: skip
        assert_problem(service.ask(method, path, by=ADMIN, headers=ANY), "not-found")
    assert service.keep()["identifier"] == SOMEBODY["identifier"]


@pytest.mark.parametrize("by", [("North", "viewer"), ("North", "editor")])
def test_only_an_administrator_erases(service, by):
    kept = service.keep()
    assert_problem(erase(service, kept, by), "forbidden")
    assert service.ask("GET", f"/v1/patients/{kept['id']}").json() == kept


def test_another_clinics_patient_is_not_erased(service):
    theirs = service.keep(by=("South", "editor"))
    assert_problem(erase(service, theirs), "not-found")
    place = f"/v1/patients/{theirs['id']}"
    assert service.ask("GET", place, by=("South", "viewer")).json() == theirs


def test_a_deleted_patient_can_be_erased(service, settings, superuser):
    kept = service.keep(arm=WORDS[0])
    service.ask("DELETE", f"/v1/patients/{kept['id']}", headers=ANY)
    before = tables_with(settings, WORDS[:1], superuser)
    assert before == {WORDS[0]: {"patient", "patient_version"}}
    assert erase(service, kept).status_code == 200
    assert tables_with(settings, WORDS[:1], superuser) == {WORDS[0]: set()}
