"""What the tests of the doors ask for."""

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.api.clinics import Service, make_keys, open_service
from tests.services.databases import (  # noqa: F401 - fixtures
    empty_settings,
    migrated_postgres,
    migrated_sqlite,
    postgres_settings,
    settings,
    sqlite_settings,
    tamper,
)


@pytest.fixture
def service(settings):  # noqa: F811 - the fixture above
    """Run the service on a database with two clinics and all their keys."""
    keys = make_keys(settings)
    with open_service(settings) as client:
        yield Service(client, keys)


@pytest.fixture(scope="session")
def client(tmp_path_factory):
    """Run the service for questions that touch no database."""
    somewhere = Settings(data_dir=tmp_path_factory.mktemp("data"))
    with TestClient(create_app(somewhere)) as running:
        yield running
