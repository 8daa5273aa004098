"""How a command opens the database, migrated or not at all, and finds the clinics in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.audit_key import find_audit_key, read_audit_key
from app.db.clinics import ClinicRepository
from app.db.engine import open_engine
from app.db.migrations import is_ready
from app.db.transaction import transaction
from app.errors import NotFound, Unavailable
from app.settings import Settings


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """Open the database. Raises Unavailable if it is away, or not migrated."""
    engine = open_engine(settings)
    try:
        if not await is_ready(engine):
            detail = "The database does not answer or is not migrated: run `migrate` first."
            raise Unavailable(detail)
        yield engine
    finally:
        await engine.dispose()


async def list_clinics(engine: AsyncEngine, named: str | None) -> list[tuple[str, str]]:
    """Give id and name of the clinic of this name, or of all. Raises NotFound."""
    async with transaction(engine, writes=False) as connection:
        clinics = await ClinicRepository(connection).every()
    found = [one for one in clinics if named in (None, one[1])]
    if named is not None and not found:
        raise NotFound("There is no clinic of this name.")
    return found


async def the_clinic(engine: AsyncEngine, named: str | None) -> str:
    """Give the id of the clinic of this name; without a name, of the only one. Raises NotFound."""
    clinics = await list_clinics(engine, named)
    if not clinics:
        raise NotFound("There is no clinic yet: `keys create` adds one.")
    if len(clinics) > 1:
        raise NotFound("There are several clinics: say which one with --clinic NAME.")
    return clinics[0][0]


def sealing_key(settings: Settings) -> bytes:
    """Give the key that seals the audit chains, for a command that may run before any service.

    With SQLite it lies beside the database, and a new folder gets one. With PostgreSQL it must be
    there: a chain that was begun with another key could not go on. Raises ConfigurationFault.
    """
    is_new_place = settings.database_url is None
    return read_audit_key(settings) if is_new_place else find_audit_key(settings)
