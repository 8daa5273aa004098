"""CSV files as spreadsheets of many countries write them, and files that are none."""

import io

import pytest

from app.errors import Fault, InvalidInput
from app.files.csv_file import LONGEST_CELL, CsvFile
from app.files.text_blocks import LONGEST_LINE

TABLE = "identifier,x_a\nA,1\nB,2\n"
ROWS = [(2, ["A", "1"]), (3, ["B", "2"])]


def rows_of(text, encoding="utf-8"):
    data = text.encode(encoding) if isinstance(text, str) else text
    file = CsvFile(io.BytesIO(data))
    return file.names, list(file.records())


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separator_line_ends_and_encoding_are_found_out(separator, end, encoding):
    written = TABLE.replace(",", separator).replace("\n", end)
    assert rows_of(written, encoding) == (("identifier", "x_a"), ROWS)


def test_a_record_is_named_after_the_line_it_begins_on():
    _, records = rows_of('identifier,x_a\nA,"two\nlines"\n\n,\nB,2\n')
    assert records == [(2, ["A", "two\nlines"]), (6, ["B", "2"])]


def test_lines_are_counted_across_blocks():
    many = 60_000
    written = "identifier,x_a\n" + "".join(
        f'{i},"a""b"\n' if i % 7 == 0 else f"{i},\u00e9\n" for i in range(many)
    )
    _, records = rows_of(written)
    assert [row for row, _ in records] == list(range(2, many + 2))
    assert [cells[0] for _, cells in records] == [str(i) for i in range(many)]


def test_a_ragged_row_fails_alone():
    _, records = rows_of("identifier,x_a\nA\nB,2\nC,3,4\n")
    assert [(row, getattr(cells, "code", None)) for row, cells in records] == [
        (2, "ragged_row"), (3, None), (4, "ragged_row"),
    ]  # fmt: skip


def test_a_mark_within_a_cell_fails_alone():
    _, records = rows_of('identifier,x_a\nA,"5" nail\nB,2\nC,"3"\n')
    assert [isinstance(cells, Fault) for _, cells in records] == [True, False, False]
    assert records[1:] == [(3, ["B", "2"]), (4, ["C", "3"])]


@pytest.mark.parametrize(
    ("data", "row", "code"),
    [
        (b"", 1, "no_header"),
        (b"\n\n", 1, "no_header"),
        (b"identifier\nA\ncaf\xe9\n", 3, "not_utf8"),
        ("identifier\nA".encode("utf-16") + b"\x00", 1, "not_utf8"),
        (b'identifier\nA\n"B\nC\n', 3, "unclosed_quote"),
        (b'identifier\n"' + b"a\n" * LONGEST_CELL, 2, "unclosed_quote"),
        (b"identifier\nA\n" + b"a" * (3 * LONGEST_LINE), 3, "line_too_long"),
        (b"," * (3 * LONGEST_LINE), 1, "line_too_long"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line(data, row, code):
    with pytest.raises(InvalidInput) as refused:
        rows_of(data)
    assert [(fault.row, fault.code) for fault in refused.value.faults] == [(row, code)]
