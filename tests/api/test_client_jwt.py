"""Calls of CDS services that a trusted client signed: who comes in, for this call and once."""

# ruff: noqa: F811 - a fixture is asked for by its name

import time

import pytest
from fastapi import APIRouter, Request
from fastapi.testclient import TestClient

from app.api.records.record_route import RecordRoute
from app.dependencies import VIEWER, CallerDep, identify_client_or_caller
from app.main import create_app
from tests.api.clinics import Service, make_keys
from tests.api.hostile_tokens import TOKENS_OF_ANYBODY, tokens_of
from tests.api.logged_in import (  # noqa: F401 - fixtures
    PLACE,
    any_client,
    client,
    log_in,
    reached,
)
from tests.services.clients import TOKEN_PATH, register, revoke
from tests.services.issuer import (  # noqa: F401 - fixtures
    AUDIENCE,
    KEYS_PATH,
    answer,
    issuer,
    running_issuer,
)

DOOR = "/cds-services/for-this-test"
EHR = "https://ehr.example/r4"


class CallRoute(RecordRoute):
    """A route that trusted clients may call."""

    remembers = False

    async def admit(self, request: Request) -> None:
        """Say who calls."""
        request.state.caller = await identify_client_or_caller(request)


calls = APIRouter(route_class=CallRoute)


@calls.post(DOOR)
@calls.post(f"{DOOR}/feedback")
async def tell_who_calls(caller: CallerDep) -> dict:
    """Answer with what is known of the caller."""
    scopes = None if caller.scopes is None else caller.scopes.written
    return {"who": caller.principal, "scopes": scopes, "servers": caller.fhir_servers}


@calls.post(f"{DOOR}/closed", dependencies=[VIEWER])
async def need_a_role(caller: CallerDep) -> dict:
    """Ask for a viewer."""
    return {"who": caller.principal}


@pytest.fixture
def service(reached, client):
    """Run the service with one more door, and a client of the clinic North."""
    keys = make_keys(reached)
    said = {"jwks_url": client.jwks_url, "issuer": client.url, "fhir_servers": (EHR,)}
    client_id = register(reached, scopes="system/Patient.rs", **said)
    client.for_call(PLACE + DOOR)
    app = create_app(reached)
    app.include_router(calls)
    with TestClient(app, raise_server_exceptions=False) as door:
        running = Service(door, keys)
        running.client_id = client_id
        yield running


