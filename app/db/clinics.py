"""Clinics: each with the random key that seals its cursors."""

from __future__ import annotations

from datetime import UTC, datetime
from secrets import token_bytes
from uuid import uuid4

from sqlalchemy import Column, LargeBinary, String, Table, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.insert import insert_unless_there
from app.db.metadata import metadata
from app.db.types import Instant

CURSOR_KEY_BYTES = 32

clinic = Table(
    "clinic",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("cursor_key", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)


class ClinicRepository:
    """The clinics this service knows. It holds nothing about patients."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def enrol(self, name: str) -> str:
        """Give the id of the clinic of this name; it is added if it is new."""
        row = {
            "id": str(uuid4()),
            "name": name,
            "cursor_key": token_bytes(CURSOR_KEY_BYTES),
            "created_at": datetime.now(UTC),
        }
        await insert_unless_there(self._connection, clinic, row, unique=("name",))
        query = select(clinic.c.id).where(clinic.c.name == name)
        found: str = (await self._connection.scalars(query)).one()
        return found

    async def every(self) -> list[tuple[str, str]]:
        """Give the id and the name of each clinic, by name."""
        rows = await self._connection.execute(select(clinic.c.id, clinic.c.name))
        return sorted(((row.id, row.name) for row in rows), key=lambda one: one[1])

    async def cursor_key(self, clinic_id: str) -> bytes:
        """Give the key that seals the clinic's cursors."""
        query = select(clinic.c.cursor_key).where(clinic.c.id == clinic_id)
        key: bytes = (await self._connection.scalars(query)).one()
        return key
