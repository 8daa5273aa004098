"""`clients …`: which programs of a clinic are trusted by their signatures."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.clinics import open_database, sealing_key, the_clinic
from app.clinic.trusted_client import TrustedClient
from app.db.transaction import transaction
from app.db.trusted_clients import TrustedClientRepository
from app.settings import Settings, read_settings
from app.use_cases.access.find_client import find_client
from app.use_cases.access.register_client import Registration, register_client
from app.use_cases.access.revoke_client import revoke_client
from app.use_cases.audit.act_for_operator import take_turn

COLUMNS = ("id", "clinic", "name", "issuer", "keys", "scopes", "created", "revoked")

clients = typer.Typer(no_args_is_help=True)


@clients.callback()
def _group() -> None:
    """Add, list and revoke the programs that log in, or call, by signatures of their own."""


@clients.command("add")
def add(
    clinic: Annotated[str, typer.Option(help="name of the clinic; it must be there")],
    name: Annotated[str, typer.Option(help="what the client is called in lists")],
    scopes: Annotated[str, typer.Option(help='most it may do, such as "system/*.rs"')],
    issuer: Annotated[
        str | None, typer.Option(help="how it names itself (`iss`) when it calls a CDS service")
    ] = None,
    jwks_url: Annotated[str | None, typer.Option(help="address of its public keys")] = None,
    jwks: Annotated[
        Path | None, typer.Option(help="file of its public keys, if they are at no address")
    ] = None,
    fhir_server: Annotated[
        list[str] | None, typer.Option(help="address that the service may ask for it; repeatable")
    ] = None,
) -> None:
    """Trust a client and print its id, which is its `client_id`."""
    said = Registration(
        name=name,
        scopes=scopes,
        issuer=issuer,
        jwks_url=jwks_url,
        jwks=jwks.read_bytes() if jwks else None,
        fhir_servers=tuple(fhir_server or ()),
    )
    print(asyncio.run(_add(read_settings(), clinic, said)))


@clients.command("list")
def show() -> None:
    """List the clients. Times are UTC."""
    listed = asyncio.run(_list(read_settings()))
    rows = [COLUMNS, *(_row(name, client) for name, client in listed)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


@clients.command("revoke")
def revoke(
    client_id: Annotated[str, typer.Argument(help="id of the client, as `clients list` shows it")],
) -> None:
    """Trust a client no longer, nor any token of it, from the next request on."""
    is_first = asyncio.run(_revoke(read_settings(), client_id))
    print(f"The client {client_id} {'is revoked' if is_first else 'was revoked before'}.")


async def _add(settings: Settings, clinic: str, said: Registration) -> str:
    async with open_database(settings) as engine:
        clinic_id = await the_clinic(engine, clinic)
        async with take_turn(engine, clinic_id, sealing_key(settings)) as turn:
            return await register_client(said, turn=turn, issuer_of_users=settings.oidc_issuer)


async def _list(settings: Settings) -> list[tuple[str, TrustedClient]]:
    async with (
        open_database(settings) as engine,
        transaction(engine, writes=False) as connection,
    ):
        return await TrustedClientRepository(connection).list_all()


async def _revoke(settings: Settings, client_id: str) -> bool:
    async with open_database(settings) as engine:
        async with transaction(engine, writes=False) as connection:
            client = await find_client(client_id, connection=connection)
        async with take_turn(engine, client.clinic_id, sealing_key(settings)) as turn:
            return await revoke_client(client, turn=turn)


def _row(clinic: str, client: TrustedClient) -> tuple[str, ...]:
    keys = client.jwks_url or "given"
    times = (_minute(client.created_at), _minute(client.revoked_at))
    return (client.id, clinic, client.name, client.issuer or "none", keys, client.scopes, *times)


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"
