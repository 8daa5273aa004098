"""Patients: every statement is about one clinic, named once when the repository is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.filter import EVERYBODY, Filter
from app.clinic.page import BY_CREATION, Order, Place
from app.clinic.patient import Patient, PatientFacts
from app.db.filters import matching
from app.db.insert import insert_unless_there
from app.db.keyset import in_order
from app.db.metadata import metadata
from app.db.types import Covariates, ExactDecimal, Instant
from app.survival.stratum import Range


def _columns() -> list[Column[Any]]:
    """What is known of a patient in one version, and who made it: never shared between tables."""
    return [
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
        Column("created_at", Instant, nullable=False),
        Column("updated_at", Instant, nullable=False),
    ]


patient = Table(
    "patient",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("id", Uuid(as_uuid=False), primary_key=True),
    *_columns(),
    Column("version", Integer, nullable=False),
    Column("changed_by", String(240), nullable=False, server_default="unknown"),
    Column("change", String(16), nullable=False, server_default="created"),
    Column("deleted_at", Instant),
    CheckConstraint("alsfrs_r BETWEEN 0 AND 48", name="alsfrs_r"),
    CheckConstraint("version > 0", name="version"),
    Index(None, "clinic_id", "created_at", "id"),
)
NOT_DELETED = patient.c.deleted_at.is_(None)
IDENTIFIER = Index(
    None,
    patient.c.clinic_id,
    patient.c.identifier,
    unique=True,
    postgresql_where=NOT_DELETED,
    sqlite_where=NOT_DELETED,
)
"""The identifier of a deleted patient is free again."""

patient_version = Table(
    "patient_version",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), primary_key=True),
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    *_columns(),
    Column("changed_by", String(240), nullable=False),
    Column("change", String(16), nullable=False),
    ForeignKeyConstraint(["clinic_id", "id"], ["patient.clinic_id", "patient.id"]),
)
"""The versions that were superseded, as they were; the newest stands in `patient`."""

_FACTS = [field.name for field in fields(PatientFacts)]
_KEPT = [field.name for field in fields(Patient) if field.name != "facts"]


# Made once: every request about a patient begins with it.
_FIND = select(patient).where(
    patient.c.clinic_id == bindparam("of_clinic"),
    patient.c.id == bindparam("of_id"),
    NOT_DELETED,
)


class PatientRepository:
    """The patients of one clinic. Who changes one holds the head of the clinic's audit chain."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id
        self._ours = select(patient).where(patient.c.clinic_id == clinic_id)

    async def add(self, new: Patient) -> bool:
        """Keep a new patient. Says False, and keeps nothing, if the identifier is taken."""
        row = _row(new) | {"clinic_id": self._clinic_id}
        unique = ("clinic_id", "identifier")
        return await insert_unless_there(
            self._connection, patient, row, unique=unique, where=NOT_DELETED
        )

    async def find(self, patient_id: str) -> Patient | None:
        """Give the clinic's patient of this id, if there is one who was not deleted."""
        return await self._one(_FIND, {"of_clinic": self._clinic_id, "of_id": patient_id})

    async def find_even_deleted(self, patient_id: str) -> Patient | None:
        """Give the clinic's patient of this id, deleted or not, if there is one."""
        return await self._one(self._ours.where(patient.c.id == patient_id))

    async def of_identifier(self, identifier: str) -> Patient | None:
        """Give the clinic's patient with this identifier, if there is one who was not deleted."""
        return await self._one(self._ours.where(patient.c.identifier == identifier, NOT_DELETED))

    async def has_identifier(self, identifier: str) -> bool:
        """Whether a patient of the clinic who was not deleted has this identifier."""
        return await self.of_identifier(identifier) is not None

    async def page(
        self,
        after: Place | None,
        size: int,
        order: Order = BY_CREATION,
        wanted: Filter = EVERYBODY,
        strata: Mapping[str, Range] | None = None,
    ) -> list[Patient]:
        """Give up to `size` of the patients who are wanted, from the first after this place.

        `strata` are the ranges of levels that a filter's strata stand for.
        """
        meant = self._ours.where(NOT_DELETED, *matching(wanted, patient, strata or {}))
        query = in_order(meant, patient, order, after).limit(size)
        return [_patient(row) for row in (await self._connection.execute(query)).mappings()]

    async def count(self, wanted: Filter) -> int:
        """Count the patients who are wanted."""
        meant = self._ours.where(NOT_DELETED, *matching(wanted, patient, {}))
        counting = meant.with_only_columns(func.count(), maintain_column_froms=True)
        return (await self._connection.execute(counting)).scalar_one()

    async def supersede(self, new: Patient) -> None:
        """Keep a further version of a patient; the one before becomes the past."""
        row = _row(new)
        this = and_(patient.c.clinic_id == self._clinic_id, patient.c.id == row.pop("id"))
        names = patient_version.c.keys()
        before = select(*(patient.c[name] for name in names)).where(this)
        await self._connection.execute(insert(patient_version).from_select(names, before))
        await self._connection.execute(update(patient).where(this).values(**row))

    async def versions(
        self, patient_id: str, after: int = 0, size: int | None = None
    ) -> list[Patient]:
        """Give up to `size` of the versions that were superseded, from the first after this one."""
        past = patient_version.c
        query = (
            select(patient_version)
            .where(past.clinic_id == self._clinic_id, past.id == patient_id, past.version > after)
            .order_by(past.version)
            .limit(size)
        )
        rows = (await self._connection.execute(query)).mappings()
        return [_patient(row) for row in rows]

    async def erase(self, patient_id: str) -> None:
        """Remove every version of a patient whose other records are gone already."""
        for table in (patient_version, patient):
            ours = table.c.clinic_id == self._clinic_id
            await self._connection.execute(delete(table).where(ours, table.c.id == patient_id))

    async def _one(
        self, query: Select[Any], values: Mapping[str, str] | None = None
    ) -> Patient | None:
        row = (await self._connection.execute(query, values)).mappings().first()
        return None if row is None else _patient(row)


def _row(of: Patient) -> dict[str, Any]:
    return {name: getattr(of.facts, name) for name in _FACTS} | {
        name: getattr(of, name) for name in _KEPT
    }


def _patient(row: RowMapping) -> Patient:
    facts = PatientFacts(**{name: row[name] for name in _FACTS})
    kept = {name: row[name] for name in _KEPT if name in row}
    return Patient(facts=facts, **kept)
