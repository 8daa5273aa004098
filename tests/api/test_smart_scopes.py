"""Every FHIR route and record route, asked with every scope that is too small for it."""

# ruff: noqa: F811 - a fixture is asked for by its name

import shutil
from uuid import uuid4

import pytest

from app.clinic.access import Role
from app.clinic.scopes import LETTERS
from tests.api.clinics import Service, make_keys, open_service
from tests.api.cohort_of_clinic import fit
from tests.api.every_operation import operations, records, send
from tests.api.logged_in import (  # noqa: F401 - fixtures
    PLACE,
    any_client,
    client,
    token_of,
)
from tests.api.test_clinics_apart import role_of
from tests.api.test_keys import MODEL
from tests.services.clients import register

KINDS = ("Patient", "Observation", "RiskAssessment")
NEEDED = {
    "assess_pnfh_survival": ("RiskAssessment", "r"),
    "read_fhir_patient": ("Patient", "r"),
    "read_fhir_observation": ("Observation", "r"),
    "read_fhir_risk_assessment": ("RiskAssessment", "r"),
    "search_fhir_patients": ("Patient", "s"),
    "find_fhir_patients": ("Patient", "s"),
    "search_fhir_observations": ("Observation", "s"),
    "find_fhir_observations": ("Observation", "s"),
    "search_fhir_risk_assessments": ("RiskAssessment", "s"),
    "find_fhir_risk_assessments": ("RiskAssessment", "s"),
    "create_fhir_patient": ("Patient", "c"),
    "create_fhir_observation": ("Observation", "c"),
}
"""What a route under /fhir needs. A transaction needs it of each resource in it."""

TRANSACTION = "keep_fhir_transaction"


@pytest.fixture(scope="module")
def running(migrated_sqlite, any_client, tmp_path_factory):
    """Run one service for all that is asked here, with a client of the clinic North."""
    folder = tmp_path_factory.mktemp("scopes") / "data"
    shutil.copytree(migrated_sqlite.data_dir, folder)
    changes = {"data_dir": folder, "public_url": PLACE, "failed_logins_per_minute": 0}
    settings = migrated_sqlite.model_copy(update=changes)
    keys = make_keys(settings)
    client_id = register(settings, jwks_url=any_client.jwks_url)
    with open_service(settings) as door:
        service = Service(door, keys)
        service.client_id = client_id
        service.ids = records(service, "North")
        service.operations = {one.name: one for one in operations(door.app) if one.needs_key}
        yield service


@pytest.fixture
def ask(running, client):
    """Ask an operation with a token of these scopes, and give the status and the answer."""
    client.for_login(running.client_id, PLACE)

    def asking(name, scopes, **ids):
        running.keys["token"] = token_of(running, client, scopes)
        operation = running.operations[name]
        return send(running, operation, running.ids | ids, by="token")

    return asking


def test_every_fhir_route_is_in_the_table(running):
    closed = {name for name, one in running.operations.items() if one.path.startswith("/fhir")}
    assert closed == {*NEEDED, TRANSACTION}


def all_but(kind, letter):
    """Every scope there is but for this one, each resource by itself."""
    others = [f"system/{other}.{LETTERS}" for other in KINDS if other != kind]
    return " ".join([f"system/{kind}.{LETTERS.replace(letter, '')}", *others])


@pytest.mark.parametrize("name", NEEDED)
def test_a_fhir_route_opens_to_its_scope_and_to_no_other(ask, name):
    kind, letter = NEEDED[name]
    word = {"r": "read", "s": "read", "c": "write"}[letter]
    for scopes in (
        f"system/{kind}.{letter}",
        f"system/{kind}.{word}",
        f"system/*.{letter}",
        f"system/*.{word}",
    ):
        heard = ask(name, scopes)
        assert heard.status_code < 400, (scopes, heard.text)
    refused = ask(name, all_but(kind, letter))
    assert refused.status_code == 403
    (issue,) = refused.json()["issue"]
    assert issue["code"] == "forbidden"
    assert f"system/{kind}.{letter}" in issue["diagnostics"]


def test_a_transaction_needs_the_scope_for_each_of_its_resources(ask):
    # Its Patient is created on a condition, whose answer tells what there was already.
    assert ask(TRANSACTION, "system/Patient.cs system/Observation.c").status_code == 200
    unseeing = "system/Patient.c system/Observation.c"
    for scopes in (unseeing, "system/Patient.cs", "system/Observation.cs", "system/*.ruds"):
        assert ask(TRANSACTION, scopes).status_code == 403


def test_a_record_route_opens_to_scopes_on_everything_and_to_no_less(running, ask):
    wrong, seen = {}, 0
    for name, operation in running.operations.items():
        if not operation.path.startswith("/v1"):
            continue
        needed = role_of(operation)
        nobodys = {one: str(uuid4()) for one in running.ids}
        narrow = " ".join(f"system/{kind}.cruds" for kind in KINDS)
        status = {
            scopes: ask(name, scopes, **nobodys).status_code
            for scopes in ("system/*.cruds", "system/*.rs", "system/*.cud", narrow)
        }
        opens = {scopes for scopes, one in status.items() if one != 403}
        right = {
            Role.VIEWER: {"system/*.cruds", "system/*.rs"},
            Role.EDITOR: {"system/*.cruds"},
            Role.ADMIN: set(),
        }[needed]
        if opens != right or 401 in status.values():
            wrong[name] = status
        seen += 1
    assert wrong == {}
    assert seen >= 30


def test_a_call_of_a_cds_service_needs_no_scope_of_its_own(running, ask):
    doors = [name for name, one in running.operations.items() if "/cds-services" in one.path]
    assert len(doors) == 2
    for name in doors:
        assert ask(name, "system/Patient.d").status_code == 200, name


def test_evidence_of_the_clinic_is_there_only_for_who_may_read_all_records(running, client):
    client.for_login(running.client_id, PLACE)
    model_id = fit(running, MODEL, by=("North", "editor"))
    made = running.ask("POST", "/v1/evidence", json={"model_id": model_id})
    assert made.status_code == 201, made.text
    own = made.json()["id"]
    seen = {}
    for scopes in ("system/*.rs", "system/*.r", "system/Patient.cruds"):
        headers = {"authorization": f"Bearer {token_of(running, client, scopes)}"}
        one = running.client.get(f"/v1/evidence/{own}", headers=headers)
        listed = running.client.get("/v1/evidence", headers=headers)
        seen[scopes] = (one.status_code, listed.status_code, own in listed.text)
    assert seen == {
        "system/*.rs": (200, 200, True),
        "system/*.r": (404, 200, False),
        "system/Patient.cruds": (404, 200, False),
    }
