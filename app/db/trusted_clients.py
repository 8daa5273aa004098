"""Registered clients: whose they are, where their public keys are, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.trusted_client import TrustedClient
from app.db.clinics import clinic
from app.db.insert import insert_unless_there
from app.db.metadata import metadata
from app.db.types import Instant

trusted_client: Final = Table(
    "trusted_client",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("issuer", String(500)),
    Column("jwks_url", String(500)),
    Column("jwks", Text),
    Column("scopes", String(1000), nullable=False),
    Column("fhir_servers", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    CheckConstraint("(jwks_url IS NULL) <> (jwks IS NULL)", name="keys"),
)
_IS_OPEN = trusted_client.c.revoked_at.is_(None)
Index(
    "ix_trusted_client_issuer",
    trusted_client.c.issuer,
    unique=True,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)

# Asked at the door: who comes in is known only afterwards.
FIND_CLIENT: Final = select(trusted_client).where(
    trusted_client.c.id == bindparam("client_id"), _IS_OPEN
)
FIND_ISSUER: Final = select(trusted_client).where(
    trusted_client.c.issuer == bindparam("issuer"), _IS_OPEN
)


class TrustedClientRepository:
    """The clients of all clinics, for the operator."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, client: TrustedClient) -> bool:
        """Keep a new client; False if another that is trusted names itself so."""
        row = asdict(client) | {"fhir_servers": "\n".join(client.fhir_servers)}
        return await insert_unless_there(
            self._connection, trusted_client, row, unique=("issuer",), where=_IS_OPEN
        )

    async def get(self, client_id: str) -> TrustedClient | None:
        """Give the client of this id, revoked or not. `client_id` is a UUID."""
        query = select(trusted_client).where(trusted_client.c.id == client_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else read_client(row)

    async def list_all(self) -> list[tuple[str, TrustedClient]]:
        """Give each client with its clinic's name, oldest first."""
        query = (
            select(clinic.c.name.label("clinic_name"), trusted_client)
            .join_from(trusted_client, clinic)
            .order_by(clinic.c.name, trusted_client.c.created_at, trusted_client.c.id)
        )
        rows = (await self._connection.execute(query)).mappings()
        return [(row["clinic_name"], read_client(row)) for row in rows]

    async def revoke(self, client_id: str, now: datetime) -> bool:
        """Close a client for good; False if it was closed before, which then stays as it was."""
        statement = (
            update(trusted_client)
            .where(trusted_client.c.id == client_id, _IS_OPEN)
            .values(revoked_at=now)
        )
        return (await self._connection.execute(statement)).rowcount == 1


def read_client(row: Mapping[Any, Any]) -> TrustedClient:
    """Make a client of its columns, by name."""
    columns = {column.name: row[column.name] for column in trusted_client.columns}
    return TrustedClient(**{**columns, "fhir_servers": servers_of(row["fhir_servers"])})


def servers_of(written: str) -> tuple[str, ...]:
    """Read the addresses that stand in a column, one in a line."""
    return tuple(written.split("\n")) if written else ()
