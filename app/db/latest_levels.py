"""Each patient's latest CSF pNFH in SQL, compared in the unit it was reported in.

Nothing is multiplied in the database: a limit is divided exactly, before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Table, and_, exists, or_, select, true

from app.clinic.measurement import CSF, PNFH
from app.db.measurements import LATEST_FIRST, NOT_DELETED, measurement
from app.db.terms import comparable, number
from app.survival.level import EXACT, FACTORS
from app.survival.stratum import Range

Term: TypeAlias = ColumnElement[bool]
Compare: TypeAlias = Callable[[ColumnElement[Any], list[ColumnElement[Any]]], Any]

level: Final = measurement.alias("level")
"""A measurement of which it is asked in which range it lies."""

_UNITS: Final = {
    factor: [unit for unit, its in FACTORS.items() if its == factor] for factor in FACTORS.values()
}
"""Factor to pg/mL -> the units that have it."""


def has_level(patients: Table, *, exact: bool) -> Term:
    """Whether a patient has a latest level; `exact`: and it is a number, not a bound."""
    return _latest(patients, level.c.comparator.is_(None) if exact else true())


def level_compares(patients: Table, compare: Compare, values: Sequence[Decimal]) -> Term:
    """Whether the latest level is a number that compares with these values, in pg/mL."""
    return _latest(patients, and_(level.c.comparator.is_(None), _compares(compare, *values)))


def level_lies_in(patients: Table, held: Range) -> Term:
    """Whether the latest level, or all that its bound leaves open, lies in a range."""
    return _latest(patients, lies_in(held))


def lies_in(held: Range) -> Term:
    """Whether `level`, or all that its bound leaves open, lies in a range."""
    is_exact = level.c.comparator.is_(None)
    possible = [and_(is_exact, _is_above(held, ">="), _is_below(held, "<="))]
    possible += [
        and_(level.c.comparator == sign, _is_below(held, sign))
        for sign in ("<", "<=")
        if held.lower is None
    ]
    possible += [
        and_(level.c.comparator == sign, _is_above(held, sign))
        for sign in (">", ">=")
        if held.upper is None
    ]
    return or_(*possible)


def _is_below(held: Range, sign: str) -> Term:
    """Whether all up to the level lies below the range's end; `<` leaves the level itself out."""
    if held.upper is None:
        return true()
    if held.upper_inclusive or sign == "<":
        return _compares(lambda term, ends: term <= ends[0], held.upper)
    return _compares(lambda term, ends: term < ends[0], held.upper)


def _is_above(held: Range, sign: str) -> Term:
    """Whether all from the level on lies above the range's end; `>` leaves the level itself out."""
    if held.lower is None:
        return true()
    if held.lower_inclusive or sign == ">":
        return _compares(lambda term, ends: term >= ends[0], held.lower)
    return _compares(lambda term, ends: term > ends[0], held.lower)


def _compares(compare: Compare, *values: Decimal) -> Term:
    term = comparable(level.c.value)
    return or_(
        *(
            and_(
                level.c.unit.in_(units),
                compare(term, [number(EXACT.divide(value, factor)) for value in values]),
            )
            for factor, units in _UNITS.items()
        )
    )


def _latest(patients: Table, holds: Term) -> Term:
    of_patient = and_(
        measurement.c.clinic_id == patients.c.clinic_id,
        measurement.c.patient_id == patients.c.id,
    )
    latest = (
        select(measurement.c.id)
        .where(of_patient, NOT_DELETED)
        .where(measurement.c.biomarker == PNFH, measurement.c.specimen == CSF)
        .order_by(*LATEST_FIRST)
        .limit(1)
        .correlate(patients)
        .scalar_subquery()
    )
    return exists().where(level.c.clinic_id == patients.c.clinic_id, level.c.id == latest, holds)
