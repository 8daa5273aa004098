"""API keys, as what can be kept of them: how to find one, and the digest of its secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    String,
    Table,
    Uuid,
    bindparam,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.access import Role
from app.clinic.api_key import ApiKey
from app.db.clinics import clinic
from app.db.metadata import metadata
from app.db.types import Instant

api_key = Table(
    "api_key",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), nullable=False, index=True),
    Column("lookup", String(12), nullable=False, unique=True),
    Column("digest", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    Column("rotated_to", Uuid(as_uuid=False)),
    CheckConstraint("role IN ('viewer', 'editor', 'admin')", name="role"),
)

# Asked at the door: who comes in is known only afterwards.
FIND_KEY: Final = select(api_key).where(api_key.c.lookup == bindparam("lookup"))
RECORD_USE: Final = (
    update(api_key)
    .where(
        api_key.c.id == bindparam("key_id"),
        or_(
            api_key.c.last_used_at.is_(None),
            api_key.c.last_used_at <= bindparam("unless_after"),
        ),
    )
    .values(last_used_at=bindparam("now"))
)


class KeyRepository:
    """The keys of all clinics, for the operator."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        await self._connection.execute(insert(api_key).values(**asdict(key)))

    async def get(self, key_id: str) -> ApiKey | None:
        """Give the key of this id, if there is one. `key_id` is a UUID."""
        query = select(api_key).where(api_key.c.id == key_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else read_key(dict(row))

    async def list_all(self, clinic_name: str | None = None) -> list[tuple[str, ApiKey]]:
        """Give each key with its clinic's name: those of one clinic, or of all; oldest first."""
        query = (
            select(clinic.c.name.label("clinic_name"), api_key)
            .join_from(api_key, clinic)
            .order_by(clinic.c.name, api_key.c.created_at, api_key.c.id)
        )
        if clinic_name is not None:
            query = query.where(clinic.c.name == clinic_name)
        rows = (await self._connection.execute(query)).mappings()
        return [(row["clinic_name"], read_key(dict(row))) for row in rows]

    async def mark_rotated(self, key: ApiKey) -> bool:
        """Keep the end and the successor of a key; False if it had one, or is revoked, by now."""
        statement = (
            update(api_key)
            .where(
                api_key.c.id == key.id,
                api_key.c.rotated_to.is_(None),
                api_key.c.revoked_at.is_(None),
            )
            .values(expires_at=key.expires_at, rotated_to=key.rotated_to)
        )
        return (await self._connection.execute(statement)).rowcount == 1

    async def revoke(self, key_id: str, now: datetime) -> bool:
        """Close a key for good; False if it was closed before, which then stays as it was."""
        statement = (
            update(api_key)
            .where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        return (await self._connection.execute(statement)).rowcount == 1


def read_key(row: Mapping[str, Any]) -> ApiKey:
    """Make a key of its columns, by name."""
    columns = {column.name: row[column.name] for column in api_key.columns}
    return ApiKey(**{**columns, "role": Role(row["role"])})
