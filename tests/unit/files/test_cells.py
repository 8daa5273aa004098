"""Cells of CSV: what they state, and what a spreadsheet may not make of them."""

from decimal import Decimal

import pytest

from app.files.cells import FORMULA, CellFault, read_cell, write_cell, write_line
from app.files.columns import Kind


def read(cell, kind, *, decimal_comma=False):
    return read_cell(cell, kind, decimal_comma=decimal_comma)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("5", Decimal(5)),
        ("3.70", Decimal("3.70")),
        ("-1.5e3", Decimal("-1.5e3")),
        ("'5", "5"),
        ("007", "007"),
        ("1,5", "1,5"),
        ("'=SUM(A1)", "=SUM(A1)"),
        ("''quoted", "'quoted"),
        ("'plain", "'plain"),
        ("NaN", "NaN"),
        ("", None),
    ],
)
def test_a_covariate_is_a_number_if_it_is_written_as_one(cell, value):
    found = read(cell, Kind.COVARIATE)
    assert found == value
    assert type(found) is type(value)
    assert str(found) == str(value)


@pytest.mark.parametrize(
    ("text", "cell"), [("5", "'5"), ("1,5", "'1,5"), ("-x", "'-x"), ("'x", "''x"), ("x", "x")]
)
def test_a_text_that_could_be_taken_for_something_else_has_an_apostrophe(text, cell):
    assert write_cell(text, Kind.COVARIATE) == cell


def test_a_number_below_zero_is_no_formula():
    assert write_cell(Decimal("-3.20"), Kind.COVARIATE) == "-3.20"


@pytest.mark.parametrize("start", FORMULA)
def test_no_text_begins_a_formula(start):
    for kind in (Kind.COVARIATE, Kind.FREE_TEXT):
        assert write_cell(f"{start}1+1", kind) == f"'{start}1+1"


def test_a_decimal_comma_is_read_where_commas_do_not_part_cells():
    assert read("91,5", Kind.NUMBER, decimal_comma=True) == Decimal("91.5")
    assert read("0,125", Kind.NUMBER, decimal_comma=True) == Decimal("0.125")
    assert read("1234,500", Kind.NUMBER, decimal_comma=True) == Decimal("1234.500")


@pytest.mark.parametrize(
    ("cell", "kind", "decimal_comma", "code"),
    [
        ("1,500", Kind.NUMBER, True, "ambiguous_number"),
        ("1,500", Kind.COVARIATE, True, "ambiguous_number"),
        ("91,5", Kind.NUMBER, False, "not_a_number"),
        ("NA", Kind.NUMBER, False, "not_a_number"),
        ("84 %", Kind.NUMBER, False, "not_a_number"),
        ("15e999999999999999999", Kind.NUMBER, False, "not_finite"),
        ("yes", Kind.YES_NO, False, "not_a_boolean"),
        ("12/04/2023", Kind.DAY, False, "not_a_date"),
        ("45000", Kind.DAY, False, "not_a_date"),
    ],
)
def test_a_cell_that_is_not_sure_is_refused(cell, kind, decimal_comma, code):
    with pytest.raises(CellFault) as refused:
        read(cell, kind, decimal_comma=decimal_comma)
    assert refused.value.code == code
    assert cell not in refused.value.detail


@pytest.mark.parametrize(
    ("cell", "value"), [("TRUE", True), ("false", False), ("1", True), ("0", False)]
)
def test_yes_and_no_are_read_as_spreadsheets_write_them(cell, value):
    assert read(cell, Kind.YES_NO) is value


def test_cells_are_quoted_only_where_they_must_be():
    assert write_line(["a", "b,c", 'd"e', " f", ""]) == 'a,"b,c","d""e", f,\n'
