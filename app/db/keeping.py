"""Keeping the staged rows of an import: new patients, changed ones, and their measurements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from secrets import randbits
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import Subquery

from app.clinic.measurement import PNFH
from app.db.measurements import NOT_DELETED as MEASUREMENT_NOT_DELETED
from app.db.measurements import measurement
from app.db.patients import patient, patient_version
from app.db.staging import FACTS, LEVEL, differ, person, staged

_IMPORTED: Final = "imported"
_BETWEEN: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Kept:
    """How many rows an import has left in each table."""

    patients_added: int
    patients_changed: int
    measurements_added: int


class StagedRows:
    """The rows of one import, to be kept at one moment by one principal."""

    def __init__(
        self, connection: AsyncConnection, clinic_id: str, moment: datetime, by: str
    ) -> None:
        self._connection = connection
        self._clinic_id = clinic_id
        self._moment = moment
        self._by = by
        self._ids = _ids_from(moment, connection.dialect.name)

    async def keep(self, *, updates: bool) -> Kept:
        """Keep them all.

        With `updates`, patients whom the clinic has get the facts of the file, and those
        measurements of it that they do not have yet.
        """
        changed = again = 0
        if updates:
            changed = await self._change_patients()
        added = await self._add_patients()
        fresh = await self._run(self._insert_levels(self._levels_of_new()))
        if updates:
            again = await self._run(self._insert_levels(self._levels_not_kept()))
        return Kept(added, changed, fresh + again)

    async def _add_patients(self) -> int:
        made = {
            "clinic_id": literal(self._clinic_id, Uuid(as_uuid=False)),
            "id": self._ids(staged.c.line),
            "version": literal(1),
            "created_at": self._now(),
            "updated_at": self._now(),
            **self._change(),
        }
        facts = {name: staged.c[name] for name in FACTS}
        first = and_(staged.c.line == person.c.line, person.c.kept_id.is_(None))
        row = made | facts
        rows = select(*row.values()).join_from(staged, person, first)
        return await self._run(insert(patient).from_select(list(row), rows))

    async def _change_patients(self) -> int:
        first = and_(staged.c.line == person.c.line, person.c.kept_id.is_not(None))
        ours = and_(patient.c.clinic_id == self._clinic_id, patient.c.id == person.c.kept_id)
        names = patient_version.c.keys()
        before = (
            select(*(patient.c[name] for name in names))
            .join_from(staged, person, first)
            .join(patient, ours)
            .where(differ(staged.c, patient.c, FACTS))
        )
        await self._run(insert(patient_version).from_select(names, before))
        changed = (
            update(patient)
            .where(first, ours, differ(staged.c, patient.c, FACTS))
            .values({name: staged.c[name] for name in FACTS})
            .values(version=patient.c.version + 1, updated_at=self._now(), **self._change())
        )
        return await self._run(changed)

    def _insert_levels(self, rows: Subquery) -> Any:
        row: dict[str, Any] = {
            "clinic_id": literal(self._clinic_id, Uuid(as_uuid=False)),
            "id": self._ids(rows.c.line),
            "patient_id": rows.c.patient_id,
            "biomarker": literal(PNFH),
            "created_at": self._now(),
            **{name: rows.c[name] for name in LEVEL if name != "collected_at"},
            "collected_at": self._instant(rows.c.collected_at),
        }
        return insert(measurement).from_select(list(row), select(*row.values()))

    def _levels_of_new(self) -> Subquery:
        return self._levels(self._ids(person.c.line)).where(person.c.kept_id.is_(None)).subquery()

    def _levels_not_kept(self) -> Subquery:
        """The levels of known patients, but for as many equal ones as they have already."""
        text = self._as_text(staged.c, staged.c.collected_at)
        nth = func.row_number().over(partition_by=[person.c.kept_id, text], order_by=staged.c.line)
        stated = (
            self._levels(person.c.kept_id)
            .add_columns(nth.label("nth"), text.label("text"))
            .where(person.c.kept_id.is_not(None))
            .subquery()
        )
        kept = self._kept_levels()
        equal = and_(kept.c.patient_id == stated.c.patient_id, kept.c.text == stated.c.text)
        return (
            select(stated)
            .join_from(stated, kept, equal, isouter=True)
            .where(stated.c.nth > func.coalesce(kept.c.times, 0))
            .subquery()
        )

    def _kept_levels(self) -> Subquery:
        collected_at: ColumnElement[Any] = measurement.c.collected_at
        if self._connection.dialect.name != "sqlite":
            collected_at = func.timezone("UTC", collected_at)
        text = self._as_text(measurement.c, collected_at).label("text")
        # Not a join: SQLite would look through all of `person` for each measurement.
        known = select(person.c.kept_id).where(person.c.kept_id.is_not(None))
        return (
            select(measurement.c.patient_id, text, func.count().label("times"))
            .where(
                measurement.c.clinic_id == self._clinic_id,
                measurement.c.patient_id.in_(known),
                measurement.c.biomarker == PNFH,
                MEASUREMENT_NOT_DELETED,
            )
            .group_by(measurement.c.patient_id, text)
            .subquery()
        )

    def _as_text(self, of: Any, collected_at: ColumnElement[Any]) -> ColumnElement[str]:
        """A level in one text. What is kept has no control characters, and no empty texts."""
        cells = [collected_at if name == "collected_at" else of[name] for name in LEVEL]
        texts = [func.coalesce(cast(cell, Text), "") for cell in cells]
        joined: ColumnElement[str] = texts[0]
        for text in texts[1:]:
            joined = joined.concat(literal(_BETWEEN)).concat(text)
        return joined

    def _levels(self, patient_id: ColumnElement[Any]) -> Select[Any]:
        return (
            select(
                staged.c.line,
                patient_id.label("patient_id"),
                *(staged.c[name] for name in LEVEL),
            )
            .join_from(staged, person, person.c.identifier == staged.c.identifier)
            .where(staged.c.value.is_not(None))
        )

    def _change(self) -> dict[str, Any]:
        return {"changed_by": literal(self._by), "change": literal(_IMPORTED)}

    def _now(self) -> ColumnElement[Any]:
        return literal(self._moment, patient.c.created_at.type)

    def _instant(self, collected_at: ColumnElement[Any]) -> ColumnElement[Any]:
        # Staged without a zone, in UTC; PostgreSQL keeps instants with one.
        if self._connection.dialect.name == "sqlite":
            return collected_at
        return func.timezone("UTC", collected_at)

    async def _run(self, statement: Any) -> int:
        counted = statement.execution_options(preserve_rowcount=True)
        return (await self._connection.execute(counted)).rowcount


def _ids_from(moment: datetime, dialect: str) -> Any:
    """Give the function that makes an id of a line, in SQL: a UUID of version 7, in their order.

    It has the moment in milliseconds, 26 random bits, and the line.
    """
    random = randbits(26)
    milliseconds = int(moment.timestamp() * 1000)
    start = f"{milliseconds:012x}7{random >> 14:03x}{0x8000 | random & 0x3FFF:04x}"

    def of_line(line: ColumnElement[int]) -> ColumnElement[Any]:
        if dialect == "sqlite":
            return literal(start).concat(func.printf("%012x", line))
        return cast(literal(start).concat(func.lpad(func.to_hex(line), 12, "0")), Uuid())

    return of_line
