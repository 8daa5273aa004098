"""Trusted clients, their tokens and what they have used up, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import IntegrityError

from app.clinic.access_token import AccessToken, digest_of, new_token_text
from app.clinic.trusted_client import Assertion, TrustedClient
from app.db.access_tokens import AccessTokenRepository, access_token, used_assertion
from app.db.door import Door
from app.db.engine import open_engine
from app.db.transaction import transaction
from app.db.trusted_clients import TrustedClientRepository
from app.errors import Unavailable
from tests.db.rows import NOON, a_clinic
from tests.db.test_door import counting_proxy
from tests.services.postgres import run

MINUTE = timedelta(minutes=1)
EHR = "https://ehr.example"


def a_client(clinic_id, **said):
    stated = TrustedClient(
        id=str(uuid4()),
        clinic_id=clinic_id,
        name="A clinic's system",
        issuer=EHR,
        jwks_url="https://ehr.example/keys",
        jwks=None,
        scopes="system/*.rs",
        fhir_servers=("https://ehr.example/r4", "https://ehr.example/dev"),
        created_at=NOON,
    )
    return replace(stated, **said)


@pytest.fixture
async def door(engine):
    opened = Door(engine)
    yield opened
    await opened.close()


@pytest.fixture
async def client(engine):
    """Keep one client."""
    kept = a_client(await a_clinic(engine))
    assert await add(engine, kept)
    return kept


async def add(engine, client):
    async with transaction(engine, writes=True) as connection:
        return await TrustedClientRepository(connection).add(client)


async def revoke(engine, client, now=NOON):
    async with transaction(engine, writes=True) as connection:
        return await TrustedClientRepository(connection).revoke(client.id, now)


async def use(engine, client, name, now=NOON, life=MINUTE):
    async with transaction(engine, writes=True) as connection:
        assertion = Assertion(digest_of(name), now + life)
        tokens = AccessTokenRepository(connection)
        is_first = await tokens.use(client.id, assertion)
        await tokens.forget_used(client.id, now)
        return is_first


async def give(engine, client, now=NOON, life=MINUTE):
    written = new_token_text()
    token = AccessToken(
        digest=digest_of(written),
        client_id=client.id,
        scopes="system/Patient.r",
        expires_at=now + life,
    )
    async with transaction(engine, writes=True) as connection:
        await AccessTokenRepository(connection).add(token, now)
    return token.digest


async def count(engine, table):
    async with transaction(engine, writes=False) as connection:
        return await connection.scalar(select(func.count()).select_from(table))


async def test_a_client_is_found_as_it_was_kept(door, client):
    assert await door.find_client(client.id) == client
    assert await door.find_client_by_issuer(EHR) == client
    for other in ("", "nobody", client.id.upper(), str(uuid4()), f"{client.id}\0"):
        assert await door.find_client(other) is None
    assert await door.find_client_by_issuer(f"{EHR}/") is None


async def test_of_two_clients_with_one_issuer_the_second_is_not_kept(engine, door, client):
    assert not await add(engine, a_client(client.clinic_id))
    assert await add(engine, a_client(client.clinic_id, issuer=None))
    assert await add(engine, a_client(client.clinic_id, issuer=None))
    assert await revoke(engine, client)
    assert not await revoke(engine, client, NOON + MINUTE)
    assert await door.find_client(client.id) is None
    again = a_client(client.clinic_id)
    assert await add(engine, again)
    assert await door.find_client_by_issuer(EHR) == again


@pytest.mark.parametrize("keys", [(None, None), ("https://ehr.example/keys", "{}")])
async def test_a_client_has_its_keys_at_one_place(engine, client, keys):
    url, given = keys
    with pytest.raises(IntegrityError):
        await add(engine, a_client(client.clinic_id, issuer=None, jwks_url=url, jwks=given))


async def test_a_token_stands_for_its_client_until_it_expires_or_is_revoked(engine, door, client):
    digest = await give(engine, client)
    caller = await door.find_bearer(digest, NOON)
    assert (caller.clinic_id, caller.principal) == (client.clinic_id, f"client:{client.id}")
    assert (caller.scopes.written, caller.fhir_servers) == ("system/Patient.r", client.fhir_servers)
    assert await door.find_bearer(digest, NOON + MINUTE) is None
    assert await door.find_bearer(digest_of("nsa_other"), NOON) is None
    await revoke(engine, client)
    assert await door.find_bearer(digest, NOON) is None


async def test_an_assertion_is_used_once_by_each_client(engine, client):
    other = a_client(client.clinic_id, issuer=None)
    await add(engine, other)
    assert [await use(engine, client, "one") for _ in range(3)] == [True, False, False]
    assert await use(engine, client, "two")
    assert await use(engine, other, "one")


async def test_of_many_at_once_one_uses_an_assertion(settings, engine, client):
    others = [open_engine(settings) for _ in range(3)]
    uses = [use(one, client, "one") for one in (engine, *others) for _ in range(10)]
    assert sorted(await asyncio.gather(*uses))[-2:] == [False, True]
    for one in others:
        await one.dispose()


async def test_what_has_expired_is_let_go_of_in_passing(engine, client):
    for name in ("one", "two", "three"):
        assert await use(engine, client, name)
        await give(engine, client)
    later = NOON + 2 * MINUTE
    await use(engine, client, "four", later)
    await give(engine, client, later)
    assert await count(engine, used_assertion) == 1
    assert await count(engine, access_token) == 1


async def test_who_lets_go_waits_for_nobody_who_does_so_too(engine, client):
    for number in range(50):
        await use(engine, client, str(number))
    later = NOON + 2 * MINUTE
    uses = [use(engine, client, f"later {number}", later) for number in range(20)]
    assert all(await asyncio.gather(*uses))
    await use(engine, client, "last", later)
    assert await count(engine, used_assertion) == 21


async def test_the_door_uses_an_assertion_up(door, client):
    assertion = Assertion(digest_of("one"), NOON + MINUTE)
    heard = [await door.use_up(client.id, assertion, NOON) for _ in range(2)]
    assert heard == [True, False]


async def test_the_door_lets_go_of_what_has_expired_once_in_a_while(door, engine, client):
    soon, later = NOON + MINUTE / 2, NOON + MINUTE
    for name, now in (("one", NOON), ("two", soon)):
        assert await door.use_up(client.id, Assertion(digest_of(name), now + MINUTE / 4), now)
    assert await count(engine, used_assertion) == 2
    assert await door.use_up(client.id, Assertion(digest_of("three"), later + MINUTE), later)
    assert await count(engine, used_assertion) == 1


async def test_an_assertion_is_used_up_in_one_round_trip(postgres_settings):
    async with counting_proxy(postgres_settings) as (settings, turns):
        engine = open_engine(settings)
        kept, door = a_client(await a_clinic(engine)), Door(engine)
        await add(engine, kept)
        await door.use_up(kept.id, Assertion(digest_of("first"), NOON + MINUTE), NOON)
        turns.clear()
        for name in ("one", "two", "one"):
            await door.use_up(kept.id, Assertion(digest_of(name), NOON + MINUTE), NOON)
        assert len(turns) == 3 * 2  # there and back
        await door.close()
        await engine.dispose()


async def test_a_server_that_only_reads_is_unavailable_until_it_writes_again(postgres_settings):
    url = make_url(postgres_settings.database_url)
    to_read = f"ALTER ROLE {url.username} IN DATABASE {url.database} SET"
    owner = url.set(drivername="postgresql+psycopg", username="postgres").render_as_string()
    engine = open_engine(postgres_settings)
    kept, door = a_client(await a_clinic(engine)), Door(engine)
    await add(engine, kept)
    await engine.dispose()
    run(owner, f"{to_read} default_transaction_read_only = on")
    with pytest.raises(Unavailable):
        await door.use_up(kept.id, Assertion(digest_of("one"), NOON + MINUTE), NOON)
    run(owner, f"{to_read} default_transaction_read_only = off")
    assert await door.use_up(kept.id, Assertion(digest_of("one"), NOON + MINUTE), NOON)
    await door.close()
    await engine.dispose()
