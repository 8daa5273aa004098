"""Patients: every statement is about one clinic, named once when the repository is made."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.page import Place
from app.clinic.patient import Patient, PatientFacts
from app.db.insert import insert_unless_there
from app.db.keyset import in_order_of_creation
from app.db.metadata import metadata
from app.db.types import Covariates, ExactDecimal, Instant

patient = Table(
    "patient",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("identifier", String(64), nullable=False),
    Column("sex", String(16)),
    Column("birth_year", Integer),
    Column("age_at_baseline", ExactDecimal),
    Column("onset_date", Date),
    Column("onset_site", String(16)),
    Column("diagnosis_date", Date),
    Column("el_escorial", String(16)),
    Column("riluzole_start", Date),
    Column("alsfrs_r", Integer),
    Column("svc_percent", ExactDecimal),
    Column("c9orf72", Boolean),
    Column("ftd", Boolean),
    Column("arm", String(64)),
    Column("baseline_date", Date),
    Column("entry_days", ExactDecimal),
    Column("follow_up_date", Date),
    Column("follow_up_days", ExactDecimal),
    Column("vital_status", String(16)),
    Column("event_type", String(16)),
    Column("covariates", Covariates, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("clinic_id", "identifier"),
    CheckConstraint("alsfrs_r BETWEEN 0 AND 48", name="alsfrs_r"),
    CheckConstraint("version > 0", name="version"),
    Index(None, "clinic_id", "created_at", "id"),
)

_FACTS = [field.name for field in fields(PatientFacts)]


class PatientRepository:
    """The patients of one clinic."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id
        self._ours = select(patient).where(patient.c.clinic_id == clinic_id)

    async def add(self, new: Patient) -> bool:
        """Keep a new patient. Says False, and keeps nothing, if the identifier is taken."""
        row = _row(new) | {"clinic_id": self._clinic_id}
        return await insert_unless_there(
            self._connection, patient, row, unique=("clinic_id", "identifier")
        )

    async def find(self, patient_id: str) -> Patient | None:
        """Give the clinic's patient of this id, if there is one."""
        query = self._ours.where(patient.c.id == patient_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _patient(row)

    async def page(self, after: Place | None, size: int) -> list[Patient]:
        """Give up to `size` patients in order of creation, from the first after this place."""
        query = in_order_of_creation(self._ours, patient, after).limit(size)
        return [_patient(row) for row in (await self._connection.execute(query)).mappings()]


def _row(of: Patient) -> dict[str, Any]:
    facts = {name: getattr(of.facts, name) for name in _FACTS}
    return facts | {
        "id": of.id,
        "version": of.version,
        "created_at": of.created_at,
        "updated_at": of.updated_at,
    }


def _patient(row: RowMapping) -> Patient:
    facts = PatientFacts(**{name: row[name] for name in _FACTS})
    return Patient(row["id"], facts, row["version"], row["created_at"], row["updated_at"])
