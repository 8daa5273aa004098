"""The way to the database: SQLite in a file of its own, or PostgreSQL."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from app.db.impatience import ImpatientConnection
from app.db.outage import only_reads
from app.settings import Settings

BUSY_SECONDS: Final = 5
"""How long a SQLite writer waits for the one before it."""

MIGRATION_SECONDS: Final = 60
"""How long one process waits for another that is migrating."""

POOL_SECONDS: Final = 5
"""How long a request waits for one of the connections that are kept open."""

CONNECT_SECONDS: Final = 3

SILENCE: Final = {
    "tcp_user_timeout": 10_000,  # milliseconds until what was sent must have arrived
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
"""When the system gives up on a peer that is gone: after some 20 seconds, not two hours."""

RESTED_SECONDS: Final = 1
"""How long a connection may rest before it is asked whether it still lives."""

OWNER_ONLY: Final = 0o600

SERVICE_ROLE: Final = "neurostrata_service"
"""The role of PostgreSQL that a migration makes, and that row policies bind."""

LOOKS_PAST_POLICIES: Final = "looks_past_policies"
"""In a connection's `info`: whether row policies do not bind its user."""

SQLITE_BEGIN: Final = "sqlite_begin"
"""Execution option: which BEGIN a SQLite transaction starts with."""

_RESTS_SINCE: Final = "rests_since"
_IS_UNBOUND: Final = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # NORMAL may lose an answered write in a power cut
    "PRAGMA secure_delete = ON",  # what was erased is overwritten
)


def open_engine(settings: Settings) -> AsyncEngine:
    """Make the engine of a running service. Nothing is connected yet."""
    url = make_url(settings.sqlalchemy_url)
    options = _options(url)
    if url.get_backend_name() == "postgresql":
        options["connect_args"] |= SILENCE | {"async_creator_fn": ImpatientConnection.connect}
    engine = create_async_engine(url, pool_timeout=POOL_SECONDS, **options)
    _learn_of_user(engine.sync_engine)
    _ping_the_rested(engine.sync_engine)
    _part_with_readers(engine.sync_engine)
    _prepare_sqlite(
        engine.sync_engine,
        f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
        "PRAGMA foreign_keys = ON",
    )
    return engine


def open_migration_engine(settings: Settings) -> Engine:
    """Make the engine that changes the schema: not async, and nothing is kept open.

    SQLite changes a table by building it anew, which its foreign keys would forbid: here they are
    off, and checked as a whole before the commit.
    """
    url = make_url(settings.sqlalchemy_url)
    url = url.set(drivername=url.drivername.replace("+aiosqlite", ""))
    engine = create_engine(url, **_options(url) | {"poolclass": NullPool})
    _prepare_sqlite(
        engine,
        f"PRAGMA busy_timeout = {MIGRATION_SECONDS * 1000}",
        "PRAGMA foreign_keys = OFF",
    )
    return engine


def _options(url: URL) -> dict[str, Any]:
    # Parameters can hold patients: an error message must never repeat them.
    shared: dict[str, Any] = {"hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        return shared
    # Prepared statements outlive a transaction and go astray behind PgBouncer: never prepare.
    connect_args = {
        "prepare_threshold": None,
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "neurostrata",
    }
    return shared | {"connect_args": connect_args}


def _learn_of_user(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "connect")
    def ask(connection: Any, record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(_IS_UNBOUND)
        record.info[LOOKS_PAST_POLICIES] = cursor.fetchone()[0]
        cursor.close()
        connection.rollback()


def _ping_the_rested(engine: Engine) -> None:
    """Ask a connection that has not been used for a while whether it still lives.

    A busy one need not be asked each time: that would be one round trip more for each request.
    """
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "checkin")
    def note(_: object, record: ConnectionPoolEntry) -> None:
        record.info[_RESTS_SINCE] = monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
        if monotonic() - record.info.get(_RESTS_SINCE, monotonic()) < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool then opens another


def _part_with_readers(engine: Engine) -> None:
    """Open another connection for one that turns out to write nothing.

    Opened while the disk or the server could only be read, it would stay so for ever.
    """

    @event.listens_for(engine, "handle_error")
    def judge(context: ExceptionContext) -> None:
        if only_reads(context.original_exception):
            context.is_disconnect = True
            if context.execution_context is not None:
                # SQLite keeps the files of a connection open as long as a statement is.
                context.execution_context.cursor.close()


def _prepare_sqlite(engine: Engine, *pragmas: str) -> None:
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "do_connect")
    def keep_private(*_: object) -> None:
        _make_private(Path(engine.url.database or ""))

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: object) -> None:
        # None: the driver must not begin transactions by its own rules; `begin` below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*pragmas, *_PRAGMAS):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "checkout")
    def begin_nothing(connection: Any, *_: object) -> None:
        # Where AUTOCOMMIT was asked for, SQLAlchemy sets the driver's own rules when it is over.
        if connection.isolation_level is not None:
            connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get(SQLITE_BEGIN, "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")


def _make_private(file: Path) -> None:
    # SQLite gives the journal and its index the mode of the database file. A file that is there is
    # never opened: to close it again would give up every lock that this process holds on it, and
    # the next process, thinking itself alone, would throw the journal away.
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
    if stat.S_IMODE(file.stat().st_mode) != OWNER_ONLY:
        file.chmod(OWNER_ONLY)
