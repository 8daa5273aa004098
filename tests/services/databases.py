"""The two databases of the service: a test that asks for `settings` runs on each of them.

Migrating is done once for each test process: a test gets a copy of the SQLite file, or the
PostgreSQL database with its tables emptied. Who changes the schema asks for `empty_settings`.
"""

import shutil
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import NullPool, create_engine, make_url

from app.db.checkpoint_file import FILE
from app.db.engine import open_engine
from app.db.migrations import upgrade
from app.db.tables import TABLES
from app.settings import Settings
from tests.services.postgres import run

BOTH = ["sqlite", "postgres"]
OWNER = "neurostrata_tests"
"""No superuser: row policies do not bind one."""


@pytest.fixture(params=BOTH)
def empty_settings(request, tmp_path):
    """Point at a database of its own that has nothing in it."""
    if request.param == "sqlite":
        yield Settings(data_dir=tmp_path / "data")
    else:
        yield from new_postgres_database(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=BOTH)
def settings(request):
    """Point at a database with this release's schema and no rows."""
    return request.getfixturevalue(f"{request.param}_settings")


@pytest.fixture
def sqlite_settings(migrated_sqlite):
    """Point at a SQLite database with this release's schema and no rows."""
    # Always the same place: settings that are equal can share what is made from them.
    folder = migrated_sqlite.data_dir.with_name("data-of-one-test")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(migrated_sqlite.data_dir, folder)
    return Settings(data_dir=folder)


@pytest.fixture
def postgres_settings(migrated_postgres):
    """Point at a PostgreSQL database with this release's schema and no rows."""
    names = ", ".join(table.name for table in TABLES)
    run(migrated_postgres.sqlalchemy_url, f"TRUNCATE {names} CASCADE")
    (migrated_postgres.data_dir / FILE).unlink(missing_ok=True)  # it tells of clinics that are gone
    return migrated_postgres


@pytest.fixture
def tamper(settings, request):
    """Run statements as somebody whom nothing binds: a superuser, or the owner of the file."""
    url = make_url(settings.sqlalchemy_url)
    if settings.database_url is None:
        url = url.set(drivername="sqlite")
    else:
        url = make_url(request.getfixturevalue("postgres_url")).set(database=url.database)
    engine = create_engine(url, poolclass=NullPool)

    def execute(*statements):
        with engine.begin() as hand:
            results = [hand.execute(statement) for statement in statements]
            rows = [one.mappings().all() for one in results if one.returns_rows]
        return rows[-1] if rows else None

    return execute


@pytest.fixture
async def engine(settings):
    """Open the database."""
    opened = open_engine(settings)
    yield opened
    await opened.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory):
    """Migrate a SQLite file, once."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("migrated") / "data")
    upgrade(settings)
    return settings


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url):
    """Migrate a PostgreSQL database, once."""
    for settings in new_postgres_database(postgres_url):
        upgrade(settings)
        yield settings


def new_postgres_database(postgres_url):
    """Make a database, give its settings, and drop it."""
    name = f"test_{uuid.uuid4().hex}"
    exists = f"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}')"
    run(postgres_url, f"DO $$ BEGIN {exists} THEN CREATE ROLE {OWNER} LOGIN; END IF; END $$")
    run(postgres_url, f"CREATE DATABASE {name} OWNER {OWNER}")
    url = make_url(postgres_url).set(database=name, username=OWNER)
    with TemporaryDirectory(prefix="neurostrata-data-") as folder:
        yield Settings(database_url=url.render_as_string(), data_dir=Path(folder))
    run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
