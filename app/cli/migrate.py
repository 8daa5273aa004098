"""`migrate`: bring the database to this release's schema."""

from __future__ import annotations

from app.db.migrations import newest_version, upgrade
from app.settings import read_settings


def migrate() -> None:
    """Bring the database to the schema of this release; safe to run again, and by many at once."""
    upgrade(read_settings())
    print(f"The database is at version {newest_version()}.")
