"""Every operation, for every caller: own clinic, other clinic, any role, no key at all."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi import APIRouter, Request, Response
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.api.records.record_route import RecordRoute
from app.clinic.access import Role
from app.clinic.api_key import read_key_text
from app.db.engine import open_engine
from app.db.keys import api_key
from app.db.transaction import transaction
from app.dependencies import VIEWER
from app.errors import NotFound
from app.main import create_app
from app.use_cases.access.create_key import create_key
from tests.api.clinics import Service, make_keys, open_service
from tests.api.every_operation import faults_between_clinics, operations, records, send

OPEN = {
    "/v1/stratum", "/v1/treatment-effect", "/v1/survival-curves", "/v1/estimate",
    "/v1/estimates", "/v1/estimates/batch", "/v1/prognosis", "/v1/conformance",
    "/v1/evidence", "/v1/evidence/{evidence_id}", "/v1/evidence/{evidence_id}/card",
    "/v1/evidence/{evidence_id}/diff/{other}", "/healthz", "/readyz", "/metrics",
    "/cds-services", "/fhir/metadata", "/.well-known/smart-configuration",
    "/fhir/.well-known/smart-configuration", "/oauth/token",
}  # fmt: skip
"""What the contract leaves open without a key. All else needs one."""

CLOSED_THERE = {"POST /v1/evidence"}
"""What needs a key on a path that can be read without one."""

ROLES = {
    "erase": Role.ADMIN,
    "list_audit": Role.ADMIN,
    "verify_audit": Role.ADMIN,
    "find_patients": Role.VIEWER,
    "replay_kept_estimate": Role.VIEWER,
    "describe_cohort": Role.VIEWER,
    "fit_cohort_model": Role.VIEWER,
    "calibrate_cohort": Role.VIEWER,
    "call_cds_service": Role.VIEWER,
    "keep_card_feedback": Role.VIEWER,
    "assess_pnfh_survival": Role.VIEWER,
    "find_fhir_patients": Role.VIEWER,
    "find_fhir_observations": Role.VIEWER,
    "find_fhir_risk_assessments": Role.VIEWER,
}
"""Operations that need another role than their method says: viewers read, editors write."""

CLOSED = ("none", "expired", "revoked", "made up", "of no clinic's shape")


def role_of(operation):
    usual = Role.VIEWER if operation.method == "GET" else Role.EDITOR
    return ROLES.get(operation.name, usual)


def keys_for(settings):
    """Make the keys of two clinics, and those that open nothing."""
    keys = make_keys(settings)

    async def revoked():
        engine = open_engine(settings)
        async with transaction(engine, writes=True) as connection:
            written = await create_key("North", Role.ADMIN, None, connection=connection)
            of_it = api_key.c.lookup == read_key_text(written).lookup
            now = datetime.now(UTC)
            await connection.execute(update(api_key).where(of_it).values(revoked_at=now))
        await engine.dispose()
        return written

    last = keys["North", Role.ADMIN]
    other = "A" if last[-1] != "A" else "B"
    return keys | {
        "expired": keys["North", "expired"],
        "revoked": asyncio.run(revoked()),
        "made up": last[:-1] + other,
        "of no clinic's shape": "nst_x",
    }


@pytest.fixture
def clinics(settings):
    """Run the service for two clinics, without bound on wrong keys."""
    settings = settings.model_copy(update={"failed_logins_per_minute": 0})
    keys = keys_for(settings)
    with open_service(settings) as client:
        yield Service(client, keys)


def closed(app):
    return [operation for operation in operations(app) if operation.needs_key]


def wrong_statuses(service, asked):
    """Say which caller gets another status than the role of the operation allows them."""
    ids, wrong = records(service, "South"), {}
    for operation in asked:
        for who in CLOSED:
            answer = send(service, operation, ids, by=None if who == "none" else who)
            if (answer.status_code, answer.headers.get("www-authenticate", "")[:6]) != (
                401,
                "Bearer",
            ):
                wrong[operation.name, who] = answer.status_code
        for role in Role:
            # Rights alone are asked for: of nobody's records, so that none is changed by it.
            nobodys = {name: str(uuid4()) for name in ids}
            status = send(service, operation, nobodys, by=("South", role)).status_code
            allowed = role.covers(role_of(operation))
            if (status == 403) is allowed or status == 401 or status >= 500:
                wrong[operation.name, role] = status
    return wrong


def test_every_operation_needs_a_key_unless_the_contract_leaves_it_open(clinics):
    told = list(operations(clinics.client.app))
    assert {each.path for each in told if not each.needs_key} <= OPEN
    closed_paths = {each.path for each in told if each.needs_key and str(each) not in CLOSED_THERE}
    assert closed_paths & OPEN == set()
    for operation in told:
        ids = {name: str(uuid4()) for name in operation.ids}
        answer = send(clinics, operation, ids, by=None)
        # The door of tokens is open to assertions, but not to the one of its example.
        is_refused = operation.needs_key or operation.path == "/oauth/token"
        assert (answer.status_code == 401) is is_refused, operation


def test_every_caller_gets_what_their_role_allows(clinics):
    asked = closed(clinics.client.app)
    assert ROLES.keys() <= {each.name for each in asked}
    assert wrong_statuses(clinics, asked) == {}


def test_every_operation_serves_its_own_clinic(clinics):
    """The control of the tests below: with the right ids there is something to be seen."""
    refused = {}
    for operation in closed(clinics.client.app):
        ids = records(clinics, "North")
        members = {name: ids[name] for name in operation.body_ids}
        answer = send(clinics, operation, ids, by=("North", "admin"), members=members)
        if answer.status_code >= 400:
            refused[operation.name] = answer.text[:300]
    assert refused == {}


def test_another_clinics_records_are_answered_like_those_that_never_were(clinics):
    asked = closed(clinics.client.app)
    assert len([each for each in asked if each.ids]) >= 15
    assert faults_between_clinics(clinics, asked) == {}


def test_what_a_clinic_lists_finds_and_exports_names_no_other(clinics):
    records(clinics, "South")
    ours = records(clinics, "North")
    theirs = clinics.keep(by=("South", "editor"), identifier="SOUTHERN-1", arm="southern-arm")
    for operation in closed(clinics.client.app):
        if operation.ids or operation.name == "create_patient":
            continue
        answer = send(clinics, operation, ours, by=("North", "admin"))
        for canary in (theirs["id"], "SOUTHERN", "southern-arm"):
            assert canary not in answer.text, operation


leaky = APIRouter(route_class=RecordRoute)
THERE = set()


@leaky.get("/v1/leaky/{patient_id}", dependencies=[VIEWER])
async def tell_whether(patient_id: str) -> Response:
    """Refuse other clinics' patients in other words than those who never were."""
    raise NotFound("Not yours." if patient_id in THERE else "There is no such patient.")


