"""All patients of a clinic with their levels, as texts that a file's cells are made from.

Each row has the texts of FIXED_COLUMNS and, last, the covariates as JSON. Patients are in the byte
order of their identifiers, a patient's levels in order of collection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    collate,
    func,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.csv_in_sql import MOST_NAMES, lines_of
from app.db.measurements import NOT_DELETED as LEVEL_NOT_DELETED
from app.db.measurements import measurement
from app.db.outage import driver_told_as_unavailable
from app.db.patients import NOT_DELETED, patient
from app.files.columns import FIXED_COLUMNS, LEVEL_COLUMNS, PATIENT_COLUMNS, Kind, kind_of_column

BLOCK: Final = 5_000
"""Rows that are fetched at a time."""

_AWAY: Final = "The database went away during the export."
_NAMES: Final = {
    "postgresql": (
        "SELECT DISTINCT json_object_keys(covariates::json) FROM patient"
        " WHERE clinic_id = :clinic_id AND deleted_at IS NULL AND covariates <> '{}'"
    ),
    "sqlite": (
        "SELECT DISTINCT key FROM patient, json_each(covariates)"
        " WHERE clinic_id = :clinic_id AND deleted_at IS NULL"
    ),
}
# The whole result is wanted, not its beginning, sorted in memory, days as YYYY-MM-DD; what was
# imported just now must not look like a few rows; and one statement is not worth compiling.
_TUNING: Final = (
    "SELECT set_config('cursor_tuple_fraction', '1', true), set_config('work_mem', '64MB', true),"
    " set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true),"
    " set_config('datestyle', 'ISO, YMD', true)"
)


class ExportRows:
    """The rows of one clinic's export, in a transaction that sees one moment of the database."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id
        self._is_sqlite = connection.dialect.name == "sqlite"

    async def covariate_names(self) -> list[str]:
        """Give the names of all covariates that any patient has, sorted."""
        query = text(_NAMES[self._connection.dialect.name])
        key = self._clinic_id.replace("-", "") if self._is_sqlite else self._clinic_id
        return sorted(await self._connection.scalars(query, {"clinic_id": key}))

    async def distinct_texts(self, column: str) -> AsyncGenerator[Sequence[str]]:
        """Give the different texts of a column, or of `covariates`, a block at a time."""
        of_level = column in LEVEL_COLUMNS
        table, name = (measurement, LEVEL_COLUMNS[column]) if of_level else (patient, column)
        there = LEVEL_NOT_DELETED if of_level else NOT_DELETED
        found = type_coerce(table.c[name], Text)
        query = select(found).where(
            table.c.clinic_id == self._clinic_id, there, table.c[name].is_not(None)
        )
        result = await self._connection.stream_scalars(query.distinct())
        try:
            async for block in result.partitions(BLOCK):
                yield block
        finally:
            await result.close()

    async def prepare(self) -> None:
        """Tell PostgreSQL, for this transaction, what is going to be asked."""
        if not self._is_sqlite:
            await self._connection.execute(text(_TUNING))

    async def blocks(self) -> AsyncIterator[Sequence[Sequence[str | None]]]:
        """Give the rows, a block at a time."""
        columns = [*self._texts().values(), type_coerce(patient.c.covariates, Text)]
        result = await self._connection.stream(self._ordered(select(*columns)))
        try:
            async for block in result.partitions(BLOCK):
                yield block
        finally:
            await result.close()

    def can_write_csv(self, covariates: Sequence[str]) -> bool:
        """Whether the database itself can write lines with these covariates: `csv_blocks`."""
        return not self._is_sqlite and len(covariates) <= MOST_NAMES

    async def csv_blocks(self, covariates: Sequence[str]) -> AsyncIterator[tuple[str, int]]:
        """Give the lines of CSV that PostgreSQL writes itself, and how many they are."""
        rows = self._ordered(select())
        query = lines_of(rows, self._texts(), patient.c.covariates, covariates)
        compiled = query.compile(
            dialect=self._connection.dialect, compile_kwargs={"render_postcompile": True}
        )
        raw = await self._connection.get_raw_connection()
        driver: Any = raw.driver_connection
        with driver_told_as_unavailable(_AWAY):
            async with driver.cursor(name="export") as cursor:
                await cursor.execute(str(compiled), compiled.params)
                async for block in _ahead(cursor):
                    yield "".join([row[0] for row in block]), len(block)

    def _ordered(self, query: Select[Any]) -> Select[Any]:
        theirs = and_(
            measurement.c.clinic_id == patient.c.clinic_id,
            measurement.c.patient_id == patient.c.id,
            LEVEL_NOT_DELETED,
        )
        identifier: ColumnElement[Any] = patient.c.identifier
        if not self._is_sqlite:
            identifier = collate(identifier, "C")
        return (
            query.join_from(patient, measurement, theirs, isouter=True)
            .where(patient.c.clinic_id == self._clinic_id, NOT_DELETED)
            .order_by(
                identifier,
                measurement.c.collected_date.asc().nulls_first(),
                measurement.c.collected_at.asc().nulls_first(),
                measurement.c.created_at,
                measurement.c.id,
            )
        )

    def _texts(self) -> dict[str, ColumnElement[Any]]:
        columns = {name: patient.c[name] for name in PATIENT_COLUMNS}
        columns |= {name: measurement.c[field] for name, field in LEVEL_COLUMNS.items()}
        return {name: self._as_text(name, columns[name]) for name in FIXED_COLUMNS}

    def _as_text(self, name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
        kind = kind_of_column(name)
        if kind is Kind.YES_NO:
            return case((column.is_(True), "true"), (column.is_(False), "false"))
        if kind is Kind.DAY:
            return self._day(column)
        if kind is Kind.DAY_OR_INSTANT:
            instant = self._instant(measurement.c.collected_at)
            return func.coalesce(instant, self._day(measurement.c.collected_date))
        if name in {"birth_year", "alsfrs_r"}:
            return cast(column, Text)
        return type_coerce(column, Text)

    def _day(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return type_coerce(column, Text) if self._is_sqlite else cast(column, Text)

    def _instant(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        if self._is_sqlite:
            stored = type_coerce(column, Text)
            seconds = func.replace(func.substr(stored, 1, 19), " ", "T")
            fraction = func.substr(stored, 20)
        else:
            utc = func.timezone("UTC", column)
            seconds = func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS')
            fraction = func.to_char(utc, ".US")
        shown = case((fraction == ".000000", ""), else_=fraction)
        return seconds.concat(shown).concat(literal_column("'Z'"))


async def _ahead(cursor: Any) -> AsyncGenerator[Sequence[tuple[str]]]:
    """Give a cursor's rows in blocks; PostgreSQL makes the next while this one is put away."""
    coming = asyncio.ensure_future(cursor.fetchmany(BLOCK))
    try:
        while rows := await coming:
            coming = asyncio.ensure_future(cursor.fetchmany(BLOCK))
            await asyncio.sleep(0)  # so that it is asked for
            yield rows
    finally:
        await asyncio.wait([coming])
