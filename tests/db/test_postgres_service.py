"""The PostgreSQL that the other tests here rely on."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.services import postgres

START_AND_DIE = """
import os, signal, sys
from tests.services import postgres

postgres.PREFIX = sys.argv[1]
server = postgres.start()
print(server.get_pid(), server.pgdata.parent, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def answer(url, question):
    engine = create_engine(url)
    with engine.connect() as connection:
        value = connection.execute(text(question)).scalar_one()
    engine.dispose()
    return value


def test_the_server_is_postgresql_18(postgres_url):
    assert answer(postgres_url, "SHOW server_version").startswith("18.")


def test_an_empty_database_has_no_tables(empty_postgres_url):
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert answer(empty_postgres_url, tables) == 0


def test_the_server_of_a_killed_test_run_is_stopped(monkeypatch):
    # A name of its own: another test process that starts now must not be the one that stops it.
    monkeypatch.setattr(postgres, "PREFIX", "neurostrata-abandoned-postgres-")
    killed = subprocess.run(
        [sys.executable, "-c", START_AND_DIE, postgres.PREFIX],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    process_id, folder = killed.stdout.split()
    assert postgres.is_running(int(process_id))

    postgres.stop_abandoned_servers()

    assert not postgres.is_running(int(process_id))
    assert not Path(folder).exists()
