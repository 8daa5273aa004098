"""What the tests of the memory ask for."""

from tests.services.databases import (  # noqa: F401 - fixtures
    empty_settings,
    engine,
    migrated_postgres,
    migrated_sqlite,
    postgres_settings,
    settings,
    sqlite_settings,
    tamper,
)
