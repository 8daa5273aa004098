"""Tombstones: that a patient was erased, when, and by whom. Nothing about the patient."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import Column, ForeignKey, String, Table, Uuid, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.clinic.erasure import Erasure
from app.db.metadata import metadata
from app.db.outage import told_as_unavailable
from app.db.types import Instant

NOT_OVERWRITTEN: Final = "What was erased is not overwritten: the database cannot be written."

erasure: Final = Table(
    "erasure",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("patient_id", Uuid(as_uuid=False), primary_key=True),
    Column("erased_at", Instant, nullable=False),
    Column("erased_by", String(240), nullable=False),
)


class ErasureRepository:
    """The tombstones of one clinic."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id

    async def add(self, done: Erasure) -> None:
        """Set a tombstone."""
        await self._connection.execute(
            insert(erasure), asdict(done) | {"clinic_id": self._clinic_id}
        )

    async def find(self, patient_id: str) -> Erasure | None:
        """Give the tombstone of a patient, if they were erased."""
        query = select(erasure.c.patient_id, erasure.c.erased_at, erasure.c.erased_by).where(
            erasure.c.clinic_id == self._clinic_id, erasure.c.patient_id == patient_id
        )
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else Erasure(**row)

    async def remove_before(self, oldest: datetime) -> int:
        """Remove the tombstones that were set before; say how many."""
        ours = erasure.c.clinic_id == self._clinic_id
        statement = delete(erasure).where(ours, erasure.c.erased_at < oldest)
        return (await self._connection.execute(statement)).rowcount


async def overwrite_erased(engine: AsyncEngine) -> None:
    """Let SQLite write what was erased over in its main file, and cut its journal.

    PostgreSQL does so when it needs the space again, or at once by `VACUUM FULL`, which only the
    tables' owner may run. A journal that a reader still needs is cut later. Raises Unavailable.
    """
    if engine.dialect.name == "sqlite":
        at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        with told_as_unavailable(NOT_OVERWRITTEN):
            async with at_once.connect() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
