"""Bringing a database to the schema this release needs, and knowing whether it is there."""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.engine import open_migration_engine
from app.db.outage import told_as_unavailable
from app.db.service_role import STANDING, Standing, look_after_role
from app.errors import ConfigurationFault
from app.settings import Settings

FOLDER: Final = Path(__file__).parents[2] / "migrations"
"""The migrations lie beside the package, in the repository and in the image alike."""

READY_SECONDS: Final = 2

ONLY_READS: Final = "The database can only be read: it is a standby, or set to be read only."

logger = logging.getLogger("neurostrata")

_VERSION = text("SELECT version_num FROM alembic_version")
_REFUSED = "42501"

# Why each database was last found unable to work: told once, not each time that somebody asks.
_told: WeakKeyDictionary[Engine, str | None] = WeakKeyDictionary()


def upgrade(settings: Settings) -> None:
    """Run every migration that is missing. Of several processes at once, one does the work.

    Raises Unavailable if the database cannot be reached or is too busy, ConfigurationFault if its
    user may not do this, or could not work with records afterwards.
    """
    engine = open_migration_engine(settings)
    config = configuration()
    config.attributes["engine"] = engine
    with told_as_unavailable("The database does not answer; it is not migrated."):
        try:
            command.upgrade(config, "head")
            look_after_role(engine)
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != _REFUSED:
                raise
            detail = "This user may not migrate the database: run migrate as the tables' owner."
            raise ConfigurationFault(detail) from error
        finally:
            engine.dispose()


async def is_ready(engine: AsyncEngine, *, writes: bool = False) -> bool:
    """Whether the database answers within two seconds, has this release's schema, and can be used.

    With `writes`, one that can only be read is not ready. What only its operator can mend is
    logged, once.
    """
    try:
        async with asyncio.timeout(READY_SECONDS), engine.connect() as connection:
            if (await connection.scalars(_VERSION)).all() != [newest_version()]:
                return False
            fault = await _fault_of(connection, writes=writes)
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    if fault is not None and fault != _told.get(engine.sync_engine):
        logger.error("not ready: %s", fault)
    _told[engine.sync_engine] = fault
    return fault is None


async def _fault_of(connection: AsyncConnection, *, writes: bool) -> str | None:
    if connection.dialect.name != "postgresql":
        return None
    standing = Standing(**(await connection.execute(STANDING)).mappings().one())
    if writes and standing.only_reads:
        await connection.invalidate()  # a session may stay so after the database can be written
        return ONLY_READS
    return standing.fault


def configuration() -> Config:
    """Give Alembic's configuration: made here, there is no file of it."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


@cache
def newest_version() -> str | None:
    """Name the migration that this release ends with."""
    return ScriptDirectory.from_config(configuration()).get_current_head()
