"""Single reads of the SQLite file: the same answers as the patient way, and never an old file's."""

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import bindparam, make_url, select, update

from app.clinic.access import Role
from app.clinic.api_key import read_key_text
from app.db.door import Door
from app.db.engine import open_engine
from app.db.file_line import FileLine, Reading
from app.db.keys import FIND_KEY, api_key, read_key
from app.db.transaction import transaction
from app.use_cases.access.create_key import create_key

READING = Reading(FIND_KEY)


@pytest.fixture
async def kept(sqlite_settings):
    """Keep a key; give its lookup, the engine and the file."""
    engine = open_engine(sqlite_settings)
    async with transaction(engine, writes=True) as connection:
        written = await create_key("North", Role.VIEWER, None, connection=connection)
    yield read_key_text(written).lookup, engine, file_of(sqlite_settings)
    await engine.dispose()


def file_of(settings):
    return Path(make_url(settings.sqlalchemy_url).database)


async def test_the_file_gives_what_sqlalchemy_gives(kept):
    lookup, engine, file = kept
    async with transaction(engine, writes=False) as connection:
        result = await connection.execute(FIND_KEY, {"lookup": lookup})
        expected = dict(result.mappings().one())
    line = FileLine(file)
    assert line.ask(READING, {"lookup": lookup}) == expected
    assert line.ask(READING, {"lookup": "nobody"}) is None
    line.close()


async def test_values_are_written_as_the_columns_keep_them(kept):
    lookup, _, file = kept
    line = FileLine(file)
    key = line.ask(READING, {"lookup": lookup})
    by_id = Reading(select(api_key).where(api_key.c.id == bindparam("key_id")))
    assert line.ask(by_id, {"key_id": key["id"]}) == key
    line.close()


async def test_what_was_committed_is_seen_at_once(kept):
    lookup, engine, _ = kept
    door = Door(engine)
    assert (await door.find_key(lookup)).revoked_at is None
    now = datetime(2026, 11, 28, tzinfo=UTC)
    async with transaction(engine, writes=True) as connection:
        of_it = update(api_key).where(api_key.c.lookup == lookup)
        await connection.execute(of_it.values(revoked_at=now))
    assert (await door.find_key(lookup)).revoked_at == now
    await door.close()


async def test_another_file_in_its_place_is_seen_at_once(kept):
    lookup, engine, file = kept
    await engine.dispose()
    line = FileLine(file)
    assert read_key(line.ask(READING, {"lookup": lookup})).lookup == lookup
    other = file.with_name("other.sqlite3")
    shutil.copy(file, other)
    with sqlite3.connect(other) as connection:
        connection.execute("DELETE FROM api_key")
    connection.close()
    line.close()
    line.ask(READING, {"lookup": lookup})
    other.replace(file)  # as a restore does it
    assert line.ask(READING, {"lookup": lookup}) is None
    line.close()


def test_nothing_can_be_written_and_no_file_is_made(tmp_path):
    nowhere = tmp_path / "nowhere.sqlite3"
    with pytest.raises(OSError, match="nowhere"):
        FileLine(nowhere).ask(READING, {"lookup": "x"})
    assert not nowhere.exists()


async def test_the_line_only_reads(kept):
    lookup, _, file = kept
    line = FileLine(file)
    line.ask(READING, {"lookup": lookup})
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        line._connection.execute("DELETE FROM api_key")
    line.close()


async def test_where_the_file_cannot_be_asked_the_patient_way_is_gone(kept, monkeypatch):
    lookup, engine, _ = kept
    door = Door(engine)

    def locked(*_):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(FileLine, "ask", locked)
    assert (await door.find_key(lookup)).lookup == lookup
    await door.close()
