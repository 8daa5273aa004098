"""A line of CSV written by PostgreSQL: what app.files.cells writes, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON

from app.files.cells import LIKE_NUMBER
from app.files.columns import Kind, kind_of_column

_APOSTROPHE: Final[ColumnElement[str]] = literal_column("''''")
_QUOTE: Final[ColumnElement[str]] = literal_column("'\"'")
_TWO_QUOTES: Final[ColumnElement[str]] = literal_column("'\"\"'")
_BACKSLASH: Final[ColumnElement[str]] = literal_column(r"E'\\'")
_EMPTY: Final[ColumnElement[str]] = literal_column("''")
MOST_NAMES: Final = 1_000
"""Names of covariates in lines that PostgreSQL can write: a statement has at most 1,664 columns."""

MOST_ARGUMENTS: Final = 90
"""Cells that are joined in one call; PostgreSQL's functions take 100 arguments."""

_COMMA: Final[ColumnElement[str]] = literal_column("','")
_LINE_END: Final[ColumnElement[str]] = literal_column(r"E'\n'")
_FORMULA: Final[ColumnElement[str]] = literal_column(r"E'=+-@\t\r'''")
_DIGITS: Final[ColumnElement[str]] = literal_column("'0123456789'")
_FENCE: Final[ColumnElement[int]] = literal_column("0")


def lines_of(
    rows: Select[Any],
    texts: Mapping[str, ColumnElement[Any]],
    covariates: ColumnElement[Any],
    names: Sequence[str],
) -> Select[Any]:
    """Give the lines of rows, in their order: the texts, then the cells of the covariates.

    The OFFSETs keep PostgreSQL from finding a covariate anew for each place it is named in.
    """
    json = cast(cast(covariates, Text), JSON).label("json")
    columns = [column.label(f"t{place}") for place, column in enumerate(texts.values())]
    found = rows.add_columns(*columns, json).offset(_FENCE).subquery()
    raw = [
        cast(func.json_extract_path(found.c.json, name), Text).label(f"c{place}")
        for place, name in enumerate(names)
    ]
    kept = [found.c[f"t{place}"] for place in range(len(texts))]
    apart = select(*kept, *raw).offset(_FENCE).subquery()
    cells = [_cell(name, apart.c[f"t{place}"]) for place, name in enumerate(texts)]
    cells += [_covariate(apart.c[f"c{place}"]) for place in range(len(names))]
    return select(_joined([func.coalesce(cell, _EMPTY) for cell in cells]).concat(_LINE_END))


def _joined(cells: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Join cells, none of them null: concat_ws would leave it out, with its comma."""
    joined = list(cells)
    while len(joined) > 1:
        joined = [
            func.concat_ws(_COMMA, *joined[start : start + MOST_ARGUMENTS])
            for start in range(0, len(joined), MOST_ARGUMENTS)
        ]
    return joined[0]


def _cell(name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    if kind_of_column(name) is not Kind.FREE_TEXT:
        return column
    return _quoted(case((_is_formula(column), _APOSTROPHE.concat(column)), else_=column))


def _covariate(raw: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the cell of a covariate's JSON: a number as it stands, a text without its marks."""
    plain = case(
        (func.strpos(raw, _BACKSLASH) == 0, func.substr(raw, 2, func.length(raw) - 2)),
        else_=func.json_extract_path_text(func.json_build_array(cast(raw, JSON)), "0"),
    )
    # Most texts begin with a letter: they are no formula, and no number.
    like_number = and_(
        func.strpos(_DIGITS, func.left(plain, 1)) > 0, plain.regexp_match(LIKE_NUMBER)
    )
    doubtful = case((_is_formula(plain), True), else_=like_number)
    shown = case((doubtful, _APOSTROPHE.concat(plain)), else_=plain)
    return case((func.left(raw, 1) == _QUOTE, _quoted(shown)), else_=raw)


def _is_formula(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.strpos(_FORMULA, func.left(column, 1)) > 0


def _quoted(column: ColumnElement[Any]) -> ColumnElement[Any]:
    must_be = (func.strpos(column, _COMMA) > 0) | (func.strpos(column, _QUOTE) > 0)
    doubled = func.replace(column, _QUOTE, _TWO_QUOTES)
    return case((must_be, _QUOTE.concat(doubled).concat(_QUOTE)), else_=column)
