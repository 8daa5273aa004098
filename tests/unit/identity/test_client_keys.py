"""The keys of clients: of each its own, and of a bounded number of them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from joserfc.jwk import ECKey, RSAKey

from app.clinic.token import TokenRefused
from app.clinic.trusted_client import CLIENT_ALGORITHMS, TrustedClient
from app.errors import Unavailable
from app.identity import client_keys
from app.identity.client_keys import open_client_keys
from app.identity.key_set import read_key_set
from tests.services.issuer import entry_of, sign

RSA = RSAKey.generate_key(2048)
CURVE = ECKey.generate_key("P-384")
HEADER = {"alg": "ES384", "kid": "ec", "typ": "JWT"}


def a_client(name, *entries):
    return TrustedClient(
        id=name,
        clinic_id="clinic",
        name=name,
        issuer=None,
        jwks_url=None,
        jwks=orjson.dumps({"keys": entries}).decode(),
        scopes="system/*.rs",
        fhir_servers=(),
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


GOOD = a_client("good", entry_of(CURVE, "ec"), entry_of(RSA, "rsa"))


@pytest.fixture
async def keys():
    async with open_client_keys() as opened:
        yield opened


def test_of_a_clients_key_set_rsa_and_p_384_are_taken():
    small = ECKey.generate_key("P-256")
    entries = [
        entry_of(CURVE, "ec"),
        entry_of(RSA, "rsa"),
        entry_of(CURVE, "told", alg="ES384"),
        entry_of(RSA, "of issuers", alg="RS256"),
        entry_of(small, "small"),
        entry_of(small, "small, told", alg="ES384"),
    ]
    assert set(read_key_set({"keys": entries}, CLIENT_ALGORITHMS)) == {"ec", "rsa", "told"}
    assert set(read_key_set({"keys": entries})) == {"rsa", "of issuers", "small"}


async def test_what_a_client_signed_is_proved_by_its_own_key(keys):
    signed = sign(HEADER, '{"iss": "good"}', CURVE)
    assert await keys.prove(signed, GOOD) == {"iss": "good"}
    other = a_client("other", entry_of(ECKey.generate_key("P-384"), "ec"))
    for client in (other, a_client("nobody", entry_of(RSA, "rsa"))):
        with pytest.raises(TokenRefused):
            await keys.prove(signed, client)


async def test_two_keys_of_one_id_are_none(keys):
    twice = a_client("twice", entry_of(CURVE, "ec"), entry_of(ECKey.generate_key("P-384"), "ec"))
    with pytest.raises(TokenRefused):
        await keys.prove(sign(HEADER, "{}", CURVE), twice)


async def test_keys_are_read_once_for_many_texts(keys, monkeypatch):
    read = []
    monkeypatch.setattr(
        "app.identity.issuer_keys.read_key_set",
        lambda *given: read.append(given) or read_key_set(*given),
    )
    signed = sign(HEADER, "{}", CURVE)
    for _ in range(5):
        await keys.prove(signed, GOOD)
    assert len(read) == 1


async def test_the_keys_of_a_bounded_number_of_clients_are_held(keys, monkeypatch):
    monkeypatch.setattr(client_keys, "MOST_CLIENTS", 3)
    signed = sign(HEADER, "{}", CURVE)
    for number in range(10):
        await keys.prove(signed, replace(GOOD, id=f"{number % 4}"))
        await keys.prove(signed, replace(GOOD, id="busy"))
    assert len(keys._held) == 3
    assert "busy" in keys._held


async def test_a_place_of_keys_that_is_away_is_told_as_unavailable(keys):
    closed = replace(GOOD, jwks=None, jwks_url="http://127.0.0.1:9/keys")
    waiting = [keys.prove(sign(HEADER, "{}", CURVE), closed) for _ in range(3)]
    heard = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in heard] == [Unavailable] * 3
