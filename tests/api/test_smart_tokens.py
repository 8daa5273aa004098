"""Tokens for a clinic's systems: who gets one, and the many who do not."""

# ruff: noqa: F811 - a fixture is asked for by its name

import asyncio
import time
from collections import Counter
from random import Random
from urllib.parse import urlencode

import pytest

from app.clinic.access_token import LIFE_SECONDS
from tests.api.clinics import Service, make_keys, open_service
from tests.api.hostile_tokens import NOWHERE, TOKENS_OF_ANYBODY, tokens_of
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
from tests.services.clients import ALL, TOKEN_PATH, form, register
from tests.services.issuer import KEYS_PATH

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("key", ["rsa", "ec"])
def test_who_signs_with_a_published_key_gets_a_token_for_five_minutes(service, client, key):
    heard = log_in(service, client.token(key=key), SIGNED_IN)
    assert heard.status_code == 200
    assert heard.headers["cache-control"] == "no-store"
    told = heard.json()
    assert told.pop("access_token").startswith("nsa_")
    assert told == {"token_type": "bearer", "expires_in": LIFE_SECONDS, "scope": SIGNED_IN}
    assert LIFE_SECONDS == 300


def test_the_configuration_names_the_address_that_assertions_must_be_meant_for(service):
    told = [
        service.client.get(f"{place}/.well-known/smart-configuration").json()
        for place in ("", "/fhir")
    ]
    assert told[0] == told[1]
    assert told[0]["token_endpoint"] == PLACE + TOKEN_PATH
    assert told[0]["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert told[0]["grant_types_supported"] == ["client_credentials"]
    assert {"client-confidential-asymmetric", "permission-v2"} <= set(told[0]["capabilities"])


def test_hostile_assertions_give_no_token_and_no_reason(service, client):
    attacks = {
        **tokens_of(TOKENS_OF_ANYBODY, client),
        "of another client": client.token(iss=NOWHERE, sub=NOWHERE),
        "iss is not sub": client.token(sub=NOWHERE),
        "of the client's issuer": client.token(iss=client.url, sub=client.url),
        "no sub": client.token(sub=None),
        "no iss": client.token(iss=None),
        "a list for iss": client.token(iss=[client.errand["iss"]]),
        "for nobody": client.token(aud=None),
        "for a CDS service": client.token(aud=f"{PLACE}/cds-services/als-il2-pnfh"),
        "for the service as a whole": client.token(aud=PLACE),
        "for a longer address": client.token(aud=f"{PLACE}{TOKEN_PATH}/"),
        "for another service": client.token(aud=f"https://other.example{TOKEN_PATH}"),
        "for two": client.token(aud=[PLACE + TOKEN_PATH, "https://other.example"]),
        "no jti": client.token(jti=None),
        "an empty jti": client.token(jti=""),
        "a number for jti": client.token(jti=7),
        "a long jti": client.token(jti="x" * 501),
        "an access token": client.token(header={"typ": "at+jwt"}),
        "six minutes": client.token(exp=int(time.time()) + 360),
        "six minutes, undated": client.token(iat=None, exp=int(time.time()) + 360),
    }
    del attacks["no iat"]  # RFC 7523 asks for no `iat`: the control below
    told = {}
    for name, assertion in attacks.items():
        heard = log_in(service, assertion)
        told[name] = (heard.status_code, heard.text)
    refusals = Counter(told.values())
    assert len(refusals) == 1, {name: told[name] for name in told if refusals[told[name]] < 9}
    ((status, text),) = refusals
    assert (status, '"error":"invalid_client"' in text) == (401, True)
    assert len(attacks) >= 60
    # Where a header says that keys are, nobody looks.
    assert set(client.asked) == {KEYS_PATH}
    good = [
        client.token(),
        client.token(key="ec"),
        client.token(iat=None, exp=int(time.time()) + 300),
        client.token(header={"jku": client.jwks_url}),
        client.token(aud=[PLACE + TOKEN_PATH]),
        client.token(iat=time.time(), exp=time.time() + 299.5),
    ]
    assert [log_in(service, one).status_code for one in good] == [200] * 6


def test_every_changed_character_of_an_assertion_is_noticed(service, client):
    good = client.token(key="ec")
    for place in range(0, len(good), 7):
        other = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        assert log_in(service, other).status_code == 401, place
    assert log_in(service, good).status_code == 200


def test_an_assertion_is_good_once(service, client):
    assertion = client.token()
    assert log_in(service, assertion).status_code == 200
    assert log_in(service, assertion).status_code == 401
    # What makes it the same is its `jti`, whatever else it says and whichever key signed it.
    claims = client.claims()
    heard = [log_in(service, client.signed(claims, key=key)) for key in ("rsa", "ec")]
    assert [one.status_code for one in heard] == [200, 401]


def test_a_jti_of_one_client_is_nothing_to_another(service, client, reached):
    other = register(reached, clinic="South", jwks_url=client.jwks_url)
    claims = client.claims()
    assert log_in(service, client.signed(claims)).status_code == 200
    theirs = client.signed(claims | {"iss": other, "sub": other})
    assert log_in(service, theirs).status_code == 200


def test_a_refused_scope_does_not_use_the_assertion_up(service, client):
    assertion = client.token()
    assert log_in(service, assertion, "system/Patient.sr").status_code == 400
    assert log_in(service, assertion, "system/Patient.rs").status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"client_assertion": None}, 400, "invalid_request"),
        ({"client_assertion": ""}, 400, "invalid_request"),
        ({"client_assertion_type": None}, 400, "invalid_request"),
        ({"client_assertion_type": "urn:other"}, 401, "invalid_client"),
        ({"scope": None}, 400, "invalid_scope"),
        ({"scope": "openid"}, 400, "invalid_scope"),
        ({"scope": "user/Patient.rs"}, 400, "invalid_scope"),
        ({"scope": "system/Patient.rs?_id=1"}, 400, "invalid_scope"),
        ({"scope": "system/Patient.sr"}, 400, "invalid_scope"),
        ({"scope": "system/Patient."}, 400, "invalid_scope"),
        ({"scope": "system/Patient.rs  system/Observation.rs"}, 400, "invalid_scope"),
        ({"scope": "x" * 100_000}, 400, "invalid_scope"),
        ({"client_secret": "s"}, 400, "invalid_request"),
        ({"client_id": NOWHERE}, 401, "invalid_client"),
        ({"scope": ["system/Patient.rs"] * 2}, 400, "invalid_request"),
    ],
)
def test_what_is_wrong_with_a_form_is_told_in_the_words_of_oauth(
    service, client, changes, status, error
):
    heard = log_in(service, client.token(), **changes)
    assert (heard.status_code, heard.json()["error"]) == (status, error)
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["cache-control"] == "no-store"
    assert set(heard.json()) == {"error", "error_description"}


