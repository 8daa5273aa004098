"""How every migration runs: alone, with timeouts, each in its own transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from sqlalchemy import Connection, Engine, event

from app.db.engine import MIGRATION_SECONDS, SQLITE_BEGIN, open_migration_engine
from app.db.tables import metadata
from app.settings import read_settings

LOCK_TIMEOUT = "4s"  # a migration that waits longer for a table would hold up every request
STATEMENT_TIMEOUT = "60s"
ADVISORY_LOCK = 6_174_640  # any number, the same in every release


def run() -> None:
    """Run the migrations that Alembic asks for, on the engine it was given."""
    engine = context.config.attributes.get("engine") or open_migration_engine(read_settings())
    with (_sqlite_alone if engine.dialect.name == "sqlite" else _postgres_alone)(engine) as alone:
        context.configure(
            connection=alone,
            target_metadata=metadata,
            transaction_per_migration=True,
            transactional_ddl=True,
            render_as_batch=engine.dialect.name == "sqlite",
        )
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def _sqlite_alone(engine: Engine) -> Iterator[Connection]:
    # The write lock is the only lock SQLite has, so all migrations share one transaction.
    with engine.execution_options(**{SQLITE_BEGIN: "IMMEDIATE"}).begin() as connection:
        yield connection
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RuntimeError(f"A row of {broken[0]} has lost the row it belongs to.")


@contextmanager
def _postgres_alone(engine: Engine) -> Iterator[Connection]:
    # The lock is held by a transaction of its own: each migration commits, and behind PgBouncer
    # only a transaction keeps its server connection.
    with engine.begin() as turn, engine.connect() as connection:
        turn.exec_driver_sql(f"SET LOCAL statement_timeout = '{MIGRATION_SECONDS}s'")
        turn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        event.listen(connection, "begin", _set_timeouts)
        yield connection


def _set_timeouts(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
    # Row policies let a migration see every clinic's rows.
    connection.exec_driver_sql("SET LOCAL neurostrata.clinic_id = '*'")


run()
