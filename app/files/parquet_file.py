"""Patients in Parquet: typed columns, read and written a batch at a time.

What a footer says of sizes is not believed: rows and bytes are counted as they come out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final

from app.errors import InvalidInput, TooLarge
from app.files.columns import HEADER_ROW, Kind, fault_at, kind_of_column
from app.files.native_values import CELL, NativeCell, native_cell

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

BATCH_ROWS: Final = 1_000
BATCH_BYTES: Final = 134_217_728
"""Most bytes that one batch of rows may unfold to."""

WRITTEN_ROWS: Final = 20_000
CELLS: Final = {b"neurostrata": b"cells"}
"""Marks a column of texts that are written as the cells of CSV: numbers and texts are mixed."""

_WHOLE: Final = frozenset(("birth_year", "alsfrs_r"))


class ParquetRows:
    """The rows of a Parquet file. Raises InvalidInput if it is none, or has a column of no use."""

    def __init__(self, file: IO[bytes]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._broken = (pa.ArrowException, OSError)
        try:
            schema = parquet.read_schema(file)
            texts = [f.name for f in schema if pa.types.is_string(f.type)]
            file.seek(0)
            # A text that stands in every row is read once, not once for each of them.
            self._file = parquet.ParquetFile(file, read_dictionary=texts, pre_buffer=False)
        except self._broken:
            raise self._refusal() from None
        self.names = tuple(schema.names)
        self._is_cells = [_is_cells(field) for field in schema]
        faults = [
            fault_at(HEADER_ROW, field.name, "column_type", "A column is of numbers, texts, "
                     "dates, instants, or true and false.")
            for field in schema if not _is_plain(field.type)
        ]  # fmt: skip
        if faults:
            raise InvalidInput(faults)

    def rows(self) -> Iterator[list[NativeCell]]:
        """Give the cells of each row. Raises TooLarge if a batch unfolds to more than it may."""
        try:
            for batch in self._file.iter_batches(BATCH_ROWS):
                if batch.nbytes > BATCH_BYTES:
                    raise TooLarge(f"{BATCH_ROWS} rows unfold to more than {BATCH_BYTES} bytes.")
                columns = [
                    self._cells(*one) for one in zip(batch.columns, self._is_cells, strict=True)
                ]
                yield from map(list, zip(*columns, strict=True))
        except self._broken:
            raise self._refusal() from None

    def _cells(self, column: Any, is_cells: bool) -> list[NativeCell]:  # noqa: FBT001 - by place
        if is_cells:
            return [None if cell is None else (CELL, cell) for cell in column.to_pylist()]
        return [native_cell(value) for value in column.to_pylist()]

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


def _is_cells(field: pa.Field) -> bool:
    # Texts in a column of numbers are numbers as a cell of CSV has them.
    is_number = kind_of_column(field.name) is Kind.NUMBER and "string" in str(field.type)
    return is_number or dict(field.metadata or {}).get(b"neurostrata") == b"cells"


def _is_plain(declared: Any) -> bool:
    name = str(declared)
    return name.startswith(
        ("int", "uint", "float", "double", "halffloat", "bool", "string", "large_string", "date",
         "timestamp", "decimal", "null", "dictionary<values=string")
    )  # fmt: skip
