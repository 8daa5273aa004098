"""Bringing a database to the schema this release needs, and knowing whether it is there."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.engine import open_migration_engine
from app.db.outage import told_as_unavailable
from app.settings import Settings

FOLDER: Final = Path(__file__).parents[2] / "migrations"
"""The migrations lie beside the package, in the repository and in the image alike."""

READY_SECONDS: Final = 2

_VERSION = text("SELECT version_num FROM alembic_version")


def upgrade(settings: Settings) -> None:
    """Run every migration that is missing. Of several processes at once, one does the work.

    Raises Unavailable if the database cannot be reached or is too busy.
    """
    engine = open_migration_engine(settings)
    config = configuration()
    config.attributes["engine"] = engine
    with told_as_unavailable("The database does not answer; it is not migrated."):
        try:
            command.upgrade(config, "head")
        finally:
            engine.dispose()


async def is_ready(engine: AsyncEngine) -> bool:
    """Whether the database answers within two seconds and has this release's schema."""
    try:
        async with asyncio.timeout(READY_SECONDS), engine.connect() as connection:
            versions = (await connection.scalars(_VERSION)).all()
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return versions == [newest_version()]


def configuration() -> Config:
    """Give Alembic's configuration: made here, there is no file of it."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


@cache
def newest_version() -> str | None:
    """Name the migration that this release ends with."""
    return ScriptDirectory.from_config(configuration()).get_current_head()
