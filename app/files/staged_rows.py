"""A file of patients, of any format, as rows that are ready to be staged, or their faults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

from app.errors import Fault, InvalidInput
from app.files.columns import HEADER_ROW, fault_at
from app.files.csv_file import CsvFile
from app.files.file_format import FileFormat
from app.files.native_values import NativeCell, native_cell, read_native
from app.files.parquet_file import ParquetRows
from app.files.row_reader import RowPlan, RowReader
from app.schemas.strict_json import parse_json

LONGEST_JSON: Final = 1_048_576
"""Bytes of one line of NDJSON."""

_PLACE: Final = re.compile(r"line \d+, column ")

StagedRow = str | Sequence[Fault]
"""A row as RowPlan gives it, or every fault that it has."""


def staged_rows(file: IO[bytes], form: FileFormat) -> Iterator[StagedRow]:
    """Read a file from its beginning, row by row.

    Raises InvalidInput where the rest of the file cannot be read, and TooLarge.
    """
    file.seek(0)
    by_format = {
        FileFormat.CSV: _of_csv,
        FileFormat.NDJSON: _of_ndjson,
        FileFormat.PARQUET: _of_parquet,
    }
    return by_format[form](file)


def _of_csv(file: IO[bytes]) -> Iterator[StagedRow]:
    table = CsvFile(file)
    read = RowReader(table.read_cell).plan(table.names).read
    for row, cells in table.records():
        if isinstance(cells, Fault):
            yield [cells]
            continue
        try:
            yield read(row, cells)
        except InvalidInput as error:
            yield error.faults


def _of_ndjson(file: IO[bytes]) -> Iterator[StagedRow]:
    reader: RowReader[NativeCell] = RowReader(read_native)
    row = 0
    while line := file.readline(LONGEST_JSON):
        row += 1
        if len(line) >= LONGEST_JSON:
            detail = f"A line may have at most {LONGEST_JSON} bytes."
            raise InvalidInput([fault_at(row, None, "line_too_long", detail)])
        if line.strip():
            yield _of_line(line, row, reader)


def _of_line(line: bytes, row: int, reader: RowReader[NativeCell]) -> StagedRow:
    try:
        members = parse_json(line.rstrip(b"\r\n"))
    except InvalidInput as error:
        return [fault_at(row, None, one.code, _in_line(one.detail)) for one in error.faults]
    if not isinstance(members, dict):
        return [fault_at(row, None, "not_an_object", "A line must be a JSON object.")]
    try:
        return _plan(members, row, reader).read(row, [native_cell(v) for v in members.values()])
    except InvalidInput as error:
        return error.faults


def _in_line(detail: str) -> str:
    """Say of a line what the JSON doors say of a body: which line it is, `row` says alone."""
    return _PLACE.sub("character ", detail).replace("The body", "The line")


def _plan(members: dict[str, Any], row: int, reader: RowReader[NativeCell]) -> RowPlan[NativeCell]:
    try:
        return reader.plan(tuple(members))
    except InvalidInput as error:
        faults = [fault_at(row, one.column, one.code, one.detail) for one in error.faults]
        raise InvalidInput(faults) from None


def _of_parquet(file: IO[bytes]) -> Iterator[StagedRow]:
    table = ParquetRows(file)
    read = RowReader(read_native).plan(table.names).read
    for row, cells in enumerate(table.rows(), HEADER_ROW + 1):
        try:
            yield read(row, cells)
        except InvalidInput as error:
            yield error.faults
