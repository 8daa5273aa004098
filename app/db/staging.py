"""The rows of an import, staged in temporary tables that end with the transaction.

`staged` has a row for each readable row of the file, `person` one for each identifier in it: the
line it first stands on, and the patient whom the clinic has under it already. `refused` has the
lines of rows that contradict the first one of their identifier.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import IO, Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    Uuid,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable, DropTable

from app.db.outage import driver_told_as_unavailable
from app.db.patients import NOT_DELETED, patient
from app.files.columns import Kind, kind_of_column
from app.files.export_lines import read_covariates
from app.files.row_reader import NOTHING, STAGED_COLUMNS

FACTS: Final = STAGED_COLUMNS[1 : STAGED_COLUMNS.index("value")]
"""The columns that are facts of the patient."""

LEVEL: Final = STAGED_COLUMNS[STAGED_COLUMNS.index("value") :]
"""The columns that are a measurement."""

_AWAY: Final = "The database went away during the import. Nothing was stored."
_TEMPORARY: Final[dict[str, Any]] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
_INSERT: Final = f"INSERT INTO staged VALUES ({', '.join('?' * len(STAGED_COLUMNS))})"  # noqa: S608 - ours
_PIECE: Final = 1_048_576
_BATCH: Final = 5_000
_ESCAPED: Final = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
_SQLITE_BOOLEANS: Final = tuple(STAGED_COLUMNS.index(name) for name in ("c9orf72", "ftd"))


def _typed(name: str) -> Any:
    if name in {"line", "birth_year", "alsfrs_r"}:
        return BigInteger if name == "line" else Integer
    if name in {"c9orf72", "ftd"}:
        return Boolean
    if name == "collected_at":
        return DateTime
    return Date if name.endswith("_date") or name == "riluzole_start" else Text


# Tables that were filled just now look almost empty to the planner: row by row it takes hours.
_PLAN_FOR_MANY: Final = text("SELECT set_config('enable_nestloop', 'off', true)")

_metadata = MetaData()
staged = Table(
    "staged",
    _metadata,
    *(Column(name, _typed(name)) for name in STAGED_COLUMNS),
    **_TEMPORARY,
)
person = Table(
    "person",
    _metadata,
    Column("identifier", String(64)),
    Column("line", BigInteger),
    Column("kept_id", Uuid(as_uuid=False)),
    **_TEMPORARY,
)
refused = Table("refused", _metadata, Column("line", BigInteger), **_TEMPORARY)


class Staging:
    """The staged rows of one import into one clinic, in the transaction of its connection."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id

    async def load(self, lines: IO[bytes]) -> None:
        """Stage the lines, as RowPlan writes them, from the file's beginning."""
        for table in (staged, person, refused):
            await self._connection.execute(CreateTable(table))
        lines.seek(0)
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(_PLAN_FOR_MANY)
            await self._copy(lines)
        else:
            await self._insert(lines)
        await self._connection.execute(insert(person).from_select(person.c.keys(), self._persons()))

    async def clear(self) -> None:
        """Remove the temporary tables; the connection may be used again."""
        for table in (staged, person, refused):
            await self._connection.execute(DropTable(table))

    async def refuse_repeated(self, most: int) -> tuple[list[int], int]:
        """Unstage rows that repeat an identifier with other facts; equal numbers are the same.

        Gives the first lines of them, `most` at most, and how many they are.
        """
        if await self._count(staged) == await self._count(person):
            return [], 0
        lines: list[int] = []
        async for found in self._contradicting():
            lines += found[: most - len(lines)]
            await self._connection.execute(insert(refused), [{"line": line} for line in found])
        return lines, await self._unstage(staged.c.line.in_(select(refused.c.line))) if lines else 0

    async def refuse_taken(self, most: int) -> tuple[list[int], int]:
        """Unstage rows of patients whom the clinic has already; lines and count likewise."""
        taken = select(person.c.identifier).where(person.c.kept_id.is_not(None))
        rows = staged.c.identifier.in_(taken)
        lines = await self._lines(select(staged.c.line).where(rows), most)
        return lines, await self._unstage(rows) if lines else 0

    def _persons(self) -> Select[Any]:
        known = and_(
            patient.c.clinic_id == self._clinic_id,
            patient.c.identifier == staged.c.identifier,
            NOT_DELETED,
        )
        return (
            select(staged.c.identifier, func.min(staged.c.line), patient.c.id)
            .join_from(staged, patient, known, isouter=True)
            .group_by(staged.c.identifier, patient.c.id)
        )

    async def _contradicting(self) -> AsyncIterator[list[int]]:
        """Give the lines of rows that mean something else than the first of their identifier."""
        result = await self._connection.stream(self._repeated())
        try:
            async for block in result.partitions(_BATCH):
                if found := [line for line, *facts in block if not _agree(facts)]:
                    yield found
        finally:
            await result.close()

    def _repeated(self) -> Select[Any]:
        """The rows whose facts are written otherwise, with both facts."""
        first = staged.alias("first")
        theirs = [first.c[name].label(f"first_{name}") for name in FACTS]
        return (
            select(staged.c.line, *(staged.c[name] for name in FACTS), *theirs)
            .join(person, person.c.identifier == staged.c.identifier)
            .join(first, first.c.line == person.c.line)
            .where(staged.c.line > person.c.line, differ(staged.c, first.c, FACTS))
            .order_by(staged.c.line)
        )

    async def _count(self, table: Table) -> int:
        query = select(func.count()).select_from(table)
        return int((await self._connection.scalars(query)).one())

    async def _lines(self, query: Select[Any], most: int) -> list[int]:
        found = await self._connection.scalars(query.order_by(staged.c.line).limit(most))
        return list(found)

    async def _unstage(self, rows: ColumnElement[bool]) -> int:
        return (await self._connection.execute(delete(staged).where(rows))).rowcount

    async def _copy(self, lines: IO[bytes]) -> None:
        raw = await self._connection.get_raw_connection()
        driver: Any = raw.driver_connection
        with driver_told_as_unavailable(_AWAY):
            async with driver.cursor() as cursor, cursor.copy("COPY staged FROM STDIN") as copy:
                while piece := lines.read(_PIECE):
                    await copy.write(piece)

    async def _insert(self, lines: IO[bytes]) -> None:
        rows = map(_values, lines)
        while batch := list(islice(rows, _BATCH)):
            await self._connection.exec_driver_sql(_INSERT, batch)


