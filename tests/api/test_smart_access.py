"""What an access token of a clinic's system opens, and how it ends."""

# ruff: noqa: F811 - a fixture is asked for by its name

import time

import pytest

from app.clinic.api_key import new_key_text
from tests.api.clinics import Service, make_keys, open_service
from tests.api.logged_in import (  # noqa: F401 - fixtures
    PLACE,
    SIGNED_IN,
    any_client,
    ask,
    client,
    log_in,
    reached,
    service,
    token_of,
)
from tests.services.clients import register, revoke


@pytest.mark.parametrize(
    ("allowed", "asked", "granted"),
    [
        ("system/*.cruds", "system/*.rs", "system/*.rs"),
        ("system/*.rs", "system/*.cruds", "system/*.rs"),
        ("system/Patient.rs", "system/*.rs", "system/Patient.rs"),
        ("system/Patient.rs system/Observation.r", "system/*.cruds",
         "system/Observation.r system/Patient.rs"),
        ("system/*.read", "system/Patient.read", "system/Patient.read"),
        ("system/*.rs", "system/Patient.*", "system/Patient.rs"),
        ("system/*.rs", "system/Patient.rs system/Patient.rs", "system/Patient.rs"),
        ("system/Patient.rs", "system/Observation.rs", None),
        ("system/*.rs", "system/Patient.write", None),
    ],
)  # fmt: skip
def test_what_is_granted_is_asked_for_and_allowed(
    service, client, reached, allowed, asked, granted
):
    client_id = register(reached, jwks_url=client.jwks_url, scopes=allowed)
    heard = log_in(service, client.token(iss=client_id, sub=client_id), asked)
    if granted is None:
        assert (heard.status_code, heard.json()["error"]) == (400, "invalid_scope")
    else:
        assert heard.json()["scope"] == granted


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ("system/*.rs", (200, 403, 403)),
        ("system/*.read", (200, 403, 403)),
        ("system/*.cruds", (200, 201, 403)),
        ("system/*.*", (200, 201, 403)),
        ("system/*.read system/*.write", (200, 201, 403)),
        ("system/*.r", (403, 403, 403)),
        ("system/*.cud", (403, 403, 403)),
        ("system/Patient.cruds", (403, 403, 403)),
        (SIGNED_IN, (403, 403, 403)),
    ],
)
def test_on_the_records_a_token_needs_scopes_on_everything_and_is_never_an_admins(
    service, client, scope, statuses
):
    token = token_of(service, client, scope)
    heard = (
        ask(service, token),
        ask(service, token, method="POST", json={"identifier": "P-1"}),
        ask(service, token, "/v1/audit"),
    )
    assert tuple(one.status_code for one in heard) == statuses
    if heard[0].status_code == 403:
        assert "system/*.rs" in heard[0].json()["detail"]
    assert "admin" in heard[2].json()["detail"]


def test_a_revoked_client_and_its_tokens_open_nothing_at_once(service, client, reached):
    token = token_of(service, client)
    assert ask(service, token).status_code == 200
    began = time.monotonic()
    assert revoke(reached, client.errand["iss"])
    assert ask(service, token).status_code == 401
    assert log_in(service, client.token()).status_code == 401
    assert time.monotonic() - began < 1
    assert not revoke(reached, client.errand["iss"])


def test_a_token_that_is_past_or_changed_opens_nothing(service, client, monkeypatch):
    token = token_of(service, client)
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (other, token[:-1], token + "A", token.upper(), "nsa_", "nsa_" + "x" * 43):
        assert ask(service, wrong).status_code == 401
    monkeypatch.setattr("app.use_cases.access.issue_token.LIFE_SECONDS", 0)
    assert ask(service, token_of(service, client)).status_code == 401
    assert ask(service, token).status_code == 200


def test_a_token_sees_its_own_clinic_alone(service, client):
    theirs = service.keep(by=("South", "editor"))
    token = token_of(service, client)
    assert ask(service, token).json()["items"] == []
    assert ask(service, token, f"/v1/patients/{theirs['id']}").status_code == 404


def test_what_a_client_does_is_told_of_it_in_its_clinics_chain(service, client):
    token = token_of(service, client)
    assert ask(service, token).status_code == 200
    told = service.ask("GET", "/v1/audit", by=("North", "admin")).json()["items"]
    principal = f"client:{client.errand['iss']}"
    mine = [(one["action"], one["role"]) for one in told if one["principal"] == principal]
    assert sorted(mine) == [("get_patients", "editor"), ("issue_token", "editor")]
    assert [one["action"] for one in told if one["principal"] == "command"] == ["add_client"]
    verdict = service.ask("GET", "/v1/audit/verify", by=("North", "admin")).json()
    assert verdict["valid"] is True


def test_no_token_stands_in_the_database(sqlite_settings, client):
    settings = sqlite_settings.model_copy(update={"public_url": PLACE})
    make_keys(settings)
    client.for_login(register(settings, jwks_url=client.jwks_url), PLACE)
    with open_service(settings) as door:
        service = Service(door, {})
        assertions = [client.token() for _ in range(3)]
        heard = [log_in(service, one) for one in assertions]
        tokens = [one.json()["access_token"] for one in heard]
        held = b"".join(file.read_bytes() for file in settings.data_dir.iterdir())
    assert client.errand["iss"].replace("-", "").encode() in held
    for secret in (*tokens, *assertions):
        assert secret.encode() not in held
        assert secret[4:30].encode() not in held


def test_keys_work_beside_clients(service):
    assert service.ask("GET", "/v1/patients").status_code == 200
    unknown = f"nst_{new_key_text().written[4:]}"
    assert ask(service, unknown).status_code == 401
