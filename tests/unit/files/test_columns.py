"""The header of a file."""

import pytest

from app.errors import InvalidInput
from app.files.columns import MOST_COLUMNS, check_columns, columns_of


def faults_of(*names):
    with pytest.raises(InvalidInput) as refused:
        check_columns(names)
    return [(fault.row, fault.column, fault.code, fault.detail) for fault in refused.value.faults]


def test_an_export_has_the_columns_that_an_import_knows():
    check_columns(columns_of(["b", "A"]))
    assert columns_of(["b", "A"])[-2:] == ("x_A", "x_b")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("onset_dat", "onset_date"), ("Identifier", "identifier"), ("svc", "svc_percent")],
)
def test_a_column_that_does_not_exist_is_told_with_the_one_that_does(name, hint):
    ((row, column, code, detail),) = (
        faults_of("identifier", name) if name != "Identifier" else (faults_of(name)[:1])
    )
    assert (row, column, code) == (1, name, "unknown_field")
    assert detail.endswith(f"Did you mean {hint}?")


def test_all_faults_of_a_header_are_told_at_once():
    found = faults_of("sex", "sex", "x_1", "", "Jane Doe <jane@example.org>")
    assert [(column, code) for _, column, code, _ in found] == [
        ("x_1", "unknown_field"),
        (None, "unknown_field"),
        (None, "unknown_field"),
        ("sex", "repeated"),
        ("identifier", "missing"),
    ]


def test_a_million_columns_are_one_fault():
    assert [code for _, _, code, _ in faults_of(*map(str, range(MOST_COLUMNS + 1)))] == ["too_many"]
