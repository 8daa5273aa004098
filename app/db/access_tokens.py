"""Access tokens, as digests, and the assertions that are used up. What has expired is let go of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ForeignKey, Index, String, Table, Uuid, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.access import Caller
from app.clinic.access_token import AccessToken
from app.clinic.trusted_client import Assertion, caller_of
from app.db.insert import insert_unless_there
from app.db.metadata import metadata
from app.db.trusted_clients import servers_of, trusted_client
from app.db.types import Instant

access_token: Final = Table(
    "access_token",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("client_id", Uuid(as_uuid=False), ForeignKey("trusted_client.id"), nullable=False),
    Column("scopes", String(1000), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_access_token_client_id_expires_at", "client_id", "expires_at"),
)
used_assertion: Final = Table(
    "used_assertion",
    metadata,
    Column("client_id", Uuid(as_uuid=False), ForeignKey("trusted_client.id"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("expires_at", Instant, nullable=False),
    Index("ix_used_assertion_client_id_expires_at", "client_id", "expires_at"),
)

# One statement says whether the token is good and its client still trusted.
FIND_TOKEN: Final = (
    select(
        trusted_client.c.clinic_id,
        trusted_client.c.id,
        trusted_client.c.fhir_servers,
        access_token.c.scopes,
        access_token.c.expires_at,
    )
    .join_from(access_token, trusted_client)
    .where(access_token.c.digest == bindparam("digest"), trusted_client.c.revoked_at.is_(None))
)

USED_ONCE: Final = ("client_id", "digest")


def use_of(client_id: str, assertion: Assertion) -> dict[str, Any]:
    """The row that says that a client has used an assertion up."""
    return {"client_id": client_id, **assertion._asdict()}


class AccessTokenRepository:
    """What a client has been given, and what it has given away to get it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def use(self, client_id: str, assertion: Assertion) -> bool:
        """Note that an assertion is used up; False if it was before, by whichever process."""
        row = use_of(client_id, assertion)
        return await insert_unless_there(self._connection, used_assertion, row, unique=USED_ONCE)

    async def forget_used(self, client_id: str, now: datetime) -> None:
        """Let go of what a client has used up and nobody would take any more."""
        await self._let_go(used_assertion, client_id, now)

    async def add(self, token: AccessToken, now: datetime) -> None:
        """Keep a new token."""
        await self._connection.execute(access_token.insert(), asdict(token))
        await self._let_go(access_token, token.client_id, now)

    async def _let_go(self, table: Table, client_id: str, now: datetime) -> None:
        """Remove what has expired of a client; what somebody else removes just now is left."""
        old = select(table.c.digest).where(table.c.client_id == client_id, table.c.expires_at < now)
        found = old.with_for_update(skip_locked=True)
        statement = delete(table).where(table.c.client_id == client_id, table.c.digest.in_(found))
        await self._connection.execute(statement)


def read_bearer(row: Mapping[str, Any], now: datetime) -> Caller | None:
    """Give the caller that a token stands for, unless it has expired."""
    if now >= row["expires_at"]:
        return None
    servers = servers_of(row["fhir_servers"])
    return caller_of(row["clinic_id"], row["id"], row["scopes"], servers)
