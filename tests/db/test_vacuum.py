"""Clearing away what was erased, however long that takes."""

import pytest
from sqlalchemy.exc import OperationalError

from app.db.engine import open_engine
from app.db.vacuum import clear_erased


async def test_clearing_away_may_take_longer_than_a_request_waits(postgres_settings, monkeypatch):
    monkeypatch.setattr("app.db.impatience.FIRST_ANSWER_SECONDS", 1e-9)
    engine = open_engine(postgres_settings)
    with pytest.raises(OperationalError):
        await engine.connect()
    await engine.dispose()
    clear_erased(postgres_settings)
