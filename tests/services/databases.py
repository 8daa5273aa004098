"""The two databases of the service: a test that asks for `settings` runs on each of them."""

import uuid

import pytest
from sqlalchemy import make_url

from app.db.engine import open_engine
from app.db.migrations import upgrade
from app.db.transaction import transaction
from app.settings import Settings
from tests.services.postgres import run

OWNER = "neurostrata_tests"
"""No superuser: row policies do not bind one."""


@pytest.fixture(params=["sqlite", "postgres"])
def empty_settings(request, tmp_path):
    """Point at a database that is there and has nothing in it."""
    if request.param == "sqlite":
        yield Settings(data_dir=tmp_path / "data")
    else:
        yield from _postgres(request.getfixturevalue("postgres_url"))


@pytest.fixture
def settings(empty_settings):
    """Point at a database with this release's schema."""
    upgrade(empty_settings)
    return empty_settings


@pytest.fixture
def postgres_settings(postgres_url):
    """Point at a PostgreSQL database with this release's schema."""
    for settings in _postgres(postgres_url):
        upgrade(settings)
        yield settings


@pytest.fixture
def sqlite_settings(tmp_path):
    """Point at a SQLite database with this release's schema."""
    settings = Settings(data_dir=tmp_path / "data")
    upgrade(settings)
    return settings


@pytest.fixture
async def engine(settings):
    """Open the migrated database."""
    opened = open_engine(settings)
    yield opened
    await opened.dispose()


@pytest.fixture
async def writing(engine):
    """Open a transaction that may write; it is committed if the test passes."""
    async with transaction(engine, writes=True) as connection:
        yield connection


def _postgres(postgres_url):
    name = f"test_{uuid.uuid4().hex}"
    exists = f"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}')"
    run(postgres_url, f"DO $$ BEGIN {exists} THEN CREATE ROLE {OWNER} LOGIN; END IF; END $$")
    run(postgres_url, f"CREATE DATABASE {name} OWNER {OWNER}")
    url = make_url(postgres_url).set(database=name, username=OWNER)
    yield Settings(database_url=url.render_as_string())
    run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
