"""Kept estimates: added once, read, and removed with the patient alone."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.kept_estimate import KeptEstimate
from app.clinic.page import Place
from app.db.keyset import in_order_of_creation
from app.db.metadata import metadata
from app.db.types import Instant

estimate: Final = Table(
    "estimate",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), primary_key=True),
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("patient_id", Uuid(as_uuid=False), nullable=False),
    Column("measurement_id", Uuid(as_uuid=False), nullable=False),
    Column("patient_version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(240), nullable=False),
    Column("evidence_id", String(64), nullable=False),
    Column("evidence_version", String(32), nullable=False),
    Column("evidence_digest", String(80), nullable=False),
    Column("service_version", String(32), nullable=False),
    Column("question", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("body_digest", String(64), nullable=False),
    ForeignKeyConstraint(["clinic_id", "patient_id"], ["patient.clinic_id", "patient.id"]),
    Index(None, "clinic_id", "patient_id", "created_at", "id"),
)

_KEPT = [field.name for field in fields(KeptEstimate)]


class EstimateRepository:
    """The kept estimates of one clinic."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id
        self._ours = select(estimate).where(estimate.c.clinic_id == clinic_id)

    async def add(self, new: KeptEstimate) -> None:
        """Keep an estimate of a patient who is there."""
        row: dict[str, Any] = asdict(new) | {
            "clinic_id": self._clinic_id,
            "question": json.dumps(dict(new.question)),
        }
        await self._connection.execute(insert(estimate), row)

    async def find(self, estimate_id: str) -> KeptEstimate | None:
        """Give the clinic's estimate of this id, if there is one."""
        query = self._ours.where(estimate.c.id == estimate_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else kept_of(row)

    async def page(self, patient_id: str, after: Place | None, size: int) -> list[KeptEstimate]:
        """Give up to `size` estimates of a patient in order of creation, after this place."""
        query = self._ours.where(estimate.c.patient_id == patient_id)
        query = in_order_of_creation(query, estimate, after).limit(size)
        return [kept_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def every(self, patient_id: str) -> list[KeptEstimate]:
        """Give all estimates of a patient in order of creation."""
        query = self._ours.where(estimate.c.patient_id == patient_id)
        query = in_order_of_creation(query, estimate, None)
        return [kept_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def erase(self, patient_id: str) -> None:
        """Remove all estimates of a patient."""
        ours = estimate.c.clinic_id == self._clinic_id
        await self._connection.execute(
            delete(estimate).where(ours, estimate.c.patient_id == patient_id)
        )


def kept_of(row: RowMapping) -> KeptEstimate:
    """Read a row as the estimate it is."""
    kept = {name: row[name] for name in _KEPT} | {"question": json.loads(row["question"])}
    return KeptEstimate(**kept)
