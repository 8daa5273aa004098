"""A clinic's own evidence: added once, read by its clinic alone, never changed."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import (
    Column,
    ForeignKey,
    LargeBinary,
    RowMapping,
    Select,
    String,
    Table,
    Uuid,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.fitted_evidence import FittedEvidence
from app.db.metadata import metadata
from app.db.types import Instant

fitted_evidence: Final = Table(
    "fitted_evidence",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(240), nullable=False),
    Column("model_id", Uuid(as_uuid=False), nullable=False),
    Column("cohort_version", String(64), nullable=False),
    Column("digest", String(80), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

_KEPT = [field.name for field in fields(FittedEvidence)]


class FittedEvidenceRepository:
    """The own evidence of one clinic."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id
        self._ours = select(fitted_evidence).where(fitted_evidence.c.clinic_id == clinic_id)

    async def add(self, new: FittedEvidence) -> None:
        """Keep a document."""
        row = asdict(new) | {"clinic_id": self._clinic_id}
        await self._connection.execute(insert(fitted_evidence), row)

    async def find(self, evidence_id: str) -> FittedEvidence | None:
        """Give the clinic's evidence of this id, if there is one."""
        found = await self._read(self._ours.where(fitted_evidence.c.id == evidence_id))
        return found[0] if found else None

    async def every(self) -> list[FittedEvidence]:
        """Give all evidence of the clinic, in order of creation."""
        table = fitted_evidence.c
        return await self._read(self._ours.order_by(table.created_at, table.id))

    async def _read(self, query: Select[Any]) -> list[FittedEvidence]:
        return [_kept(row) for row in (await self._connection.execute(query)).mappings()]


def _kept(row: RowMapping) -> FittedEvidence:
    return FittedEvidence(**{name: row[name] for name in _KEPT})
