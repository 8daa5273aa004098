"""The schema comes from the migrations alone, on both databases."""

import asyncio
import os
import socket
import subprocess
import sys
import time

import pytest
from alembic import command
from sqlalchemy import inspect, text

from app.db.engine import open_engine, open_migration_engine
from app.db.migrations import FOLDER, configuration, is_ready, newest_version, upgrade
from app.db.patients import PatientRepository
from app.db.tables import TABLES
from app.db.transaction import clinic_transaction
from app.errors import Unavailable
from app.settings import Settings
from tests.db.rows import a_clinic, a_patient
from tests.services.databases import new_postgres_database

UPGRADE_WHEN_TOLD = """
from app.db.migrations import newest_version, upgrade
from app.settings import read_settings
newest_version()
print("ready", flush=True)
input()
upgrade(read_settings())
"""


@pytest.fixture
def migrated(empty_settings):
    """Point at a migrated database that the test may change."""
    upgrade(empty_settings)
    return empty_settings


@pytest.fixture
def migrate():
    """Run one of Alembic's commands on a database."""

    def run(settings, verb, *arguments):
        engine = open_migration_engine(settings)
        config = configuration()
        config.attributes["engine"] = engine
        verb(config, *arguments)
        engine.dispose()

    return run


@pytest.fixture
def sql(empty_settings):
    """Run statements on the database and give the rows of the last."""

    def run(*statements):
        engine = open_migration_engine(empty_settings)
        with engine.begin() as connection:
            answers = [connection.execute(text(statement)) for statement in statements]
            rows = answers[-1].all() if answers[-1].returns_rows else None
        engine.dispose()
        return rows

    return run


def migration_files():
    return sorted((FOLDER / "versions").glob("*.py"))


def tables(settings):
    engine = open_migration_engine(settings)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names - {"alembic_version"}


async def keep_a_patient(settings):
    engine = open_engine(settings)
    clinic_id = await a_clinic(engine)
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        assert await PatientRepository(connection, clinic_id).add(a_patient())
    await engine.dispose()


def test_up_rows_down_up_leaves_a_schema_that_works(empty_settings, migrate):
    upgrade(empty_settings)
    asyncio.run(keep_a_patient(empty_settings))
    migrate(empty_settings, command.downgrade, "base")
    assert tables(empty_settings) == set()
    upgrade(empty_settings)
    assert tables(empty_settings) == {table.name for table in TABLES}
    asyncio.run(keep_a_patient(empty_settings))


def test_each_migration_can_be_taken_back_and_done_again(migrated, migrate):
    for _ in migration_files():
        migrate(migrated, command.downgrade, "-1")
        migrate(migrated, command.upgrade, "+1")
        migrate(migrated, command.downgrade, "-1")
    assert tables(migrated) == set()


def test_upgrading_twice_changes_nothing(migrated, sql):
    asyncio.run(keep_a_patient(migrated))
    upgrade(migrated)
    assert sql("SELECT count(*) FROM clinic") == [(1,)]


def test_the_migrations_and_the_tables_do_not_drift_apart(migrated, migrate):
    migrate(migrated, command.check)


def test_the_drift_test_sees_a_missing_index(migrated, migrate, sql):
    sql("DROP INDEX ix_api_key_clinic_id")
    with pytest.raises(Exception, match="ix_api_key_clinic_id"):
        migrate(migrated, command.check)


def test_starts_at_the_same_time_migrate_once(empty_settings, sql):
    environment = os.environ | {"NEUROSTRATA_DATA_DIR": str(empty_settings.data_dir)}
    if empty_settings.database_url:
        environment["NEUROSTRATA_DATABASE_URL"] = empty_settings.database_url
    command = [sys.executable, "-c", UPGRADE_WHEN_TOLD]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    starts = [subprocess.Popen(command, env=environment, text=True, **pipes) for _ in range(6)]
    for start in starts:
        assert start.stdout.readline() == "ready\n"
    for start in starts:
        start.stdin.write("\n")
        start.stdin.flush()
    assert [(start.communicate()[1], start.returncode) for start in starts] == [("", 0)] * 6
    assert sql("SELECT version_num FROM alembic_version") == [(newest_version(),)]


def test_a_migration_that_fails_leaves_nothing_in_the_way_of_the_next_try(empty_settings, sql):
    sql("CREATE TABLE measurement (obstacle INTEGER)")
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty_settings)
    sql("DROP TABLE measurement")
    upgrade(empty_settings)
    assert tables(empty_settings) == {table.name for table in TABLES}


def test_a_migration_does_not_wait_for_a_table_that_is_in_use(postgres_url, migrate):
    for settings in new_postgres_database(postgres_url):
        upgrade(settings)
        engine = open_migration_engine(settings)
        with engine.begin() as user:
            user.execute(text("SELECT count(*) FROM measurement"))
            began = time.monotonic()
            with pytest.raises(Exception, match="lock timeout"):
                migrate(settings, command.downgrade, "base")
        assert 3 < time.monotonic() - began < 10
        engine.dispose()


def test_a_database_that_is_not_there_cannot_be_migrated():
    with pytest.raises(Unavailable):
        upgrade(Settings(database_url="postgresql://127.0.0.1:1/none"))


async def test_a_database_is_ready_when_it_is_migrated_to_the_end(empty_settings, migrate):
    engine = open_engine(empty_settings)
    assert not await is_ready(engine)
    migrate(empty_settings, command.upgrade, "+1")
    assert not await is_ready(engine)
    upgrade(empty_settings)
    assert await is_ready(engine)
    await engine.dispose()


async def test_a_database_that_never_answers_is_not_ready_after_two_seconds():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = open_engine(Settings(database_url=f"postgresql://127.0.0.1:{port}/none"))
        began = time.monotonic()
        assert not await is_ready(engine)
        assert time.monotonic() - began < 3


def test_migrations_are_named_by_date_and_import_nothing_of_ours():
    assert migration_files()
    for file in migration_files():
        digits = file.name[:15].replace("-", "")
        source = file.read_text()
        assert f'revision = "{digits}"' in source
        assert "import app" not in source
        assert "from app" not in source
