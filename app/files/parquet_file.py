"""Patients in Parquet: typed columns, read and written a batch at a time.

What a footer says of sizes is not believed: rows and bytes are counted as they come out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final

from app.errors import InvalidInput, TooLarge
from app.files.columns import HEADER_ROW, Kind, fault_at, kind_of_column
from app.files.native_values import CELL, UNREADABLE, NativeCell, native_cell

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

BATCH_ROWS: Final = 1_000
BATCH_CELLS: Final = 500_000
"""Most cells of one batch of rows: a file of many columns is read in smaller ones."""

BATCH_BYTES: Final = 134_217_728
"""Most bytes that one batch of rows may unfold to."""

WRITTEN_ROWS: Final = 20_000
CELLS: Final = {b"neurostrata": b"cells"}
"""Marks a column of texts that are written as the cells of CSV: numbers and texts are mixed."""

_WHOLE: Final = frozenset(("birth_year", "alsfrs_r"))
_COLUMN_TYPE: Final = (
    "column_type",
    "A column is of numbers, texts, dates, instants, or true and false.",
)
_NO_VALUE: Final = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
"""What Arrow says of a value that Python cannot hold: a day of the year 20000, an unknown zone."""


class ParquetRows:
    """The rows of a Parquet file. Raises InvalidInput if it is none, or has a column of no use."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            schema = self._open(file)
            self.names = tuple(schema.names)
            self._is_cells = [_is_cells(field) for field in schema]
            wrong = [field.name for field in schema if not _is_plain(field.type)]
        except _broken():
            raise self._refusal() from None
        self._batch_rows = max(1, min(BATCH_ROWS, BATCH_CELLS // max(1, len(self.names))))
        if wrong:
            raise InvalidInput([fault_at(HEADER_ROW, name, *_COLUMN_TYPE) for name in wrong])

    def rows(self) -> Iterator[list[NativeCell]]:
        """Give the cells of each row. Raises TooLarge if a batch unfolds to more than it may."""
        try:
            for batch in self._file.iter_batches(self._batch_rows):
                if batch.nbytes > BATCH_BYTES:
                    rows = self._batch_rows
                    raise TooLarge(f"{rows} rows unfold to more than {BATCH_BYTES} bytes.")
                pairs = zip(batch.columns, self._is_cells, strict=True)
                yield from map(list, zip(*(_cells(*pair) for pair in pairs), strict=True))
        except _broken():
            raise self._refusal() from None

    def _open(self, file: IO[bytes]) -> pa.Schema:
        import pyarrow as pa
        from pyarrow import parquet

        schema = parquet.read_schema(file)
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        file.seek(0)
        # A text that stands in every row is read once, not once for each of them.
        self._file = parquet.ParquetFile(file, read_dictionary=texts, pre_buffer=False)
        return schema

    def _refusal(self) -> InvalidInput:
        detail = "The file is not Parquet, or it is damaged."
        return InvalidInput([fault_at(HEADER_ROW, None, "not_parquet", detail)])


class ParquetWriter:
    """Writes rows of values. `floats` are the columns of numbers that floats carry exactly."""

    def __init__(
        self, file: IO[bytes], names: Sequence[str], floats: frozenset[str], mixed: frozenset[str]
    ) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._arrow = pa
        fields = [pa.field(name, *_type_of(name, floats, mixed, pa)) for name in names]
        self._schema = pa.schema(fields)
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, columns: Mapping[str, list[Any]]) -> None:
        """Write rows, given as the columns' values, as a group of their own."""
        arrays = [self._arrow.array(columns[field.name], field.type) for field in self._schema]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


def _type_of(name: str, floats: frozenset[str], mixed: frozenset[str], pa: Any) -> tuple[Any, ...]:
    kind = kind_of_column(name)
    if name in _WHOLE:
        return (pa.int64(),)
    if name in floats:
        return (pa.float64(),)
    if kind is Kind.YES_NO:
        return (pa.bool_(),)
    if kind is Kind.DAY:
        return (pa.date32(),)
    if name in mixed or kind is Kind.NUMBER:
        return (pa.string(), True, CELLS)
    return (pa.string(),)


def _broken() -> tuple[type[Exception], ...]:
    import pyarrow as pa

    return (pa.ArrowException, OSError, *_NO_VALUE)


def _cells(column: Any, is_cells: bool) -> list[NativeCell]:  # noqa: FBT001 - by place
    try:
        values = column.to_pylist()
        if is_cells:
            return [None if cell is None else (CELL, cell) for cell in values]
        return [native_cell(value) for value in values]
    except _broken():
        return [_cell(column, place, is_cells) for place in range(len(column))]


def _cell(column: Any, place: int, is_cells: bool) -> NativeCell:  # noqa: FBT001 - by place
    try:
        value = column[place].as_py()
        return (CELL, value) if is_cells and value is not None else native_cell(value)
    except _broken():
        return UNREADABLE


def _is_cells(field: pa.Field) -> bool:
    # Texts in a column of numbers are numbers as a cell of CSV has them.
    is_number = kind_of_column(field.name) is Kind.NUMBER
    is_marked = dict(field.metadata or {}).get(b"neurostrata") == b"cells"
    return (is_number or is_marked) and "string" in str(field.type)


def _is_plain(declared: Any) -> bool:
    name = str(declared)
    return name.startswith(
        ("int", "uint", "float", "double", "halffloat", "bool", "string", "large_string", "date",
         "timestamp", "decimal", "null", "dictionary<values=string")
    )  # fmt: skip
