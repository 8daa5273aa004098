"""API keys, as what can be kept of them: how to find one, and the digest of its secret."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table, Uuid, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.access import Role
from app.clinic.api_key import ApiKey
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
    CheckConstraint("role IN ('viewer', 'editor', 'admin')", name="role"),
)


class KeyRepository:
    """Finds keys by the part that is not secret: who asks is known only afterwards."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        await self._connection.execute(insert(api_key).values(**asdict(key)))

    async def find(self, lookup: str) -> ApiKey | None:
        """Give the key of this lookup, if there is one."""
        query = select(api_key).where(api_key.c.lookup == lookup)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else ApiKey(**{**row, "role": Role(row["role"])})
