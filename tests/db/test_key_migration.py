"""Keys that were there before live through the change of their table, and through its undoing."""

import pytest
from alembic import command
from sqlalchemy import text

from app.db.engine import open_migration_engine
from app.db.migrations import configuration

BEFORE, AFTER = "202611221020", "202611221100"
ID, OTHER = "00000000000040008000000000000001", "00000000000040008000000000000002"
FIRST, SECOND, LATER = (f"2026-03-0{day} 12:00:00+00:00" for day in (1, 2, 3))
COLUMNS = "id, clinic_id, lookup, digest, role, created_at, expires_at"


@pytest.fixture
def at(empty_settings):
    """Bring the database to a version, then run statements and give the rows of the last."""

    def run(verb, version, *statements):
        engine = open_migration_engine(empty_settings)
        config = configuration()
        config.attributes["engine"] = engine
        verb(config, version)
        with engine.begin() as connection:
            answers = [connection.execute(text(statement)) for statement in statements]
            rows = answers[-1].all() if statements and answers[-1].returns_rows else None
        engine.dispose()
        return rows

    return run


def of_keys(columns):
    return f"SELECT {columns} FROM api_key ORDER BY lookup"


def test_keys_live_on_and_a_revoked_one_stays_closed_when_the_change_is_undone(at, empty_settings):
    nothing = "NULL"
    rows = at(
        command.upgrade,
        BEFORE,
        f"INSERT INTO clinic VALUES ('{ID}', 'North', '', '{FIRST}')",
        *(
            f"INSERT INTO api_key ({COLUMNS}) VALUES"
            f" ('{key}', '{ID}', '{lookup}', 'digest', 'viewer', '{FIRST}', {expires})"
            for key, lookup, expires in ((ID, "a", nothing), (OTHER, "b", f"'{LATER}'"))
        ),
        of_keys(COLUMNS),
    )
    assert len(rows) == 2
    added = "last_used_at, revoked_at, rotated_to"
    assert at(command.upgrade, AFTER, of_keys(COLUMNS)) == rows
    assert at(command.upgrade, AFTER, of_keys(added)) == [(None,) * 3] * 2
    at(command.upgrade, AFTER, f"UPDATE api_key SET revoked_at = '{SECOND}' WHERE lookup = 'a'")
    closed = at(command.downgrade, BEFORE, of_keys("lookup, expires_at"))
    assert [(lookup, str(until)[:10]) for lookup, until in closed] == [
        ("a", SECOND[:10]),
        ("b", LATER[:10]),
    ]
    assert at(command.upgrade, AFTER, of_keys(added)) == [(None,) * 3] * 2
