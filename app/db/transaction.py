"""One request, one transaction: committed if it succeeds, rolled back if it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.engine import BUSY_SECONDS, LOOKS_PAST_POLICIES, SERVICE_ROLE, SQLITE_BEGIN
from app.db.impatience import ImpatientConnection
from app.db.outage import told_as_unavailable
from app.errors import Unavailable

AWAY = "The database does not answer. Please try again."
NOT_LET_IN = "The database does not let the service in. Its operator must mend this."

_NO_SUCH_ROLE = ("22023", "42501")  # there is none, or this user may not take it on

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
            turn(engine, writes=writes),
            engine.execution_options(**{SQLITE_BEGIN: kind}).begin() as connection,
        ):
            give_time(connection, has_time=False)
            yield connection


@asynccontextmanager
async def clinic_transaction(
    engine: AsyncEngine, clinic_id: str, *, writes: bool
) -> AsyncIterator[AsyncConnection]:
    """Open a transaction in which the rows of one clinic exist, and no others.

    A user of PostgreSQL whom row policies do not bind becomes one whom they do. Raises Unavailable
    if it cannot.
    """
    async with transaction(engine, writes=writes) as connection:
        if connection.dialect.name == "postgresql":
            known = connection.sync_connection.info if connection.sync_connection else {}
            statement = _STEP_DOWN if known.get(LOOKS_PAST_POLICIES) else _NAME_CLINIC
            named = {"clinic_id": clinic_id, "patience": LOCK_PATIENCE}
            with _told_if_not_let_in():
                await connection.execute(statement, named)
        yield connection


def give_time(connection: AsyncConnection, *, has_time: bool = True) -> None:
    """Let the statements of this transaction take minutes, as those of a large import do.

    Any other is given up after seconds: PostgreSQL may have fallen silent.
    """
    known = connection.sync_connection
    driver = known.connection.driver_connection if known else None
    if isinstance(driver, ImpatientConnection):
        driver.has_time = has_time


@contextmanager
def _told_if_not_let_in() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _NO_SUCH_ROLE:
            raise Unavailable(NOT_LET_IN) from error
        raise


@asynccontextmanager
async def turn(engine: AsyncEngine, *, writes: bool) -> AsyncIterator[None]:
    """Wait for a turn to write, where only one can. Raises Unavailable if it does not come."""
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
