"""A line of CSV written by PostgreSQL: what app.clinic.cells writes, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, case, cast, func, literal, literal_column, or_
from sqlalchemy.dialects.postgresql import JSON

from app.clinic.cells import FORMULA, LIKE_NUMBER
from app.clinic.columns import Kind, kind_of_column

_APOSTROPHE: Final[ColumnElement[str]] = literal_column("''''")
_QUOTE: Final[ColumnElement[str]] = literal_column("'\"'")
_TWO_QUOTES: Final[ColumnElement[str]] = literal_column("'\"\"'")


def line_of(
    texts: Mapping[str, ColumnElement[Any]], covariates: ColumnElement[Any], names: Sequence[str]
) -> ColumnElement[str]:
    """Give the line of a row's texts and, after them, the cells of its named covariates."""
    cells = [_cell(name, column) for name, column in texts.items()]
    json = cast(cast(covariates, Text), JSON)
    cells += [_covariate(func.json_extract_path(json, name)) for name in names]
    comma: ColumnElement[str] = literal_column("','")
    line: ColumnElement[str] = func.coalesce(cells[0], "")
    for cell in cells[1:]:
        line = line.concat(comma).concat(func.coalesce(cell, literal_column("''")))
    return line.concat(literal_column("E'\\n'"))


def _cell(name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    if kind_of_column(name) is not Kind.FREE_TEXT:
        return column
    return _quoted(_apart_from_formulas(column))


def _covariate(value: ColumnElement[Any]) -> ColumnElement[Any]:
    plain = func.json_extract_path_text(func.json_build_array(value), "0")
    like_number = plain.regexp_match(LIKE_NUMBER)
    shown = case((or_(_is_formula(plain), like_number), _APOSTROPHE.concat(plain)), else_=plain)
    return case(
        (func.json_typeof(value) == "number", cast(value, Text)),
        (func.json_typeof(value) == "string", _quoted(shown)),
    )


def _apart_from_formulas(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((_is_formula(column), _APOSTROPHE.concat(column)), else_=column)


def _is_formula(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.left(column, 1).in_([literal(start) for start in FORMULA])


def _quoted(column: ColumnElement[Any]) -> ColumnElement[Any]:
    must_be = or_(func.strpos(column, ",") > 0, func.strpos(column, _QUOTE) > 0)
    doubled = func.replace(column, _QUOTE, _TWO_QUOTES)
    return case((must_be, _QUOTE.concat(doubled).concat(_QUOTE)), else_=column)
