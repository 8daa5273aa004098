"""How values are compared in SQL so that SQLite and PostgreSQL agree.

Text goes by its bytes, whatever the database's language. Exact decimals, kept as text, are
compared as numbers: PostgreSQL compares every digit; SQLite the nearest of its own numbers, so
that two which differ only beyond the fifteenth digit count as equal there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Numeric, String, cast, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from app.db.types import ExactDecimal

_BYTES: Final = "C"


class _ByBytes(GenericFunction[str]):
    """A text, ordered by its bytes."""

    name = "by_bytes"
    type = String()
    inherit_cache = True


class _CovariateNumber(GenericFunction[Decimal]):
    """A covariate's number: of the covariates' JSON text, by its name. Null if it is none."""

    name = "covariate_number"
    type = Numeric()
    inherit_cache = True


class _CovariateText(GenericFunction[str]):
    """A covariate's text: of the covariates' JSON text, by its name. Null if it is none."""

    name = "covariate_text"
    type = String()
    inherit_cache = True


def comparable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give what a column's rows are ordered and compared by."""
    if isinstance(column.type, ExactDecimal):
        return cast(column, Numeric())
    return _ByBytes(column) if isinstance(column.type, String) else column


def bound(column: ColumnElement[Any], value: Any) -> ColumnElement[Any]:
    """Give a value as a parameter that compares with `comparable(column)`."""
    if isinstance(column.type, ExactDecimal):
        return number(value)
    return literal(value, column.type)


def number(value: Decimal | int) -> ColumnElement[Any]:
    """Give an exact number as a parameter: sent as text, for no driver to round it."""
    return cast(literal(str(value), String()), Numeric())


def covariate_number(covariates: Column[Any], name: str) -> ColumnElement[Any]:
    """Give the number of a covariate; null if it is not stated or is a text."""
    return _CovariateNumber(covariates, literal(name, String()))


def covariate_text(covariates: Column[Any], name: str) -> ColumnElement[Any]:
    """Give the text of a covariate; null if it is not stated or is a number."""
    return _CovariateText(covariates, literal(name, String()))


@compiles(_ByBytes)
def _plainly(element: _ByBytes, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_ByBytes, "postgresql")
def _in_bytes(element: _ByBytes, compiler: SQLCompiler, **options: Any) -> str:
    return f'{compiler.process(element.clauses, **options)} COLLATE "{_BYTES}"'


@compiles(_CovariateNumber, "sqlite")
def _sqlite_number(element: _CovariateNumber, compiler: SQLCompiler, **options: Any) -> str:
    return _in_sqlite(element, compiler, "'integer', 'real'", options)


@compiles(_CovariateText, "sqlite")
def _sqlite_text(element: _CovariateText, compiler: SQLCompiler, **options: Any) -> str:
    return _in_sqlite(element, compiler, "'text'", options)


@compiles(_CovariateNumber, "postgresql")
def _postgres_number(element: _CovariateNumber, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({_in_postgres(element, compiler, 'number', options)} AS NUMERIC)"


@compiles(_CovariateText, "postgresql")
def _postgres_text(element: _CovariateText, compiler: SQLCompiler, **options: Any) -> str:
    return _in_postgres(element, compiler, "string", options)


def _in_sqlite(
    element: GenericFunction[Any], compiler: SQLCompiler, kinds: str, options: dict[str, Any]
) -> str:
    covariates, name = (compiler.process(clause, **options) for clause in element.clauses)
    path = f"'$.\"' || {name} || '\"'"
    read = f"json_extract({covariates}, {path})"
    return f"CASE WHEN json_type({covariates}, {path}) IN ({kinds}) THEN {read} END"


def _in_postgres(
    element: GenericFunction[Any], compiler: SQLCompiler, kind: str, options: dict[str, Any]
) -> str:
    covariates, name = (compiler.process(clause, **options) for clause in element.clauses)
    document = f"CAST({covariates} AS JSONB)"
    found = f"jsonb_typeof(jsonb_extract_path({document}, {name}))"
    read = f"jsonb_extract_path_text({document}, {name})"
    return f"CASE WHEN {found} = '{kind}' THEN {read} END"
