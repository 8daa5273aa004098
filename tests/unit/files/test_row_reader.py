"""What a reader of rows remembers is bounded, however many columns and texts there are."""

from app.files import row_reader
from app.files.native_values import native_cell, read_native
from app.files.row_reader import RowReader


def read(reader, row, members):
    cells = [native_cell(value) for value in members.values()]
    return reader.plan(tuple(members)).read(row, cells)


def remembered(reader, names):
    return sum(len(reader.memory(name)) for name in names)


def test_texts_of_all_columns_together_are_remembered_up_to_a_bound(monkeypatch):
    monkeypatch.setattr(row_reader, "MOST_OF_ALL", 100)
    reader, names = RowReader(read_native), ["identifier", *(f"x_c{n}" for n in range(50))]
    rows = [dict.fromkeys(names, f"A{number}") for number in range(10)]
    staged = [read(reader, number, row) for number, row in enumerate(rows)]
    assert staged == [read(RowReader(read_native), number, row) for number, row in enumerate(rows)]
    assert remembered(reader, names) == 100  # of 51 columns * 10 texts


def test_columns_beyond_those_of_any_file_are_forgotten(monkeypatch):
    monkeypatch.setattr(row_reader, "MOST_COLUMNS", 10)
    reader = RowReader(read_native)
    for number in range(100):
        row = read(reader, number, {"identifier": "A", f"x_c{number}": number})
        assert f'{{"c{number}":{number}}}' in row
        assert len(reader._memories) <= 10
