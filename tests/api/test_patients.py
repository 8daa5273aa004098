"""Patients and their measurements over HTTP, on both databases."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from app.db.engine import SQLITE_BEGIN
from tests.api.clinics import LEVEL, SOMEBODY, Service, make_keys, open_service
from tests.unit.schemas.test_patients import FULL

NOWHERE = "/v1/patients/00000000-0000-4000-8000-000000000000"


def on_the_wire(document):
    return json.loads(json.dumps(document, default=float))


def codes(answer):
    return {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}


def test_a_created_patient_is_answered_with_its_place_and_tag(service):
    answer = service.ask("POST", "/v1/patients", json=SOMEBODY)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/patients/{answer.json()['id']}"
    assert answer.headers["etag"] == '"1"'
    read = service.ask("GET", answer.headers["location"])
    assert (read.status_code, read.json()) == (200, answer.json())
    assert read.headers["etag"] == answer.headers["etag"]


def test_every_fact_comes_back_as_it_was_stated(service):
    kept = service.keep(**on_the_wire(FULL))
    assert {name: kept[name] for name in FULL} == on_the_wire(FULL)


def test_facts_that_were_not_stated_are_null(service):
    kept = service.keep()
    stated = {"id", "identifier", "covariates", "created_at", "updated_at"}
    assert {name for name, fact in kept.items() if fact is not None} == stated
    assert kept["covariates"] == {}
    assert kept["created_at"].endswith("Z")


def test_numbers_keep_their_digits_through_the_database(service):
    sent = '{"identifier": "P-1", "svc_percent": 91.50, "covariates": {"crp": 3.7000001000}}'
    headers = {"content-type": "application/json"}
    answer = service.ask("POST", "/v1/patients", content=sent, headers=headers)
    read = service.ask("GET", answer.headers["location"])
    for body in (answer.text, read.text):
        assert '"svc_percent":91.50,' in body
        assert '"covariates":{"crp":3.7000001000}' in body


def test_patients_are_never_left_in_a_cache(service):
    place = f"/v1/patients/{service.keep()['id']}"
    for path in ("/v1/patients", place, f"{place}/measurements"):
        assert service.ask("GET", path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"0", "1"', "*"])
def test_who_has_the_patient_already_gets_304(service, tag):
    place = f"/v1/patients/{service.keep()['id']}"
    answer = service.ask("GET", place, headers={"if-none-match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize("tag", ['"2"', "1", '"11"', ""])
def test_who_has_another_version_gets_the_patient(service, tag):
    place = f"/v1/patients/{service.keep()['id']}"
    assert service.ask("GET", place, headers={"if-none-match": tag}).status_code == 200


def test_a_second_patient_with_the_same_identifier_is_a_conflict(service):
    service.keep()
    answer = service.ask("POST", "/v1/patients", json=SOMEBODY)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert codes(answer) == {("/identifier", "identifier_taken")}


def test_the_same_identifier_sent_at_once_is_kept_once(service):
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(service.ask, "POST", "/v1/patients", json=SOMEBODY) for _ in range(16)]
    assert sorted(one.result().status_code for one in sent) == [201] + [409] * 15


def test_two_clinics_may_use_the_same_identifier(service):
    assert service.keep()["id"] != service.keep(by=("South", "editor"))["id"]


def test_all_faults_of_a_patient_are_told_at_once(service):
    nonsense = {"identifier": "jane@example.org", "alsfrs_r": 49, "versoin": 2, "id": "x"}
    answer = service.ask("POST", "/v1/patients", json=nonsense | {"onset_date": 20240101})
    assert answer.status_code == 422
    assert codes(answer) == {
        ("/identifier", "identifier_is_email"),
        ("/alsfrs_r", "less_than_equal"),
        ("/onset_date", "not_a_date"),
        ("/versoin", "unknown_field"),
        ("/id", "unknown_field"),
    }
    assert "jane" not in answer.text


def test_a_refused_patient_is_not_kept(service):
    service.ask("POST", "/v1/patients", json=SOMEBODY | {"alsfrs_r": 49})
    service.ask("POST", "/v1/patients?limit=1", json=SOMEBODY)
    assert service.ask("GET", "/v1/patients").json()["items"] == []


def test_pages_follow_the_links_to_the_end(service):
    kept = [service.keep(identifier=f"P-{number}")["id"] for number in range(7)]
    seen, path = [], "/v1/patients?limit=3"
    while path:
        answer = service.ask("GET", path)
        page = answer.json()
        seen += [item["id"] for item in page["items"]]
        link = answer.links.get("next", {}).get("url")
        assert (link is None) == (page["next_cursor"] is None)
        path = link
    assert seen == kept


def test_a_list_that_fits_has_no_next_page(service):
    service.keep()
    answer = service.ask("GET", "/v1/patients?limit=1")
    assert answer.json()["next_cursor"] is None
    assert "link" not in answer.headers


def test_the_tag_of_a_list_changes_with_the_list(service):
    empty = service.ask("GET", "/v1/patients").headers["etag"]
    same = service.ask("GET", "/v1/patients", headers={"if-none-match": empty})
    assert same.status_code == 304
    service.keep()
    other = service.ask("GET", "/v1/patients", headers={"if-none-match": empty})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=201", "limit=1e9", "limit=x", "cursor=x", "curser=x", "cursor="],
)
def test_a_page_that_cannot_be_is_refused(service, query):
    answer = service.ask("GET", f"/v1/patients?{query}")
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/{query.split('=')[0]}"]


def test_a_cursor_serves_its_own_clinic_and_list_alone(service):
    patient = service.keep()
    service.keep(identifier="P-2")
    service.keep(by=("South", "editor"))
    cursor = service.ask("GET", "/v1/patients?limit=1").json()["next_cursor"]
    for path, by in (
        ("/v1/patients", ("South", "editor")),
        (f"/v1/patients/{patient['id']}/measurements", ("North", "editor")),
    ):
        answer = service.ask("GET", path, by=by, params={"cursor": cursor})
        assert answer.status_code == 422
        assert codes(answer) == {("/cursor", "invalid_cursor")}


@pytest.mark.parametrize("zone", ["Z", "+00:00"])
def test_an_instant_finer_than_a_microsecond_is_cut_off(service, zone):
    patient = service.keep()
    made = service.measure(patient, collected_at=f"2024-01-15T09:30:00.123456999{zone}")
    assert made["collected_at"] == "2024-01-15T09:30:00.123456Z"
    place = f"/v1/patients/{patient['id']}/measurements"
    assert service.ask("GET", f"{place}/{made['id']}").json() == made
    (level,) = service.ask("GET", "/fhir/Observation").json()["entry"]
    assert level["resource"]["effectiveDateTime"] == "2024-01-15T09:30:00.123456Z"


def test_a_measurement_keeps_its_digits_and_its_unit(service):
    place = f"/v1/patients/{service.keep()['id']}/measurements"
    sent = json.dumps(LEVEL | {"unit": "ng/mL", "collected_at": "2024-01-15T09:30:00+05:30"})
    sent = sent.replace("1500", "3.7000001")
    headers = {"content-type": "application/json"}
    answer = service.ask("POST", place, content=sent, headers=headers)
    assert answer.status_code == 201
    assert '"value":3.7000001,"unit":"ng/mL"' in answer.text
    assert answer.json()["collected_at"] == "2024-01-15T04:00:00Z"
    read = service.ask("GET", answer.headers["location"])
    assert (read.status_code, read.content) == (200, answer.content)
    assert read.headers["etag"] == answer.headers["etag"]
    assert service.ask("GET", place).json()["items"] == [answer.json()]


@pytest.mark.parametrize(
    ("change", "where", "slug"),
    [
        ({"unit": "pmol/L"}, "/unit", "unit-not-supported"),
        ({"unit": "PG/ML"}, "/unit", "unit-not-supported"),
        ({"specimen": "serum"}, "/specimen", "specimen-not-applicable"),
        ({"biomarker": "nfl"}, "/biomarker", "biomarker-not-supported"),
        ({"value": 0}, "/value", "biomarker-out-of-range"),
        ({"value": 1_000_001}, "/value", "biomarker-out-of-range"),
        ({"comparator": "~"}, "/comparator", "validation-error"),
        ({"value": "1500"}, "/value", "validation-error"),
        ({"value": None}, "/value", "validation-error"),
        ({"collected_at": "15.01.2024"}, "/collected_at", "validation-error"),
        ({"patient_id": "x"}, "/patient_id", "validation-error"),
    ],
)
def test_a_measurement_nothing_could_be_made_of_is_refused(service, change, where, slug):
    place = f"/v1/patients/{service.keep()['id']}/measurements"
    answer = service.ask("POST", place, json=LEVEL | change)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [where]
    assert service.ask("GET", place).json()["items"] == []


def test_a_measurement_is_told_all_its_faults_at_once(service):
    place = f"/v1/patients/{service.keep()['id']}/measurements"
    nonsense = {"biomarker": "nfl", "value": -1, "comparator": "~", "specimen": "blood"}
    nonsense["unit"] = "pg/mL"
    assert {where for where, _ in codes(service.ask("POST", place, json=nonsense))} == {
        "/biomarker", "/value", "/comparator", "/specimen",
    }  # fmt: skip


def test_measurements_are_listed_page_by_page(service):
    patient = service.keep()
    kept = [service.measure(patient, value=value) for value in range(1, 6)]
    place = f"/v1/patients/{patient['id']}/measurements"
    first = service.ask("GET", f"{place}?limit=3")
    rest = service.ask("GET", first.links["next"]["url"])
    assert first.json()["items"] + rest.json()["items"] == kept


@pytest.mark.parametrize("path", ["", "/measurements", "/measurements/1"])
@pytest.mark.parametrize("patient_id", ["x", "%00", "..%2f", "1" * 5000, NOWHERE[13:].upper()])
def test_what_is_no_id_is_not_found(service, path, patient_id):
    answer = service.ask("GET", f"/v1/patients/{patient_id}{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_missing_patient_is_told_before_a_bad_body(service):
    answer = service.ask("POST", f"{NOWHERE}/measurements", json={"nonsense": 1})
    assert answer.status_code == 404


def test_rows_are_there_after_a_restart(settings):
    keys = make_keys(settings)
    with open_service(settings) as client:
        kept = Service(client, keys).keep()
    with open_service(settings) as client:
        answer = Service(client, keys).ask("GET", f"/v1/patients/{kept['id']}")
    assert answer.json() == kept


@contextmanager
def failing_commits(error):
    """Let commits of requests that write fail with this error, as when a disk is full."""

    def fail(connection):
        if connection.get_execution_options()[SQLITE_BEGIN] == "IMMEDIATE":
            raise error

    event.listen(Engine, "commit", fail)
    yield
    event.remove(Engine, "commit", fail)


@pytest.mark.parametrize(
    ("error", "status"),
    [(OperationalError("COMMIT", {}, Exception()), 503), (RuntimeError("no room"), 500)],
)
def test_a_commit_that_fails_is_never_answered_with_success(service, error, status):
    with failing_commits(error):
        answer = service.ask("POST", "/v1/patients", json=SOMEBODY)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert service.ask("GET", "/v1/patients").json()["items"] == []