def differ(these: Any, those: Any, names: Sequence[str]) -> ColumnElement[bool]:
    """Whether one of the columns is not the same; two that hold nothing are."""
    return or_(*(these[name].is_distinct_from(those[name]) for name in names))


def _agree(facts: Sequence[Any]) -> bool:
    """Whether a row's facts mean the same as the first row's, which follow them."""
    return all(map(_is_same, FACTS, facts[: len(FACTS)], facts[len(FACTS) :]))


def _is_same(name: str, this: Any, that: Any) -> bool:
    if this == that or this is None or that is None:
        return bool(this == that)
    if name == "covariates":
        return read_covariates(this) == read_covariates(that)
    return kind_of_column(name) is Kind.NUMBER and Decimal(this) == Decimal(that)


def _values(line: bytes) -> tuple[Any, ...]:
    cells = line.decode().removesuffix("\n").split("\t")
    values: list[Any] = [None if cell == NOTHING else _unescaped(cell) for cell in cells]
    for index in _SQLITE_BOOLEANS:
        if values[index] is not None:
            values[index] = values[index] == "t"
    return tuple(values)


def _unescaped(cell: str) -> str:
    if "\\" not in cell:
        return cell
    return "".join(_pieces(cell))


def _pieces(cell: str) -> Iterator[str]:
    place = 0
    while (found := cell.find("\\", place)) >= 0:
        yield cell[place:found]
        yield _ESCAPED[cell[found : found + 2]]
        place = found + 2
    yield cell[place:]
