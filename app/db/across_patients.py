"""Levels and kept estimates across all patients of a clinic who were not deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.kept_estimate import KeptEstimate
from app.clinic.measurement import Measurement
from app.clinic.page import Order, Place
from app.clinic.sought import Sought
from app.db import measurements, patients
from app.db.estimates import estimate, kept_of
from app.db.keyset import in_order, in_order_of_creation
from app.db.measurements import measurement, measurement_of
from app.db.patients import patient


class AcrossPatients:
    """What one clinic keeps, whoever it is about."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id

    async def levels(
        self, sought: Sought, order: Order, after: Place | None, size: int
    ) -> list[Measurement]:
        """Give up to `size` levels in order, from the first after this place."""
        query = in_order(self._levels(sought), measurement, order, after).limit(size)
        return [measurement_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def estimates(self, sought: Sought, after: Place | None, size: int) -> list[KeptEstimate]:
        """Give up to `size` estimates in order of creation, from the first after this place."""
        query = in_order_of_creation(self._of(estimate, sought), estimate, after).limit(size)
        return [kept_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def count_levels(self, sought: Sought) -> int:
        """Count the levels."""
        return await self._count(self._levels(sought))

    async def count_estimates(self, sought: Sought) -> int:
        """Count the estimates."""
        return await self._count(self._of(estimate, sought))

    async def _count(self, query: Select[Any]) -> int:
        counting = query.with_only_columns(func.count(), maintain_column_froms=True)
        return (await self._connection.execute(counting)).scalar_one()

    def _levels(self, sought: Sought) -> Select[Any]:
        query = self._of(measurement, sought).where(measurements.NOT_DELETED)
        day = measurement.c.collected_date
        if sought.since is not None:
            query = query.where(day >= sought.since)
        if sought.before is not None:
            query = query.where(day < sought.before)
        return query

    def _of(self, table: Table, sought: Sought) -> Select[Any]:
        whose = and_(
            patient.c.clinic_id == table.c.clinic_id,
            patient.c.id == table.c.patient_id,
            patients.NOT_DELETED,
        )
        query = select(table).join(patient, whose).where(table.c.clinic_id == self._clinic_id)
        return query.where(*_among(table.c.id, sought.ids)).where(
            *_among(table.c.patient_id, sought.patients)
        )


def _among(column: ColumnElement[Any], values: frozenset[str] | None) -> list[ColumnElement[bool]]:
    return [] if values is None else [column.in_(sorted(values))]
