"""Measurements: every statement is about one clinic, named once when the repository is made."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    RowMapping,
    Select,
    String,
    Table,
    Uuid,
    and_,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.measurement import Measurement, MeasurementFacts
from app.clinic.page import Place
from app.db.keyset import in_order_of_creation
from app.db.metadata import metadata
from app.db.types import ExactDecimal, Instant

measurement = Table(
    "measurement",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), primary_key=True),
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("patient_id", Uuid(as_uuid=False), nullable=False),
    Column("biomarker", String(16), nullable=False),
    Column("value", ExactDecimal, nullable=False),
    Column("unit", String(16), nullable=False),
    Column("specimen", String(16), nullable=False),
    Column("comparator", String(2)),
    Column("assay", String(200)),
    Column("collected_date", Date),
    Column("collected_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    # Both columns together: a measurement cannot hang on another clinic's patient.
    ForeignKeyConstraint(["clinic_id", "patient_id"], ["patient.clinic_id", "patient.id"]),
    Index(None, "clinic_id", "patient_id", "created_at", "id"),
)

NOT_DELETED = measurement.c.deleted_at.is_(None)
LATEST_FIRST = (
    measurement.c.collected_date.desc().nulls_last(),
    measurement.c.collected_at.desc().nulls_last(),
    measurement.c.created_at.desc(),
    measurement.c.id.desc(),
)
"""The last one collected first. Undated ones are the oldest, ties go to the last stored."""

_FACTS = [field.name for field in fields(MeasurementFacts)]


class MeasurementRepository:
    """The measurements of one clinic's patients."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id

    async def add(self, new: Measurement) -> None:
        """Keep a new measurement of a patient who is there."""
        row = _row(new) | {"clinic_id": self._clinic_id}
        await self._connection.execute(insert(measurement).values(**row))

    async def find(self, patient_id: str, measurement_id: str) -> Measurement | None:
        """Give the patient's measurement of this id, if there is one."""
        query = self._of(patient_id).where(measurement.c.id == measurement_id, NOT_DELETED)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else measurement_of(row)

    async def page(self, patient_id: str, after: Place | None, size: int) -> list[Measurement]:
        """Give up to `size` measurements in order of creation, from the first after this place."""
        query = in_order_of_creation(
            self._of(patient_id).where(NOT_DELETED), measurement, after
        ).limit(size)
        return [measurement_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def latest(self, patient_id: str, biomarker: str, specimen: str) -> Measurement | None:
        """Give the last one collected; undated ones are the oldest, ties go to the last stored.

        A day without a time stands for its beginning.
        """
        query = (
            self._of(patient_id)
            .where(NOT_DELETED)
            .where(measurement.c.biomarker == biomarker, measurement.c.specimen == specimen)
            .order_by(*LATEST_FIRST)
            .limit(1)
        )
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else measurement_of(row)

    async def every(self, patient_id: str) -> list[Measurement]:
        """Give all measurements of a patient, those deleted too, in order of creation."""
        query = in_order_of_creation(self._of(patient_id), measurement, None)
        return [measurement_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def delete(self, of: Measurement, now: datetime) -> None:
        """Take a measurement out of all that is read, but for what is held on the patient."""
        this = and_(measurement.c.clinic_id == self._clinic_id, measurement.c.id == of.id)
        await self._connection.execute(update(measurement).where(this).values(deleted_at=now))

    async def erase(self, patient_id: str) -> None:
        """Remove all measurements of a patient."""
        ours = measurement.c.clinic_id == self._clinic_id
        await self._connection.execute(
            delete(measurement).where(ours, measurement.c.patient_id == patient_id)
        )

    def _of(self, patient_id: str) -> Select[Any]:
        return select(measurement).where(
            measurement.c.clinic_id == self._clinic_id, measurement.c.patient_id == patient_id
        )


def _row(of: Measurement) -> dict[str, Any]:
    facts = {name: getattr(of.facts, name) for name in _FACTS}
    collected_at = of.facts.collected_at
    return facts | {
        "id": of.id,
        "patient_id": of.patient_id,
        "collected_date": of.facts.collected_date,
        "collected_at": collected_at if isinstance(collected_at, datetime) else None,
        "created_at": of.created_at,
        "deleted_at": of.deleted_at,
    }


def measurement_of(row: RowMapping) -> Measurement:
    """Read a row as the measurement it is."""
    facts = {name: row[name] for name in _FACTS}
    facts["collected_at"] = row["collected_at"] or row["collected_date"]
    kept = {name: row[name] for name in ("id", "patient_id", "created_at", "deleted_at")}
    return Measurement(facts=MeasurementFacts(**facts), **kept)
