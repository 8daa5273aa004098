"""`keys …`: who may come in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, TypeVar

import typer

from app.cli.clinics import open_database
from app.clinic.access import Role
from app.clinic.api_key import ApiKey, KeyState
from app.db.transaction import transaction
from app.errors import Conflict
from app.settings import Settings, read_settings
from app.use_cases.access.create_key import create_key
from app.use_cases.access.list_keys import list_keys
from app.use_cases.access.revoke_key import revoke_key
from app.use_cases.access.rotate_key import rotate_key

T = TypeVar("T")
KeyId = Annotated[str, typer.Argument(help="id of the key, as `keys list` shows it")]

COLUMNS = ("id", "clinic", "role", "created", "expires", "last used", "state")

keys = typer.Typer(no_args_is_help=True)


@keys.callback()
def _group() -> None:
    """Create, list, rotate and revoke the API keys of clinics."""


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
    day = expires.date() if expires else None
    if day is not None and day < datetime.now(UTC).date():
        raise Conflict("The key would have expired already: --expires is a day in the past.")
    print(_run(partial(create_key, clinic, role, day), writes=True))


@keys.command("list")
def show(
    clinic: Annotated[str | None, typer.Option(help="name of the clinic; all if left out")] = None,
) -> None:
    """List the keys, without their secrets. Times are UTC; a rotated key still works."""
    listed = _run(partial(list_keys, clinic), writes=False)
    now = datetime.now(UTC)
    rows = [COLUMNS, *(_row(name, key, now) for name, key in listed)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


@keys.command("rotate")
def rotate(
    key_id: KeyId,
    grace: Annotated[
        int, typer.Option(min=0, max=720, help="hours the old key still works; 0: not at all")
    ] = 24,
) -> None:
    """Put a new key in the place of an old one and print it, this once."""
    print(_run(partial(rotate_key, key_id, timedelta(hours=grace)), writes=True))


@keys.command("revoke")
def revoke(key_id: KeyId) -> None:
    """Close a key for good, from the next request on."""
    key = _run(partial(revoke_key, key_id), writes=True)
    before = key.state(datetime.now(UTC)) is KeyState.REVOKED
    print(f"The key {key.id} {'was revoked before' if before else 'is revoked'}.")
    if key.rotated_to is not None:
        print(f"The key that took its place is another: {key.rotated_to}.")


def _row(clinic: str, key: ApiKey, now: datetime) -> tuple[str, ...]:
    times = (_minute(at) for at in (key.created_at, key.expires_at, key.last_used_at))
    return (key.id, clinic, key.role, *times, key.state(now))


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"


def _run(deed: Callable[..., Awaitable[T]], *, writes: bool) -> T:
    return asyncio.run(_in_transaction(read_settings(), deed, writes=writes))


async def _in_transaction(
    settings: Settings, deed: Callable[..., Awaitable[T]], *, writes: bool
) -> T:
    async with (
        open_database(settings) as engine,
        transaction(engine, writes=writes) as connection,
    ):
        return await deed(connection=connection)
