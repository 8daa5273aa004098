"""Cells of a CSV file: how a value is written into one, and what is read from one.

Writing and reading undo each other exactly. A text that a spreadsheet would take for a formula, or
that would be read back as a number, is written with an apostrophe before it; on reading, an
apostrophe is taken away exactly where writing would have put it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from app.files.columns import Kind

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""A spreadsheet runs or swallows what begins with one of these."""

NOT_A_NUMBER: Final = (
    "not_a_number",
    "This must be a number such as 61.5; leave the cell empty if it is not known.",
)
AMBIGUOUS: Final = (
    "ambiguous_number",
    "With three digits after the comma this could be thousands: write a point for decimals.",
)
NOT_YES_OR_NO: Final = ("not_a_boolean", "This must be true or false (or 1 or 0).")
NOT_A_DAY: Final = (
    "not_a_date",
    "Write a day as YYYY-MM-DD; in a spreadsheet, give the cells the format yyyy-mm-dd.",
)

LIKE_NUMBER: Final = r"^-?(0|[1-9][0-9]*)((\.[0-9]+)?([eE][+-]?[0-9]{1,18})?|,[0-9]+)$"
"""What the cell of a covariate is read as a number by, in one kind of file or another."""

_LIKE_NUMBER = re.compile(LIKE_NUMBER)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,18})?")
_COMMA_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*),[0-9]+")
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YES_NO: Final = {"true": True, "false": False, "1": True, "0": False}


class CellFault(Exception):
    """A cell cannot be read. Holds a code and what would help, never the cell."""

    def __init__(self, told: tuple[str, str]) -> None:
        super().__init__(*told)
        self.code, self.detail = told


def read_cell(cell: str, kind: Kind, *, decimal_comma: bool) -> Any:
    """Give what the cell states, as JSON would carry it; None if it is empty.

    `decimal_comma` says that the file has no commas between its cells, so that `91,5` is a number.
    Raises CellFault.
    """
    if kind is Kind.TEXT or not cell:
        return cell or None
    if kind is Kind.COVARIATE:
        return _read_covariate(cell, decimal_comma=decimal_comma)
    if kind is Kind.FREE_TEXT:
        return cell[1:] if cell[0] == "'" and _is_formula(cell[1:]) else cell
    text = cell.strip(" ")
    if kind is Kind.NUMBER:
        return _read_number(text, decimal_comma=decimal_comma)
    if kind is Kind.YES_NO:
        return _read_yes_no(text)
    if kind is Kind.DAY and not _DAY.fullmatch(text):
        raise CellFault(NOT_A_DAY)
    return text


def write_cell(value: object, kind: Kind) -> str:
    """Write a value into a cell; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _write_text(value, kind)
    if isinstance(value, datetime):
        return write_instant(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def write_instant(instant: datetime) -> str:
    """Write an instant in UTC as RFC 3339 has it, with fractions only if there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write_line(cells: list[str]) -> str:
    """Write a line of CSV: cells are quoted only where they must be."""
    return ",".join([_quoted(cell) for cell in cells]) + "\n"


def is_like_number(text: str) -> bool:
    """Whether the cell of a covariate would be read as a number, in some kind of file."""
    return _LIKE_NUMBER.fullmatch(text) is not None


def _write_text(text: str, kind: Kind) -> str:
    if kind is Kind.COVARIATE:
        return f"'{text}" if _is_formula(text) or is_like_number(text) else text
    return f"'{text}" if kind is Kind.FREE_TEXT and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.startswith(FORMULA)


def _quoted(cell: str) -> str:
    if "," in cell or '"' in cell or "\n" in cell or "\r" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _read_covariate(cell: str, *, decimal_comma: bool) -> Decimal | str:
    if cell[0] == "'":
        text = cell[1:]
        return text if _is_formula(text) or is_like_number(text) else cell
    comma_number = decimal_comma and _COMMA_NUMBER.fullmatch(cell)
    if comma_number or _NUMBER.fullmatch(cell):
        return _read_number(cell, decimal_comma=decimal_comma)
    return cell


def _read_number(text: str, *, decimal_comma: bool) -> Decimal:
    if decimal_comma and _COMMA_NUMBER.fullmatch(text):
        if _THOUSANDS.fullmatch(text):
            raise CellFault(AMBIGUOUS)
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        raise CellFault(NOT_A_NUMBER)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CellFault(("not_finite", "The number's exponent is too large.")) from None


def _read_yes_no(text: str) -> bool:
    try:
        return _YES_NO[text.lower()]
    except KeyError:
        raise CellFault(NOT_YES_OR_NO) from None
