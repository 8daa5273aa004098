"""What the columns of a cohort are read from, in SQL, so that both databases give one number."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Double,
    Integer,
    String,
    case,
    cast,
    func,
    literal_column,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import NamedFromClause

from app.cohort.cohort import ALIVE, DEAD
from app.cohort.follow_up import COMPETING, DEATH
from app.db.patients import patient

VITAL: Final = case(
    (patient.c.vital_status == "dead", DEAD), (patient.c.vital_status == "alive", ALIVE)
)
ENDED_BY: Final = case(
    (patient.c.event_type == "death", DEATH),
    (patient.c.event_type.in_(["tracheostomy", "niv"]), COMPETING),
)
SYNTHETIC: Final = '"synthetic":'
"""What the covariates' JSON of a simulated patient has in it."""

_SECONDS: Final = "%s"
_EPOCH: Final = date(1970, 1, 1)


def of_clinic(
    table: NamedFromClause, connection: AsyncConnection, clinic_id: str
) -> ColumnElement[bool]:
    """Whether a row is the clinic's. SQLite then reads rows as they lie, not by the index."""
    if connection.dialect.name == "sqlite":
        bare: ColumnElement[str] = literal_column(f"+{table.name}.clinic_id", String())
        return bare == clinic_id.replace("-", "")
    return table.c.clinic_id == clinic_id


def is_synthetic(connection: AsyncConnection) -> ColumnElement[Any]:
    """1 for a patient with the covariate that labels those who were simulated."""
    stored = type_coerce(patient.c.covariates, String())
    find = func.instr if connection.dialect.name == "sqlite" else func.strpos
    return case((find(stored, SYNTHETIC) > 0, 1))


def days_of(connection: AsyncConnection) -> ColumnElement[Any]:
    """Days of follow-up: as stated, else from the one date to the other."""
    stated = type_coerce(patient.c.follow_up_days, String())
    if connection.dialect.name == "sqlite":
        return func.coalesce(stated, _between(connection))
    return func.coalesce(cast(stated, Double), cast(_between(connection), Double))


def as_number(column: Column[Any]) -> ColumnElement[Any]:
    """Give a fact as a number: yes is 1, no is 0."""
    if isinstance(column.type, Boolean):
        return case((column.is_(True), 1), (column.is_(False), 0))
    return column


def day_number(column: Column[Any], connection: AsyncConnection) -> ColumnElement[Any]:
    """Give a day as the number of days since 1970."""
    if connection.dialect.name == "sqlite":
        return cast(func.julianday(column) - func.julianday("1970-01-01"), Integer)
    return column - _EPOCH


def instant_number(column: Column[Any], connection: AsyncConnection) -> ColumnElement[Any]:
    """Give an instant as the number of microseconds since 1970."""
    if connection.dialect.name != "sqlite":
        return func.extract("epoch", column) * 1_000_000
    stored = type_coerce(column, String())
    seconds = cast(func.strftime(_SECONDS, func.substr(stored, 1, 19)), Integer)
    fraction = cast(func.substr(stored.concat(".000000"), 21, 6), Integer)
    return seconds * 1_000_000 + fraction


def _between(connection: AsyncConnection) -> ColumnElement[Any]:
    last, first = patient.c.follow_up_date, patient.c.baseline_date
    return day_number(last, connection) - day_number(first, connection)
