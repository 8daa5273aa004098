"""`retention`: remove what was kept for long enough."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from app.cli.clinics import list_clinics, open_database
from app.db.audit_key import find_audit_key
from app.db.audit_trail import audit_snapshot
from app.db.erasures import overwrite_erased
from app.db.vacuum import clear_erased
from app.errors import Unavailable
from app.settings import Settings, read_settings
from app.use_cases.audit.retain import retain


def retention(
    clinic: Annotated[str | None, typer.Option(help="name of the clinic; all if left out")] = None,
) -> None:
    """Remove remembered answers, tombstones and audit events older than the settings say.

    For a timer: once a day, after `audit verify`. Exit 1 if a clinic's chain is not whole enough
    to be shortened; the others are done.
    """
    if not asyncio.run(_retain_all(read_settings(), clinic)):
        raise typer.Exit(1)


async def _retain_all(settings: Settings, clinic: str | None) -> bool:
    key = find_audit_key(settings)
    are_done = True
    async with open_database(settings) as engine:
        for clinic_id, name in await list_clinics(engine, clinic):
            async with audit_snapshot(engine, clinic_id) as trail:
                if await trail.head() is None:
                    print(f"{name}: nothing is kept")
                    continue
            try:
                gone = await retain(clinic_id, settings=settings, engine=engine, key=key)
            except Unavailable as error:
                print(f"{name}: NOT DONE: {error.detail}")
                are_done = False
                continue
            print(
                f"{name}: removed {gone.first_answers} remembered answers, "
                f"{gone.tombstones} tombstones, {gone.audit_events} audit events"
            )
        await overwrite_erased(engine)
        await asyncio.to_thread(clear_erased, settings)
    return are_done
