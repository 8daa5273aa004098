"""Columns out of the database in few, large values: numbers in one text or blob, ids in another.

A row of Python objects for each patient would take the service a hundred times longer, and hold up
every other request meanwhile. So the database writes the numbers of some thousand rows into one
value, which numpy reads at once; chunks are small enough for others to have their turn in between.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Alias,
    ColumnElement,
    Double,
    FromClause,
    LargeBinary,
    Select,
    String,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

BETWEEN: Final = "\x1f"
"""Stands between texts: a control character, which no kept text has."""

ROWS: Final = 4096
"""How many rows are read at once, about."""

MOST_CHUNKS: Final = 256

Ids: TypeAlias = NDArray[np.uint64]
"""Two numbers for each id: its upper and its lower half."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of each row: ids, numbers (NaN where there is none) and texts ("" likewise)."""

    ids: Sequence[ColumnElement[Any]]
    numbers: Sequence[ColumnElement[Any]] = ()
    texts: Sequence[ColumnElement[Any]] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some rows, each part in the order in which it was wanted."""

    ids: list[Ids]
    numbers: list[NDArray[np.float64]]
    texts: list[list[str]]


class _Dialect(Protocol):
    """How a database writes many values into one, and how that is read."""

    def ids(self, column: ColumnElement[Any]) -> ColumnElement[Any]: ...
    def numbers(self, column: ColumnElement[Any]) -> ColumnElement[Any]: ...
    def texts(self, column: ColumnElement[Any]) -> ColumnElement[Any]: ...
    def read_ids(self, value: Any) -> Ids: ...
    def read_numbers(self, value: Any) -> NDArray[np.float64]: ...
    def rows(
        self, connection: AsyncConnection, query: Select[Any], table: FromClause
    ) -> AsyncIterator[Sequence[Any]]: ...


async def read_chunks(
    connection: AsyncConnection,
    wanted: Wanted,
    table: FromClause,
    *terms: ColumnElement[bool],
    few: bool = False,
) -> AsyncIterator[Chunk]:
    """Give the rows of a table for which the terms hold, in no order, a few thousand at a time.

    `few`: the terms name a few rows, which an index finds; they are one chunk.
    """
    dialect: _Dialect = _Sqlite() if connection.dialect.name == "sqlite" else _Postgres()
    aggregates = [
        *map(dialect.ids, wanted.ids),
        *map(dialect.numbers, wanted.numbers),
        *map(dialect.texts, wanted.texts),
    ]
    first, second = len(wanted.ids), len(wanted.ids) + len(wanted.numbers)
    query = select(*aggregates).select_from(table).where(*terms)
    rows = _at_once(connection, query) if few else dialect.rows(connection, query, table)
    async for row in rows:
        if row[0] is not None:
            yield Chunk(
                [dialect.read_ids(value) for value in row[:first]],
                [dialect.read_numbers(value) for value in row[first:second]],
                [value.split(BETWEEN) for value in row[second:]],
            )


async def _at_once(connection: AsyncConnection, query: Select[Any]) -> AsyncIterator[Sequence[Any]]:
    yield (await connection.execute(query)).one()


class _Postgres:
    """Binary values in one bytea; chunks by the last byte of the id."""

    def ids(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return self._joined(func.uuid_send(column))

    def numbers(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        number = func.coalesce(cast(column, Double), literal_column("'NaN'::float8"))
        return self._joined(func.float8send(number))

    def texts(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.string_agg(func.coalesce(column, ""), literal(BETWEEN, String()))

    def read_ids(self, value: bytes) -> Ids:
        return np.frombuffer(value, dtype=">u8").astype(np.uint64).reshape(-1, 2)

    def read_numbers(self, value: bytes) -> NDArray[np.float64]:
        return np.frombuffer(value, dtype=">f8").astype(np.float64)

    async def rows(
        self, connection: AsyncConnection, query: Select[Any], table: FromClause
    ) -> AsyncIterator[Sequence[Any]]:
        """Ask for all chunks in one statement: each reads the table only once."""
        stored = table.element if isinstance(table, Alias) else table
        guessed = await connection.scalar(_PREPARE, {"of_table": str(stored)})
        # The planner's guess is enough, and costs nothing; there may be none yet.
        number = MOST_CHUNKS if guessed is None or guessed < 0 else 1 + int(guessed) // ROWS
        number = min(number, MOST_CHUNKS)
        byte = func.get_byte(func.uuid_send(table.c.id), 15)
        found = await connection.stream(
            query.group_by(byte.op("%")(number)), execution_options={"max_row_buffer": 1}
        )
        try:
            async for row in found:
                yield row
        finally:
            await found.close()

    def _joined(self, blob: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.string_agg(blob, literal_column("''::bytea"), type_=LargeBinary())


# The groups must fit into memory, and compiling costs more than it saves. About how many rows?
_PREPARE: Final = text(
    "SELECT reltuples, set_config('work_mem', '256MB', true), set_config('jit', 'off', true)"
    " FROM pg_class WHERE oid = to_regclass(:of_table)"
)


class _Sqlite:
    """Numbers in one text; chunks by ranges of rows as they lie in the file."""

    def ids(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.group_concat(type_coerce(column, String()), "")

    def numbers(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.group_concat(func.coalesce(type_coerce(column, String()), "nan"), ",")

    def texts(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.group_concat(func.coalesce(type_coerce(column, String()), ""), BETWEEN)

    def read_ids(self, value: str) -> Ids:
        return np.frombuffer(bytes.fromhex(value), dtype=">u8").astype(np.uint64).reshape(-1, 2)

    def read_numbers(self, value: str) -> NDArray[np.float64]:
        return np.fromstring(value, dtype=np.float64, sep=",")

    async def rows(
        self, connection: AsyncConnection, query: Select[Any], table: FromClause
    ) -> AsyncIterator[Sequence[Any]]:
        row_id: ColumnElement[Any] = literal_column(f"{table.name}.rowid")  # type: ignore[attr-defined]
        # Apart, each is found at once; together SQLite would read the whole table.
        ends = [select(end(row_id)).select_from(table) for end in (func.min, func.max)]
        first, last = [await connection.scalar(end) for end in ends]
        for start in range(first or 0, (last or -1) + 1, ROWS):
            within = query.where(row_id >= start, row_id < start + ROWS)
            yield (await connection.execute(within)).one()
