"""Single inserts into the SQLite file: as SQLAlchemy writes them, and none lost or made twice."""

import asyncio
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url, select

from app.clinic.access_token import digest_of
from app.clinic.trusted_client import Assertion
from app.db.access_tokens import USED_ONCE, AccessTokenRepository, use_of, used_assertion
from app.db.door import Door
from app.db.engine import open_engine
from app.db.erasures import overwrite_erased
from app.db.file_writer import FileWriter, Writing
from app.db.insert import unless_there
from app.db.transaction import transaction
from tests.db.rows import NOON, a_clinic
from tests.db.test_trusted_clients import a_client, add

WRITING = Writing(unless_there("sqlite", used_assertion, USED_ONCE))
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def engine(sqlite_settings):
    opened = open_engine(sqlite_settings)
    yield opened
    await opened.dispose()


@pytest.fixture
async def writer(engine):
    opened = FileWriter(engine)
    yield opened
    await opened.close()


@pytest.fixture
async def client(engine):
    kept = a_client(await a_clinic(engine))
    await add(engine, kept)
    return kept


def assertion(name="one"):
    return Assertion(digest_of(name), NOON + MINUTE)


def row(client, name="one"):
    return use_of(client.id, assertion(name))


async def kept(engine):
    async with transaction(engine, writes=False) as connection:
        found = await connection.execute(select(used_assertion).order_by(used_assertion.c.digest))
        return [dict(one) for one in found.mappings()]


async def test_what_is_written_is_what_sqlalchemy_reads_and_writes(engine, writer, client):
    assert await writer.insert(WRITING, row(client))
    assert await kept(engine) == [row(client)]
    async with transaction(engine, writes=True) as connection:
        tokens = AccessTokenRepository(connection)
        assert not await tokens.use(client.id, assertion())
        assert await tokens.use(client.id, assertion("two"))
    assert not await writer.insert(WRITING, row(client, "two"))
    assert not await writer.insert(WRITING, row(client))


async def test_it_writes_under_the_rules_of_every_connection(writer, client):
    await writer.insert(WRITING, row(client))
    (synchronous,), *_ = await writer._line.execute_fetchall("PRAGMA synchronous")
    assert synchronous == 2  # FULL
    nobody = row(a_client(client.clinic_id, id=str(uuid4())))
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await writer.insert(WRITING, nobody)
    assert await writer.insert(WRITING, row(client, "two"))


async def test_of_many_at_once_in_two_processes_one_inserts(engine, sqlite_settings, client):
    other = open_engine(sqlite_settings)
    writers = [FileWriter(engine), FileWriter(other)]
    inserts = [one.insert(WRITING, row(client)) for one in writers for _ in range(20)]
    assert sorted(await asyncio.gather(*inserts))[-2:] == [False, True]
    for one in writers:
        await one.close()
    await other.dispose()


async def test_it_commits_on_a_connection_that_erased_bytes_were_overwritten_with(
    engine, sqlite_settings, writer, client
):
    await overwrite_erased(engine)
    assert await writer.insert(WRITING, row(client))
    assert not writer._line.in_transaction
    other = open_engine(sqlite_settings)
    assert await kept(other) == [row(client)]
    async with transaction(other, writes=True) as connection:
        assert await AccessTokenRepository(connection).use(client.id, assertion("two"))
    await other.dispose()


async def test_who_gives_up_leaves_the_way_free(engine, writer, client):
    for number in range(10):
        task = asyncio.create_task(writer.insert(WRITING, row(client, str(number))))
        for _ in range(number):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    assert await writer.insert(WRITING, row(client, "last"))
    assert row(client, "last") in await kept(engine)


async def test_it_waits_for_another_program_that_writes(sqlite_settings, writer, client):
    file = Path(make_url(sqlite_settings.sqlalchemy_url).database)
    await writer.insert(WRITING, row(client))
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(writer.insert(WRITING, row(client, "two")))
    threading.Timer(0.3, other.execute, ["COMMIT"]).start()
    assert await waiting
    other.close()


@pytest.mark.parametrize("failure", [sqlite3.OperationalError("disk I/O error"), None])
async def test_the_door_goes_the_patient_way_where_the_writer_fails(
    engine, client, monkeypatch, failure
):
    async def fail(*_):
        raise failure or sqlite3.DatabaseError("malformed")

    monkeypatch.setattr(FileWriter, "insert", fail)
    door = Door(engine)
    heard = [await door.use_up(client.id, assertion(), NOON) for _ in range(2)]
    assert heard == [True, False]
    await door.close()


async def test_the_door_leaves_no_connection_open(engine, client):
    door = Door(engine)
    assert await door.use_up(client.id, assertion(), NOON)
    line = door._writer._line
    await door.close()
    with pytest.raises(ValueError, match="no active connection"):
        await line.execute("SELECT 1")
