"""How the two databases are opened."""

import stat
from contextlib import AsyncExitStack

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db.engine import open_engine
from app.db.transaction import transaction
from app.errors import Unavailable
from app.settings import Settings
from tests.db.rows import a_clinic


@pytest.fixture
async def sqlite(sqlite_settings):
    engine = open_engine(sqlite_settings)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)],
)
async def test_every_sqlite_connection_has_its_pragma(sqlite, pragma, value):
    async with sqlite.connect() as first, sqlite.connect() as second:
        for connection in (first, second):
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar() == value


async def test_the_files_of_sqlite_are_readable_by_their_owner_alone(sqlite, sqlite_settings):
    await a_clinic(sqlite)
    files = {file.name: file for file in sqlite_settings.data_dir.iterdir()}
    assert files.keys() == {f"neurostrata.sqlite3{end}" for end in ("", "-wal", "-shm")}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o600}


async def test_a_sqlite_file_with_too_wide_a_mode_is_closed_to_others(sqlite_settings):
    file = sqlite_settings.data_dir / "neurostrata.sqlite3"
    file.chmod(0o644)
    engine = open_engine(sqlite_settings)
    async with engine.connect():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await engine.dispose()


async def test_no_file_stays_open_of_a_connection_that_can_write_nothing(sqlite, sqlite_settings):
    async with sqlite.connect() as connection:
        await connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(Unavailable) as held:  # and with it the cursor that failed
        await a_clinic(sqlite)
    folder = str(sqlite_settings.data_dir)
    files = [one.path for one in psutil.Process().open_files() if one.path.startswith(folder)]
    assert files == []
    assert held.value.detail


async def test_postgresql_prepares_no_statement(postgres_settings):
    engine = open_engine(postgres_settings)
    async with engine.connect() as connection:
        for number in range(20):
            await connection.execute(text("SELECT CAST(:n AS integer)"), {"n": number})
        prepared = await connection.execute(text("SELECT count(*) FROM pg_prepared_statements"))
        assert prepared.scalar() == 0
    await engine.dispose()


async def test_an_error_does_not_repeat_the_values_of_its_statement(engine):
    secret = "SECRET-VALUE-4711"
    insert = text("INSERT INTO clinic (id, name) VALUES (NULL, :name)")
    with pytest.raises(IntegrityError) as caught:
        async with engine.begin() as connection:
            await connection.execute(insert, {"name": secret})
    assert secret not in str(caught.value).partition("DETAIL:")[0]


async def test_a_request_that_gets_no_connection_in_time_is_told_so(settings, monkeypatch):
    monkeypatch.setattr("app.db.engine.POOL_SECONDS", 0.05)
    engine = open_engine(settings)
    async with AsyncExitStack() as busy:
        for _ in range(engine.pool.size() + engine.pool._max_overflow):
            await busy.enter_async_context(transaction(engine, writes=False))
        with pytest.raises(Unavailable):
            await busy.enter_async_context(transaction(engine, writes=False))
    await engine.dispose()


async def test_a_database_that_is_not_there_is_unavailable():
    engine = open_engine(Settings(database_url="postgresql://127.0.0.1:1/none"))
    with pytest.raises(Unavailable):
        async with transaction(engine, writes=False):
            pytest.fail("a transaction began without a database")
