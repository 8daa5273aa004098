"""Filters in SQL: which patients are meant. Every value is a parameter, no name is from outside."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Table, and_, false, func, not_, or_

from app.clinic.filter import PNFH, STRATUM, Condition, Filter
from app.db.latest_levels import has_level, level_compares, level_lies_in
from app.db.terms import bound, comparable, covariate_number, covariate_text, number
from app.survival.stratum import Range

Term: TypeAlias = ColumnElement[bool]

COMPARED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "ne": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def matching(wanted: Filter, patients: Table, strata: Mapping[str, Range]) -> list[Term]:
    """Give the terms that hold for the patients who are meant, and for no others.

    `strata` are the ranges of levels that the strata stand for, by their ids.
    """
    return [_term(condition, patients, strata) for condition in wanted.conditions]


def _term(condition: Condition, patients: Table, strata: Mapping[str, Range]) -> Term:
    if condition.covariate is not None:
        return _covariate_term(condition, patients, condition.covariate)
    if condition.field == PNFH:
        return _level_term(condition, patients)
    if condition.field == STRATUM:
        return _stratum_term(condition, patients, strata)
    return _column_term(condition, patients.c[condition.field])


def _column_term(condition: Condition, column: ColumnElement[Any]) -> Term:
    term, value = comparable(column), condition.value
    if condition.operator == "any_of":
        values = [bound(column, one) for one in _stated(value)]
        return _any_of(value, term.in_(values), column.is_not(None))
    if condition.operator == "exists":
        return _exists(value, column.is_not(None))
    if condition.operator == "prefix":
        begins: Term = func.substr(column, 1, len(value)) == value
        return begins
    compared: Term = COMPARED[condition.operator](term, bound(column, value))
    return compared


def _covariate_term(condition: Condition, patients: Table, name: str) -> Term:
    as_number = covariate_number(patients.c.covariates, name)
    as_text = covariate_text(patients.c.covariates, name)
    exists = or_(as_number.is_not(None), as_text.is_not(None))
    value = condition.value
    if condition.operator == "any_of":
        stated = list(_stated(value))
        texts = [one for one in stated if isinstance(one, str)]
        numbers = [number(one) for one in stated if not isinstance(one, str)]
        return _any_of(value, or_(as_text.in_(texts), as_number.in_(numbers)), exists)
    if condition.operator == "exists":
        return _exists(value, exists)
    if condition.operator == "ne":
        same = as_text == value if isinstance(value, str) else as_number == number(value)
        return and_(exists, not_(func.coalesce(same, false())))
    compared: Term = COMPARED[condition.operator](as_number, number(value))
    return compared


def _level_term(condition: Condition, patients: Table) -> Term:
    value, exists = condition.value, has_level(patients, exact=True)
    if condition.operator == "any_of":
        one_of = level_compares(patients, lambda term, values: term.in_(values), _stated(value))
        return _any_of(value, one_of, exists)
    if condition.operator == "exists":
        return _exists(value, exists)
    compare = COMPARED[condition.operator]
    return level_compares(patients, lambda term, values: compare(term, values[0]), (value,))


def _stratum_term(condition: Condition, patients: Table, strata: Mapping[str, Range]) -> Term:
    lies_in = {name: level_lies_in(patients, held) for name, held in strata.items()}
    value, exists = condition.value, or_(*lies_in.values())
    if condition.operator == "any_of":
        return _any_of(value, or_(false(), *(lies_in[one] for one in _stated(value))), exists)
    if condition.operator == "exists":
        return _exists(value, exists)
    return or_(*(term for name, term in lies_in.items() if name != value))


def _any_of(values: Iterable[Any], one_of_stated: Term, exists: Term) -> Term:
    return or_(one_of_stated, not_(exists)) if None in tuple(values) else one_of_stated


def _exists(wanted: bool, exists: Term) -> Term:  # noqa: FBT001 - the value of the condition
    return exists if wanted else not_(exists)


def _stated(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(one for one in values if one is not None)
