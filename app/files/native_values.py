"""Cells that have a type already: members of a JSON object, values of a Parquet column.

Equal values need not be the same (61 and 61.0, 1 and true), so each is known by its type and text.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from app.files.cells import CellFault, read_cell, write_instant
from app.files.columns import Kind

NativeCell = str | tuple[str, str] | None
"""A text, or the kind and the text of another value, or nothing."""

CELL: Final = "cell"
"""Marks a text that is written as a cell of CSV would be."""

UNREADABLE: Final = ("unreadable", "")
"""The cell of a value that has a place in the file, but that nothing can be made of."""

NO_VALUE: Final = (
    "unreadable",
    "This value cannot be read: a text that is not UTF-8, or a day or instant out of range.",
)

_WHOLE: Final = 1e15
_EMPTY: Final = {"list": list, "dict": dict}


def native_cell(value: Any) -> NativeCell:
    """Give the cell of a value. What cannot be one is refused when it is read."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "bool", str(value)
    if isinstance(value, (int, float, Decimal)):
        return "number", float_text(value) if isinstance(value, float) else str(value)
    if isinstance(value, date):
        return _day_text(value)
    return ("list" if isinstance(value, list) else "dict"), ""


def read_native(cell: NativeCell, kind: Kind) -> Any:
    """Give a cell's plain value, as JSON carries it. Raises CellFault."""
    if cell is None or isinstance(cell, str):
        return cell
    form, text = cell
    if form == "number":
        return Decimal(text)
    if form == "bool":
        return text == "True"
    if form == CELL:
        return read_cell(text, kind, decimal_comma=False)
    if cell == UNREADABLE:
        raise CellFault(NO_VALUE)
    return _EMPTY[form]()


def float_text(value: float) -> str:
    """Write a float with the fewest digits that mean it; whole ones without a point."""
    if math.isfinite(value) and value.is_integer() and abs(value) < _WHOLE:
        return str(int(value))
    return repr(value)


def survives_as_float(number: Decimal) -> bool:
    """Whether a float carries the number digit by digit."""
    return float_text(float(number)) == str(number)


def _day_text(value: date) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.tzinfo is None:
        # A frame of data has no plain days: midnight without a zone is one.
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return write_instant(value)
