"""Export all patients of a clinic into a file, in constant memory, from one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import IO, Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.exports import ExportRows
from app.db.transaction import clinic_transaction, give_time
from app.files.cells import write_cell
from app.files.columns import COVARIATE, FIXED_COLUMNS, Kind, columns_of, kind_of_column
from app.files.export_lines import Texts, csv_header, csv_line, json_line, read_covariates
from app.files.file_format import FileFormat
from app.files.native_values import survives_as_float
from app.files.parquet_file import ParquetWriter

_WHOLE: Final = ("birth_year", "alsfrs_r")


@asynccontextmanager
async def one_moment(engine: AsyncEngine, clinic_id: str) -> AsyncIterator[AsyncConnection]:
    """Open a transaction in which every statement sees the clinic as it was at the first."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    async with clinic_transaction(engine, clinic_id, writes=False) as connection:
        give_time(connection)
        yield connection


async def export_patients(
    file: IO[bytes], form: FileFormat, *, engine: AsyncEngine, clinic_id: str
) -> int:
    """Write the clinic's patients into the file, in this format. Gives the number of rows."""
    async with one_moment(engine, clinic_id) as connection:
        rows = ExportRows(connection, clinic_id)
        await rows.prepare()
        if form is FileFormat.NDJSON:
            return await _write_lines(file, rows, json_line)
        names = await rows.covariate_names()
        if form is FileFormat.PARQUET:
            return await _write_parquet(file, rows, names)
        file.write(csv_header(columns_of(names)).encode())
        if rows.can_write_csv(names):
            return await _write_blocks(file, rows, names)
        return await _write_lines(file, rows, lambda texts: csv_line(texts, names))


async def _write_lines(file: IO[bytes], rows: ExportRows, write: Callable[[Texts], str]) -> int:
    count = 0
    async for block in rows.blocks():
        file.write("".join([write(texts) for texts in block]).encode())
        count += len(block)
    return count


async def _write_blocks(file: IO[bytes], rows: ExportRows, names: Sequence[str]) -> int:
    count = 0
    async for lines, number in rows.csv_blocks(names):
        file.write(lines.encode())
        count += number
    return count


async def _write_parquet(file: IO[bytes], rows: ExportRows, names: Sequence[str]) -> int:
    floats = {name for name in FIXED_COLUMNS if await _all_floats(name, rows)}
    numbers, texts = await _kinds_of_covariates(rows)
    floats |= {COVARIATE + name for name in names if numbers.get(name, False) and name not in texts}
    mixed = frozenset(COVARIATE + name for name in numbers) - floats
    columns = columns_of(names)
    writer = ParquetWriter(file, columns, frozenset(floats), mixed)
    count = 0
    async for block in rows.blocks():
        writer.write(_columns(block, columns, floats, mixed))
        count += len(block)
    writer.close()
    return count


async def _all_floats(name: str, rows: ExportRows) -> bool:
    """Whether a column is of numbers that floats carry digit by digit."""
    if kind_of_column(name) is not Kind.NUMBER or name in _WHOLE:
        return False
    async with aclosing(rows.distinct_texts(name)) as blocks:
        async for block in blocks:
            if not all(survives_as_float(Decimal(text)) for text in block):
                return False
    return True


async def _kinds_of_covariates(rows: ExportRows) -> tuple[dict[str, bool], set[str]]:
    """Find which covariates are numbers somewhere (all of them floats?), and which are texts."""
    numbers: dict[str, bool] = {}
    texts: set[str] = set()
    async for block in rows.distinct_texts("covariates"):
        for covariates in map(read_covariates, block):
            for name, value in covariates.items():
                if isinstance(value, str):
                    texts.add(name)
                elif numbers.get(name, True):
                    numbers[name] = survives_as_float(value)
    return numbers, texts


def _columns(
    block: Sequence[Texts], names: Sequence[str], floats: set[str], mixed: frozenset[str]
) -> dict[str, list[Any]]:
    by_place = list(zip(*block, strict=True))
    columns = {
        name: [None if text is None else _value(text, name, floats) for text in by_place[place]]
        for place, name in enumerate(FIXED_COLUMNS)
    }
    covariates = [read_covariates(text) for text in by_place[-1]]
    for column in names[len(FIXED_COLUMNS) :]:
        values = [one.get(column.removeprefix(COVARIATE)) for one in covariates]
        columns[column] = [_covariate(value, column, floats, mixed) for value in values]
    return columns


def _value(text: str, name: str, floats: set[str]) -> Any:
    kind = kind_of_column(name)
    if name in _WHOLE:
        return int(text)
    if name in floats:
        return float(text)
    if kind is Kind.YES_NO:
        return text == "true"
    return date.fromisoformat(text) if kind is Kind.DAY else text


def _covariate(value: Any, column: str, floats: set[str], mixed: frozenset[str]) -> Any:
    if value is None:
        return None
    if column in floats:
        return float(value)
    return write_cell(value, Kind.COVARIATE) if column in mixed else value
