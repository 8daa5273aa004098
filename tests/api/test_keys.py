"""Who comes in: keys, roles, clinics, and how often an address may fail."""

import sqlite3
import time
from collections import defaultdict

import pytest

from app.clinic.access import Role
from app.clinic.api_key import new_key_text
from app.db.door import Door
from tests.api.clinics import SOMEBODY, Service, make_keys, open_service
from tests.api.cohort_of_clinic import enrol, fit
from tests.fitted import some_patients

MODEL = {"terms": [{"variable": "arm", "reference": "placebo"}]}
NOWHERE = "00000000-0000-4000-8000-000000000000"
UNUSUAL = {
    ("GET", "/v1/audit"): Role.ADMIN,
    ("GET", "/v1/audit/verify"): Role.ADMIN,
    ("POST", "/fhir/$pnfh-survival"): Role.VIEWER,
    ("POST", "/fhir/Observation/_search"): Role.VIEWER,
    ("POST", "/fhir/Patient/_search"): Role.VIEWER,
    ("POST", "/fhir/RiskAssessment/_search"): Role.VIEWER,
    ("POST", "/cds-services/als-il2-pnfh"): Role.VIEWER,
    ("POST", "/cds-services/als-il2-pnfh/feedback"): Role.VIEWER,
    ("POST", "/v1/cohort/calibration"): Role.VIEWER,
    ("POST", "/v1/cohort/models"): Role.VIEWER,
    ("POST", "/v1/cohort/survival"): Role.VIEWER,
    ("POST", "/v1/estimates/{estimate_id}/replay"): Role.VIEWER,
    ("POST", "/v1/patients/search"): Role.VIEWER,
    ("POST", "/v1/patients/{patient_id}/erase"): Role.ADMIN,
}
"""Where a route needs another role than its method says: viewers read, editors write."""


def operations(app):
    """Every route that the document says needs a key: method, path, role, media type or None."""
    for path, methods in app.openapi()["paths"].items():
        for method, told in methods.items():
            verb = method.upper()
            usual = Role.VIEWER if verb == "GET" else Role.EDITOR
            content = told.get("requestBody", {}).get("content", {})
            if told.get("security"):
                yield verb, path, UNUSUAL.get((verb, path), usual), next(iter(content), None)


def send(service, operation, by, **ids):
    """Send the least that the route reads before it judges who asks."""
    method, path, _, media_type = operation
    headers = {"content-type": media_type} if media_type else {}
    place = path.format_map(defaultdict(lambda: NOWHERE, ids))
    body = b"{}" if media_type else b""
    return service.ask(method, place, by=by, content=body, headers=headers)


@pytest.fixture
def unbounded(settings):
    """Run the service without bound on wrong keys."""
    settings = settings.model_copy(update={"failed_logins_per_minute": 0})
    keys = make_keys(settings)
    with open_service(settings) as client:
        yield Service(client, keys)


def told_of(answer):
    """The slug of a problem, in whichever language of its door."""
    document = answer.json()
    if document.get("resourceType") == "OperationOutcome":
        return document["issue"][0]["details"]["coding"][0]["code"]
    return document["type"].removeprefix("/problems/")


def same_but_for_its_request(answer, *ids):
    """Strip what names the request itself, so that two answers can be compared."""
    document = answer.json()
    document.pop("request_id", None)
    for name in ids if "instance" in document else ():
        document["instance"] = document["instance"].replace(name, "…")
    headers = {k: v for k, v in answer.headers.items() if k not in {"x-request-id", "traceparent"}}
    return answer.status_code, document, headers


def test_a_route_is_open_to_the_roles_it_needs_and_closed_to_all_else(unbounded):
    patient = unbounded.keep(identifier="P-1")
    ids = {"patient_id": patient["id"], "measurement_id": unbounded.measure(patient)["id"]}
    wrong, seen = {}, list(operations(unbounded.client.app))
    for operation in seen:
        heard = {role: send(unbounded, operation, ("South", role), **ids) for role in Role}
        for by in (None, ("North", "expired")):
            heard[by] = send(unbounded, operation, by, **ids)
        for who, answer in heard.items():
            status = answer.status_code
            if who not in set(Role):
                right = status == 401 and answer.headers["www-authenticate"].startswith("Bearer")
            elif who.covers(operation[2]):
                right = status not in {401, 403} and status < 500
            else:
                right = (status, told_of(answer)) == (403, "forbidden")
            if not right:
                wrong[operation[:2], who] = status
    assert wrong == {}
    assert len(seen) >= 14


def one_of_each(service, by):
    """Keep one of everything that has an id, and give the ids by the names that paths use."""
    patient = service.keep(by=by)
    place, file = f"/v1/patients/{patient['id']}", b"identifier\nIMPORTED-1\n"
    level = service.measure(patient, by=by)
    estimate = service.ask("POST", f"{place}/estimates", by=by, json={})
    headers = {"content-type": "text/csv"}
    imported = service.ask("POST", "/v1/imports", by=by, content=file, headers=headers)
    enrol(service, some_patients(120), by=by, arms=("placebo", "il2ld"))
    return {
        "patient_id": patient["id"],
        "measurement_id": level["id"],
        "estimate_id": estimate.json()["id"],
        "import_id": imported.json()["id"],
        "model_id": fit(service, MODEL, by=by),
    }