@leaky.get("/v1/leaky/{patient_id}/served", dependencies=[VIEWER])
async def serve(patient_id: str, request: Request) -> Response:
    """Serve whatever is there, to anybody."""
    del request
    if patient_id not in THERE:
        raise NotFound("There is no such patient.")
    return Response("{}", media_type="application/json")


@leaky.get("/v1/leaky/{patient_id}/tagged", dependencies=[VIEWER])
async def tag(patient_id: str) -> Response:
    """Tell by a header alone."""
    there = {"etag": '"1"'} if patient_id in THERE else {}
    return Response('{"status": 404}', 404, there, "application/json")


@leaky.post("/v1/leaky", dependencies=[])
async def forget_the_role() -> Response:
    """Ask for no role."""
    return Response("{}", media_type="application/json")


@pytest.fixture
def leaking(sqlite_settings, monkeypatch):
    """Run a service with routes that leak."""
    settings = sqlite_settings.model_copy(update={"failed_logins_per_minute": 0})
    keys, app = keys_for(settings), create_app(settings)
    app.include_router(leaky)
    with TestClient(app, raise_server_exceptions=False) as client:
        service = Service(client, keys)
        keep = service.keep

        def keep_and_leak(**facts):
            kept = keep(**facts)
            THERE.add(kept["id"])
            return kept

        monkeypatch.setattr(service, "keep", keep_and_leak)
        yield service
    THERE.clear()


def test_these_tests_catch_a_route_that_leaks(leaking):
    found = faults_between_clinics(leaking, closed(leaking.client.app))
    assert {name for name, _ in found} == {"tell_whether", "serve", "tag"}


def test_these_tests_catch_a_route_that_asks_for_no_role_or_no_key(leaking):
    told = list(operations(leaking.client.app))
    (roleless,) = [each for each in told if each.name == "forget_the_role"]
    wrong = wrong_statuses(leaking, [*closed(leaking.client.app), roleless])
    assert {name for name, _ in wrong} == {"forget_the_role"}
