"""Parquet as it comes: whatever its bytes say, rows or a refusal."""

import io
import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import parquet

from app.errors import Fault, InvalidInput, TooLarge
from app.files import parquet_file
from app.files.file_format import FileFormat
from app.files.staged_rows import staged_rows

ROWS = 30
COLUMNS = {
    "identifier": [f"A{number}" for number in range(ROWS)],
    "svc_percent": [84.5] * ROWS,
    "age_at_baseline": [Decimal("61.50")] * ROWS,
    "birth_year": [1960] * ROWS,
    "onset_date": [date(2020, 1, 1)] * ROWS,
    "ftd": [True, None, False] * 10,
    "pnfh": [1500.5] * ROWS,
    "pnfh_unit": ["pg/mL"] * ROWS,
    "pnfh_specimen": ["csf"] * ROWS,
    "pnfh_date": pa.array(
        [datetime(2020, 1, 1, tzinfo=UTC)] * ROWS, pa.timestamp("ns", "Europe/Paris")
    ),
    "x_t": ["a", "é", None] * 10,
    "x_d": pa.array(["a", "b", "c"] * 10).dictionary_encode(),
}


def written(columns, **options):
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def read(content):
    return list(staged_rows(io.BytesIO(content), FileFormat.PARQUET))


def flipped(content, chance):
    """Change a few bytes, half of them where the file describes itself: towards its end."""
    changed = bytearray(content)
    for _ in range(chance.choice([1, 2, 5])):
        changed[chance.randrange(len(changed) // 2, len(changed))] = chance.randrange(256)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("options", [{"compression": "none"}, {"use_dictionary": False}])
def test_a_damaged_file_is_read_or_refused(options):
    content, chance = written(COLUMNS, **options), random.Random(64)
    assert all(isinstance(row, str) for row in read(content))
    for _ in range(1_000):
        try:
            rows = read(flipped(content, chance))
        except (InvalidInput, TooLarge):
            continue
        assert all(isinstance(row, str) or isinstance(row[0], Fault) for row in rows)


def test_numbers_that_are_said_to_be_cells_of_csv_are_numbers():
    field = pa.field("x_n", pa.int64(), True, parquet_file.CELLS)
    table = pa.table([["A"], [5]], pa.schema([pa.field("identifier", pa.string()), field]))
    file = io.BytesIO()
    parquet.write_table(table, file)
    (row,) = read(file.getvalue())
    assert '{"n":5}' in row


def test_a_file_of_many_columns_is_read_in_smaller_batches(monkeypatch):
    monkeypatch.setattr(parquet_file, "BATCH_CELLS", 20)
    columns = {f"x_c{number}": [number] * ROWS for number in range(9)}
    table = parquet_file.ParquetRows(io.BytesIO(written({"identifier": ["A"] * ROWS} | columns)))
    monkeypatch.setattr(parquet_file, "BATCH_BYTES", 3 * 8 * 10)  # 20 // 10 columns: two rows
    assert len(list(table.rows())) == ROWS