def test_what_another_clinic_keeps_is_like_what_never_was(service):
    theirs = one_of_each(service, ("South", "editor"))
    about = [each for each in operations(service.client.app) if "{" in each[1]]
    differ = {}
    for operation in about:
        there, nowhere = (
            same_but_for_its_request(
                send(service, operation, ("North", "admin"), **ids), *ids.values()
            )
            for ids in (theirs, dict.fromkeys(theirs, NOWHERE))
        )
        if there != nowhere or there[0] != 404:
            differ[operation[:2]] = (there, nowhere)
        # The control: to their own clinic they are there.
        if operation[0] == "GET":
            own = send(service, operation, ("South", "viewer"), **theirs)
            assert own.status_code == 200, operation
    assert differ == {}
    assert len(about) >= 12


def test_another_patients_measurement_is_not_found_under_this_one(service):
    patient, other = service.keep(), service.keep(identifier="P-2")
    level = service.measure(other)
    place = f"/v1/patients/{patient['id']}/measurements/{level['id']}"
    assert service.ask("GET", place).status_code == 404


def test_another_clinics_patients_are_in_no_list(service):
    service.keep(by=("South", "editor"))
    assert service.ask("GET", "/v1/patients").json()["items"] == []


def test_another_clinics_tag_gets_no_304(service):
    theirs = service.keep(by=("South", "editor"))
    place = f"/v1/patients/{theirs['id']}"
    assert service.ask("GET", place, headers={"if-none-match": "*"}).status_code == 404


def test_a_key_too_small_is_told_so_before_its_body_is_judged(service):
    answer = service.ask("POST", "/v1/patients", by=("North", "viewer"), json={"nonsense": 1})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
        "Bearer {swapped}",
        "Bearer nst_{unknown}",
        "Bearer nst_",
        "Bearer \x7f",
    ],
)
def test_what_is_not_a_known_key_in_the_right_header_is_unauthorized(service, header):
    key, other = service.keys["North", "viewer"], service.keys["North", "admin"]
    # The lookup of one key with the secret of another.
    swapped = key[:16] + other[16:]
    unknown = new_key_text().written[4:]
    sent = header.format(key=key, swapped=swapped, unknown=unknown)
    answer = service.ask("GET", "/v1/patients", by=None, headers={"authorization": sent})
    assert answer.status_code == 401
    assert key not in answer.text


def test_a_key_is_not_read_from_the_address_a_cookie_or_a_second_header(service):
    key = service.keys["North", "viewer"]
    both = [("authorization", f"Bearer {key}"), ("authorization", f"Bearer {key}")]
    for options in (
        {"params": {"authorization": f"Bearer {key}", "key": key}},
        {"headers": {"cookie": f"authorization=Bearer {key}"}},
        {"headers": {"x-api-key": key}},
        {"headers": both},
    ):
        assert service.client.get("/v1/patients", **options).status_code == 401


def test_the_scheme_is_read_in_any_case(service):
    sent = {"authorization": f"bearer {service.keys['North', 'viewer']}"}
    assert service.ask("GET", "/v1/patients", by=None, headers=sent).status_code == 200


def test_an_address_that_tries_too_many_wrong_keys_must_wait(service):
    limit = 20
    answers = [
        service.client.get(
            "/v1/patients", headers={"authorization": f"Bearer {new_key_text().written}"}
        )
        for _ in range(limit + 5)
    ]
    assert [answer.status_code for answer in answers] == [401] * limit + [429] * 5
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 61
    assert answers[-1].json()["type"] == "/problems/rate-limited"


def test_a_good_key_is_not_slowed_down_by_bad_ones_from_its_address(service):
    for _ in range(25):
        service.client.get("/v1/patients", headers={"authorization": "Bearer nst_x"})
    assert service.ask("GET", "/v1/patients").status_code == 200


def test_a_request_without_a_key_is_no_failed_try(service):
    answers = {service.ask("GET", "/v1/patients", by=None).status_code for _ in range(30)}
    assert answers == {401}


def test_no_bound_means_no_429(sqlite_settings):
    settings = sqlite_settings.model_copy(update={"failed_logins_per_minute": 0})
    with open_service(settings) as client:
        sent = {"authorization": "Bearer nst_x"}
        answers = {client.get("/v1/patients", headers=sent).status_code for _ in range(30)}
    assert answers == {401}


def test_no_key_stands_in_the_database_in_clear(sqlite_settings):
    keys = make_keys(sqlite_settings)
    with open_service(sqlite_settings) as client:
        Service(client, keys).keep()
        held = b"".join(file.read_bytes() for file in sqlite_settings.data_dir.iterdir())
    assert b"SITE-0042" in held
    for key in keys.values():
        lookup, secret = key[4:16].encode(), key[16:].encode()
        assert lookup in held
        assert secret not in held
        assert secret[:10] not in held


def test_a_request_looks_its_key_up_once(service, monkeypatch):
    find_key, looked_up = Door.find_key, []

    async def note(door, lookup):
        looked_up.append(lookup)
        return await find_key(door, lookup)

    patient = service.keep()
    monkeypatch.setattr(Door, "find_key", note)
    service.ask("GET", f"/v1/patients/{patient['id']}/measurements")
    assert looked_up == [service.keys["North", "editor"][4:16]]


def test_a_stranger_does_not_take_the_write_lock(sqlite_settings):
    keys = make_keys(sqlite_settings)
    with open_service(sqlite_settings) as client:
        service = Service(client, keys)
        writer = sqlite3.connect(sqlite_settings.data_dir / "neurostrata.sqlite3")
        writer.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        answer = service.ask("POST", "/v1/patients", by=("North", "expired"), json=SOMEBODY)
        assert answer.status_code == 401
        assert time.monotonic() - began < 1
        writer.close()
