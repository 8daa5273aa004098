"""One request, one transaction: committed if it succeeds, rolled back if it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.engine import BUSY_SECONDS, LOOKS_PAST_POLICIES, SERVICE_ROLE, SQLITE_BEGIN
from app.db.outage import told_as_unavailable
from app.errors import Unavailable

AWAY = "The database does not answer. Please try again."

# Only for this transaction: the row policies of PostgreSQL compare with it. Nobody waits longer
# for the head of the clinic's audit chain than a client has patience.
_NAME_CLINIC = text(
    "SELECT set_config('neurostrata.clinic_id', :clinic_id, true),"
    " set_config('lock_timeout', :patience, true)"
)
_STEP_DOWN = text(
    "SELECT set_config('neurostrata.clinic_id', :clinic_id, true),"
    " set_config('lock_timeout', :patience, true),"
    f" set_config('role', '{SERVICE_ROLE}', true)"
)
LOCK_PATIENCE = "10s"

# SQLite lets writers poll for their turn, and some wait long; here they queue in order first.
_queues: WeakKeyDictionary[Engine, asyncio.Lock] = WeakKeyDictionary()


@asynccontextmanager
async def transaction(engine: AsyncEngine, *, writes: bool) -> AsyncIterator[AsyncConnection]:
    """Open a transaction that belongs to no clinic: keys and clinics can be read, patients not.

    A SQLite transaction that will write takes its turn at once; one that began as a reader
    could not become a writer after somebody else wrote. Raises Unavailable if the database
    cannot be reached, is too busy, or refuses the commit.
    """
    kind = "IMMEDIATE" if writes else "DEFERRED"
    with told_as_unavailable(AWAY):
        async with (
            _turn(engine, writes=writes),
            engine.execution_options(**{SQLITE_BEGIN: kind}).begin() as connection,
        ):
            yield connection


@asynccontextmanager
async def clinic_transaction(
    engine: AsyncEngine, clinic_id: str, *, writes: bool
) -> AsyncIterator[AsyncConnection]:
    """Open a transaction in which the rows of one clinic exist, and no others.

    A user of PostgreSQL whom row policies do not bind becomes one whom they do.
    """
    async with transaction(engine, writes=writes) as connection:
        if connection.dialect.name == "postgresql":
            known = connection.sync_connection.info if connection.sync_connection else {}
            statement = _STEP_DOWN if known.get(LOOKS_PAST_POLICIES) else _NAME_CLINIC
            named = {"clinic_id": clinic_id, "patience": LOCK_PATIENCE}
            await connection.execute(statement, named)
        yield connection


@asynccontextmanager
async def _turn(engine: AsyncEngine, *, writes: bool) -> AsyncIterator[None]:
    if not writes or engine.dialect.name != "sqlite":
        yield
        return
    queue = _queues.setdefault(engine.sync_engine, asyncio.Lock())
    try:
        await asyncio.wait_for(queue.acquire(), BUSY_SECONDS)
    except TimeoutError as error:
        raise Unavailable(AWAY) from error
    try:
        yield
    finally:
        queue.release()
