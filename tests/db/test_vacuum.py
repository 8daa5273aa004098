"""Clearing away what was erased, however long that takes."""

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app.db.engine import open_engine
from app.db.erasures import overwrite_erased
from app.db.vacuum import clear_erased
from app.errors import Unavailable
from tests.db.rows import a_clinic


async def test_clearing_away_may_take_longer_than_a_request_waits(postgres_settings, monkeypatch):
    monkeypatch.setattr("app.db.impatience.FIRST_ANSWER_SECONDS", 1e-9)
    engine = open_engine(postgres_settings)
    with pytest.raises(OperationalError):
        await engine.connect()
    await engine.dispose()
    clear_erased(postgres_settings)


@pytest.fixture
async def read_only(sqlite_settings):
    """Open a file with an unfinished journal, as if its disk could only be read at first."""
    other, engine = open_engine(sqlite_settings), open_engine(sqlite_settings)
    await a_clinic(other, "North")
    disk = {"mode": "ro"}

    @event.listens_for(engine.sync_engine, "do_connect")
    def open_file(dialect, record, arguments, options):
        arguments[0] = f"file:{engine.url.database}?mode={disk['mode']}"
        options["uri"] = True

    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT name FROM clinic")) == "North"
    disk["mode"] = "rw"
    yield engine
    await engine.dispose()
    await other.dispose()


async def test_a_file_that_can_only_be_read_is_told_when_it_should_be_overwritten(read_only):
    with pytest.raises(Unavailable, match="not overwritten"):
        await overwrite_erased(read_only)


async def test_a_file_that_could_only_be_read_when_it_was_opened_is_opened_again(read_only):
    with pytest.raises(Unavailable):
        await a_clinic(read_only, "South")
    assert await a_clinic(read_only, "South")
