"""How one variable becomes columns of a design: levels of a category, or a number transformed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from app.cohort.columns import CategoricalColumn, Column, NumericColumn
from app.cohort.models.refusal import (
    NOT_POSITIVE,
    NOT_STATED,
    ONE_LEVEL,
    TOO_FEW_VALUES,
    TRANSFORM,
    UNKNOWN_LEVEL,
    UNKNOWN_REFERENCE,
    FitRefused,
)
from app.cohort.models.spline import KNOT_QUANTILES, place_knots, restricted_cubic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.models.terms import Term

    Rows: TypeAlias = NDArray[np.float64]

BIOMARKER = "pnfh"
"""The one variable whose spline is one of its natural logarithm: levels span three decades."""


@dataclass(frozen=True, slots=True)
class Levels:
    """One column of 0 and 1 for each level of a category but the reference."""

    variable: str
    reference: str
    levels: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The coefficients' names: `arm[hormone]`."""
        return tuple(f"{self.variable}[{level}]" for level in self.levels)

    def of(self, column: Column) -> Rows:
        """The columns of some patients, shape (levels, n)."""
        if not isinstance(column, CategoricalColumn):
            raise FitRefused(TRANSFORM, self.variable, f"{self.variable} is not a category.")
        codes = [column.categories.index(level) for level in self.levels]
        return np.stack([(column.codes == code).astype(np.float64) for code in codes])

    def at(self, value: float | str) -> Rows:
        """The columns of one patient at this level, shape (levels,)."""
        if value != self.reference and value not in self.levels:
            detail = f"{self.variable} has no level {value!r} in this model."
            raise FitRefused(UNKNOWN_LEVEL, self.variable, detail)
        return np.array([float(value == level) for level in self.levels])


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric variable as it is, as a logarithm, or as a spline with these knots.

    `knots` are on the scale of the spline: of ln(value) where `is_log`.
    """

    variable: str
    names: tuple[str, ...]
    is_log: bool = False
    base: float = np.e
    knots: tuple[float, ...] = ()

    def of(self, column: Column) -> Rows:
        """The columns of some patients, shape (columns, n)."""
        if not isinstance(column, NumericColumn):
            raise FitRefused(TRANSFORM, self.variable, f"{self.variable} is not a number.")
        return self._columns(column.values)

    def at(self, value: float | str) -> Rows:
        """The columns of one patient with this value, shape (columns,)."""
        return self._columns(np.array([float(value)]))[:, 0]

    def _columns(self, values: Rows) -> Rows:
        if self.is_log:
            _refuse_non_positive(self.variable, values)
            values = np.log2(values) if self.base == 2 else np.log(values)
        return restricted_cubic(values, self.knots) if self.knots else values[np.newaxis]


Basis: TypeAlias = Levels | Number


def basis_of(term: Term, column: Column) -> Basis:
    """Decide the columns of a term from the patients that the model is fitted to."""
    if not np.all(column.is_stated):
        detail = f"{term.variable} is not stated for every patient."
        raise FitRefused(NOT_STATED, term.variable, detail)
    if isinstance(column, CategoricalColumn):
        return _levels(term, column)
    return _number(term, column)


def _levels(term: Term, column: CategoricalColumn) -> Levels:
    if term.transform != "linear":
        detail = f"{term.variable} is a category, which has no {term.transform}."
        raise FitRefused(TRANSFORM, term.variable, detail)
    counts = np.bincount(column.codes, minlength=len(column.categories))
    present = sorted(name for name, n in zip(column.categories, counts, strict=True) if n)
    if len(present) < 2:
        detail = f"All patients have the same {term.variable}."
        raise FitRefused(ONE_LEVEL, term.variable, detail)
    reference = present[0] if term.reference is None else term.reference
    if reference not in present:
        detail = f"No patient has {term.variable} {reference!r}. There is: {', '.join(present)}."
        raise FitRefused(UNKNOWN_REFERENCE, term.variable, detail)
    return Levels(term.variable, reference, tuple(one for one in present if one != reference))


def _number(term: Term, column: NumericColumn) -> Number:
    name, values = term.variable, column.values
    if term.reference is not None:
        detail = f"{name} is a number, which has no reference level."
        raise FitRefused(UNKNOWN_REFERENCE, name, detail)
    if values.size and values.min() == values.max():
        raise FitRefused(ONE_LEVEL, name, f"All patients have the same {name}.")
    if term.transform == "spline":
        return _spline(term, values)
    if term.transform == "linear":
        return Number(name, (name,))
    base = 2.0 if term.transform == "log2" else float(np.e)
    _refuse_non_positive(name, values)
    return Number(name, (f"{term.transform}({name})",), is_log=True, base=base)


def _spline(term: Term, values: Rows) -> Number:
    name, is_log = term.variable, term.variable == BIOMARKER
    if is_log:
        _refuse_non_positive(name, values)
    knots = term.knots_at or _own_knots(term, np.log(values) if is_log else values)
    if len(knots) not in KNOT_QUANTILES or any(a >= b for a, b in pairwise(knots)):
        detail = f"{name} has too few different values for a spline of {len(knots)} knots."
        raise FitRefused(TOO_FEW_VALUES, name, detail)
    names = tuple(f"spline({name})[{i}]" for i in range(1, len(knots)))
    return Number(name, names, is_log=is_log, knots=knots)


def _own_knots(term: Term, values: Rows) -> tuple[float, ...]:
    if term.knots not in KNOT_QUANTILES:
        raise FitRefused(TOO_FEW_VALUES, term.variable, "A spline has 3, 4 or 5 knots.")
    return place_knots(values, term.knots)


def _refuse_non_positive(variable: str, values: Rows) -> None:
    if values.size and values.min() <= 0:
        detail = f"{variable} is 0 or less for a patient, which has no logarithm."
        raise FitRefused(NOT_POSITIVE, variable, detail)