def call(service, token, path=DOOR):
    return service.client.post(path, json={}, headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize("key", ["rsa", "ec"])
def test_who_signs_a_call_comes_in_as_that_client(service, client, key):
    heard = call(service, client.token(key=key))
    assert heard.status_code == 200
    assert heard.json() == {
        "who": f"client:{service.client_id}",
        "scopes": "system/Patient.rs",
        "servers": [EHR],
    }


def test_a_list_of_one_audience_the_registered_jku_and_fractions_are_taken(service, client):
    tokens = (
        client.token(aud=[PLACE + DOOR]),
        client.token(header={"jku": client.jwks_url}),
        client.token(tenant="somebody else's", sub="anybody"),
        client.token(iat=time.time(), exp=time.time() + 299.5),
    )
    assert [call(service, one).status_code for one in tokens] == [200] * 4


def test_hostile_calls_get_a_bare_401(service, client):
    attacks = {
        **tokens_of(TOKENS_OF_ANYBODY, client),
        "of nobody": client.token(iss=None),
        "of the client's id": client.token(iss=service.client_id),
        "of another": client.token(iss=f"{client.url}/"),
        "a list of issuers": client.token(iss=[client.url]),
        "for nobody": client.token(aud=None),
        "for the token door": client.token(aud=PLACE + TOKEN_PATH),
        "for the feedback": client.token(aud=f"{PLACE}{DOOR}/feedback"),
        "for the service as a whole": client.token(aud=PLACE),
        "for two": client.token(aud=[PLACE + DOOR, PLACE]),
        "with a query": client.token(aud=f"{PLACE}{DOOR}?x=1"),
        "no jti": client.token(jti=None),
        "an empty jti": client.token(jti=""),
        "six minutes": client.token(exp=int(time.time()) + 360),
        "an access token": client.token(header={"typ": "at+jwt"}),
    }
    opened = {}
    for name, token in attacks.items():
        heard = call(service, token)
        if (heard.status_code, heard.content) != (401, b""):
            opened[name] = heard.status_code, heard.text
    assert opened == {}
    assert len(attacks) >= 60
    assert set(client.asked) == {KEYS_PATH}
    assert call(service, client.token()).status_code == 200


def test_a_call_is_good_once_at_whichever_door(service, client):
    token = client.token()
    assert [call(service, token).status_code for _ in range(3)] == [200, 401, 401]
    claims = client.claims(aud=f"{PLACE}{DOOR}/feedback")
    assert call(service, client.signed(claims), f"{DOOR}/feedback").status_code == 200
    again = client.signed(claims | {"aud": PLACE + DOOR})
    assert call(service, again).status_code == 401


def test_a_signed_call_is_no_login_and_a_login_no_call(service, client):
    assert log_in(service, client.token()).status_code == 401
    client.for_login(service.client_id, PLACE)
    assert call(service, client.token()).status_code == 401
    assert log_in(service, client.token(), "system/Patient.rs").status_code == 200


def test_a_signed_call_opens_no_other_door(service, client):
    for path in ("/v1/patients", "/v1/cohort/survival"):
        token = client.token(aud=PLACE + path)
        heard = service.client.get(path, headers={"authorization": f"Bearer {token}"})
        assert heard.status_code in {401, 405}
    heard = service.client.get(
        "/v1/patients", headers={"authorization": f"Bearer {client.token()}"}
    )
    assert heard.status_code == 401


def test_where_a_role_is_asked_for_a_client_needs_the_scope(service, client):
    place = f"{DOOR}/closed"
    heard = call(service, client.token(aud=PLACE + place), place)
    assert heard.status_code == 403


def test_keys_and_access_tokens_call_too(service, client):
    assert call(service, service.keys["North", "viewer"]).json()["scopes"] is None
    client.for_login(service.client_id, PLACE)
    token = log_in(service, client.token(), "system/Patient.r").json()["access_token"]
    assert call(service, token).json()["scopes"] == "system/Patient.r"
    assert call(service, "nst_x").status_code == 401
    assert service.client.post(DOOR, json={}).status_code == 401


def test_a_revoked_client_calls_no_more_and_its_issuer_can_be_registered_again(
    service, client, reached
):
    assert call(service, client.token()).status_code == 200
    revoke(reached, service.client_id)
    assert call(service, client.token()).status_code == 401
    again = register(reached, jwks_url=client.jwks_url, issuer=client.url)
    assert call(service, client.token()).json()["who"] == f"client:{again}"


def test_two_authorizations_are_none(service, client):
    twice = [("authorization", f"Bearer {client.token()}")] * 2
    assert service.client.post(DOOR, json={}, headers=twice).status_code == 401


def test_a_jku_of_anybody_is_never_asked(service, client, issuer):
    issuer.behave("/elsewhere", lambda handler: answer(handler, client.key_set()))
    for place in (f"{issuer.url}/elsewhere", "http://169.254.169.254/", "file:///etc/passwd"):
        token = client.token(header={"jku": place}, iss=f"{issuer.url}/elsewhere")
        assert call(service, token).status_code == 401
        assert call(service, client.token(header={"jku": place})).status_code == 401
    assert issuer.asked == []


def test_tokens_of_the_issuer_of_users_come_in_beside(sqlite_settings, client, issuer):
    changes = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "public_url": PLACE}
    settings = sqlite_settings.model_copy(update=changes)
    make_keys(settings)
    register(settings, jwks_url=client.jwks_url, issuer=client.url)
    app = create_app(settings)
    app.include_router(calls)
    with TestClient(app) as door:
        service = Service(door, {})
        assert call(service, issuer.token()).json()["who"] == "token:somebody"
        signed = client.for_call(PLACE + DOOR).token()
        assert call(service, signed).json()["who"].startswith("client:")
        # Signed by the client in the name of the issuer of users, and the reverse.
        assert call(service, client.token(iss=issuer.url)).status_code == 401
        told = {"iss": client.url, "aud": PLACE + DOOR, "jti": "1"}
        assert call(service, issuer.token(**told)).status_code == 401
