"""Who comes in: keys, roles, clinics, and how often an address may fail."""

import sqlite3
import time

import pytest
from sqlalchemy import Engine, event

from app.clinic.access import Role
from app.clinic.api_key import new_key_text
from tests.api.clinics import LEVEL, SOMEBODY, Service, make_keys, open_service

NOWHERE = "00000000-0000-4000-8000-000000000000"
ROUTES = [
    ("POST", "/v1/patients", SOMEBODY, Role.EDITOR),
    ("GET", "/v1/patients", None, Role.VIEWER),
    ("GET", "/v1/patients/{patient}", None, Role.VIEWER),
    ("POST", "/v1/patients/{patient}/measurements", LEVEL, Role.EDITOR),
    ("GET", "/v1/patients/{patient}/measurements", None, Role.VIEWER),
    ("GET", "/v1/patients/{patient}/measurements/{measurement}", None, Role.VIEWER),
    ("GET", "/v1/patients/{patient}/estimate", None, Role.VIEWER),
]
OF_A_PATIENT = [route[:3] for route in ROUTES if "{" in route[1]]


def same_but_for_its_request(answer, *ids):
    """Strip what names the request itself, so that two answers can be compared."""
    document = answer.json()
    document.pop("request_id")
    for name in ids:
        document["instance"] = document["instance"].replace(name, "…")
    headers = {k: v for k, v in answer.headers.items() if k not in {"x-request-id", "traceparent"}}
    return answer.status_code, document, headers


@pytest.mark.parametrize(("method", "path", "body", "needed"), ROUTES)
def test_a_route_is_open_to_the_roles_it_needs_and_closed_to_all_else(
    service, method, path, body, needed
):
    patient = service.keep(identifier="P-1")
    place = path.format(patient=patient["id"], measurement=service.measure(patient)["id"])
    for role in Role:
        answer = service.ask(method, place, by=("North", role), json=body)
        if role.covers(needed):
            assert answer.status_code in {200, 201, 409}, role
        else:
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    for by in (None, ("North", "expired")):
        answer = service.ask(method, place, by=by, json=body)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_route_about_patients_stands_in_this_table(service):
    known = {(method, path.replace("{", "").replace("}", "")) for method, path, *_ in ROUTES}
    described = service.client.app.openapi()["paths"]
    found = {
        (method.upper(), path.replace("_id", "").replace("{", "").replace("}", ""))
        for path, methods in described.items()
        if path.startswith("/v1/patients")
        for method in methods
    }
    assert found == known


@pytest.mark.parametrize(("method", "path", "body"), OF_A_PATIENT)
def test_another_clinics_patient_is_like_one_that_never_was(service, method, path, body):
    theirs = service.keep(by=("South", "editor"))
    level = service.measure(theirs, by=("South", "editor"))["id"]
    answers = [
        same_but_for_its_request(
            service.ask(method, path.format(patient=patient, measurement=level), json=body),
            patient,
        )
        for patient in (theirs["id"], NOWHERE)
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


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


def test_a_request_looks_its_key_up_once(service):
    patient, statements = service.keep(), []

    def note(connection, cursor, statement, *_):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    service.ask("GET", f"/v1/patients/{patient['id']}/measurements")
    event.remove(Engine, "before_cursor_execute", note)
    assert len([statement for statement in statements if "api_key" in statement]) == 1
    assert len([statement for statement in statements if "FROM patient" in statement]) == 1


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