def test_a_stock_client_may_send_its_id_and_what_is_not_known_here(service, client):
    told = {"client_id": client.errand["iss"], "resource": "https://elsewhere.example"}
    assert log_in(service, client.token(), **told).status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"grant_type": "client_credentials"}},
        {"content": b"\xff\xfe", "headers": FORM},
        {"content": b"a=%FF", "headers": FORM},
        {"content": b"", "headers": FORM},
        {"content": b"&" * 5000, "headers": FORM},
        {"files": {"grant_type": (None, "client_credentials")}},
    ],
)
def test_what_is_no_form_is_an_invalid_request(service, options):
    heard = service.client.post(TOKEN_PATH, **options)
    assert heard.status_code in {400, 415}
    assert heard.json()["error"] == "invalid_request"


def test_no_form_at_all_gives_a_token_or_a_failure_of_ours(service, client):
    random = Random(6749)
    fields = form(client.token(aud="nobody"))
    pieces = [
        *fields,
        *fields.values(),
        "",
        "=",
        "&",
        "%",
        "%00",
        "%ff",
        "%ud800",
        ";",
        "[]",
        "\0",
        "é",
    ]
    for _ in range(300):
        content = "".join(random.choices([*pieces, "=", "&"], k=random.randint(1, 12)))
        heard = service.client.post(TOKEN_PATH, content=content.encode(), headers=FORM)
        assert heard.status_code in {400, 401}, content
        assert heard.json()["error"].startswith("in"), content


def test_an_assertion_is_not_taken_from_the_address_or_beside_another_proof(service, client):
    fields = form(client.token())
    for options in (
        {"params": fields, "data": {}},
        {"params": {"scope": ALL}, "data": fields},
        {"data": fields, "headers": {"authorization": "Basic czpz"}},
    ):
        heard = service.client.post(TOKEN_PATH, **options)
        assert (heard.status_code, heard.json()["error"]) in {
            (400, "invalid_request"),
            (415, "invalid_request"),
        }
    assert service.client.post(TOKEN_PATH, data=fields).status_code == 200


def test_wrong_assertions_count_as_failed_logins(sqlite_settings, client):
    changes = {"public_url": PLACE, "failed_logins_per_minute": 5}
    settings = sqlite_settings.model_copy(update=changes)
    make_keys(settings)
    client.for_login(register(settings, jwks_url=client.jwks_url), PLACE)
    with open_service(settings) as door:
        service = Service(door, {})
        heard = [log_in(service, client.token(aud="x")) for _ in range(7)]
        assert [one.status_code for one in heard] == [401] * 5 + [429] * 2
        assert int(heard[-1].headers["retry-after"]) >= 1
        assert log_in(service, client.token()).status_code == 200


async def test_of_a_hundred_at_once_one_gets_a_token(reached, client):
    """In this process; tests/e2e has two."""
    await asyncio.to_thread(make_keys, reached)
    client_id = await asyncio.to_thread(register, reached, jwks_url=client.jwks_url)
    body = urlencode(form(client.for_login(client_id, PLACE).token()))
    with open_service(reached) as door:

        def post(_):
            return door.post(
                TOKEN_PATH,
                content=body,
                headers=FORM,
            ).status_code

        statuses = await asyncio.gather(*(asyncio.to_thread(post, one) for one in range(100)))
    assert Counter(statuses) == {200: 1, 401: 99}
