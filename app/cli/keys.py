"""`keys …`: who may come in."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Annotated

import typer

from app.clinic.access import Role
from app.db.engine import open_engine
from app.db.migrations import is_ready
from app.db.transaction import transaction
from app.errors import Unavailable
from app.settings import Settings, read_settings
from app.use_cases.create_key import create_key

keys = typer.Typer(no_args_is_help=True)


@keys.callback()
def _group() -> None:
    """Create API keys for clinics."""


@keys.command("create")
def create(
    clinic: Annotated[str, typer.Option(help="name of the clinic; it is added if it is new")],
    role: Annotated[Role, typer.Option(help="what the key may do")],
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="first day the key no longer works (UTC)"),
    ] = None,
) -> None:
    """Create a key and print it. It is shown this once: only its digest is kept."""
    expires_date = expires.date() if expires else None
    print(asyncio.run(_create(read_settings(), clinic, role, expires_date)))


async def _create(settings: Settings, clinic: str, role: Role, expires_date: date | None) -> str:
    engine = open_engine(settings)
    try:
        if not await is_ready(engine):
            detail = "The database does not answer or is not migrated: run `migrate` first."
            raise Unavailable(detail)
        async with transaction(engine, writes=True) as connection:
            return await create_key(clinic, role, expires_date, connection=connection)
    finally:
        await engine.dispose()
