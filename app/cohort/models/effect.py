"""The hazard ratio of a treatment along a biomarker, with its pointwise band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.cohort.columns import NumericColumn
from app.cohort.models.basis import BIOMARKER, Basis, Levels, Number
from app.cohort.tails import critical_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from app.cohort.columns import Column
    from app.cohort.models.cox import CoxFit
    from app.cohort.models.design import Blueprint

    Floats: TypeAlias = NDArray[np.float64]
    Values: TypeAlias = dict[str, float | str]

LEVEL: Final = 0.95

STEPS: Final = 20
"""Geometric steps between the outer values at which the effect is told unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class EffectPoint:
    """The hazard ratio of a level of a category against its reference, at a biomarker value."""

    value: float
    hazard_ratio: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class EffectCurve:
    """The hazard ratio of one treated level along the biomarker.

    `held_at` are the values of other variables that change this hazard ratio, because they
    interact with the treatment: the median of a number, the reference of a category.
    """

    variable: str
    level: str
    reference: str
    points: tuple[EffectPoint, ...]
    held_at: dict[str, float | str]


def treatments_along(blueprint: Blueprint, biomarker: str = BIOMARKER) -> tuple[str, ...]:
    """The categorical variables that interact with the biomarker, in the order of the pairs."""
    partners = [
        other
        for pair in blueprint.interactions
        if biomarker in pair
        for other in pair
        if other != biomarker
    ]
    return tuple(name for name in partners if isinstance(blueprint.basis(name), Levels))


def usual_values(values: Floats) -> tuple[float, ...]:
    """21 values in equal ratios from the 5th to the 95th percentile of positive values."""
    lower, upper = (float(limit) for limit in np.quantile(values, [0.05, 0.95]))
    return tuple(float(value) for value in np.geomspace(lower, upper, STEPS + 1))


def effect_along(
    fit: CoxFit,
    variable: str,
    values: Sequence[float],
    columns: Mapping[str, Column],
    *,
    biomarker: str = BIOMARKER,
    level: float = LEVEL,
) -> tuple[EffectCurve, ...]:
    """A curve for each level of a categorical term but its reference; exp(c b -+ z sqrt(c V c')).

    c is the difference of two rows of the design that differ in the treatment alone; `columns` are
    those that the model was fitted to.
    """
    blueprint = fit.sample.design.blueprint
    basis = None if blueprint is None else blueprint.basis(variable)
    if blueprint is None or not isinstance(basis, Levels):
        raise TypeError(f"{variable} is not a category of this model.")
    held = {one.variable: _held(one, columns[one.variable]) for one in blueprint.bases}
    told = _told(blueprint, variable, biomarker, held)
    curves = []
    for treated in basis.levels:
        rows = [_contrast(blueprint, held | {biomarker: v}, basis, treated) for v in values]
        points = _points(fit, values, np.array(rows), level)
        curves.append(EffectCurve(variable, treated, basis.reference, points, told))
    return tuple(curves)


def _points(
    fit: CoxFit, values: Sequence[float], rows: Floats, level: float
) -> tuple[EffectPoint, ...]:
    middle = rows @ fit.coefficients
    error = np.sqrt(np.einsum("mp,pq,mq->m", rows, fit.covariance, rows))
    width = critical_value(level) * error
    ratios = np.exp(np.stack((middle, middle - width, middle + width)))
    return tuple(
        EffectPoint(float(value), *(float(one) for one in of))
        for value, of in zip(values, ratios.T, strict=True)
    )


def _contrast(blueprint: Blueprint, values: Values, basis: Levels, treated: str) -> Floats:
    with_it = blueprint.row(values | {basis.variable: treated})
    return with_it - blueprint.row(values | {basis.variable: basis.reference})


def _held(basis: Basis, column: Column) -> float | str:
    if isinstance(basis, Number) and isinstance(column, NumericColumn):
        return float(np.median(column.values))
    return basis.reference if isinstance(basis, Levels) else 0.0


def _told(blueprint: Blueprint, variable: str, biomarker: str, held: Values) -> Values:
    partners = {name for pair in blueprint.interactions if variable in pair for name in pair}
    return {name: held[name] for name in sorted(partners - {variable, biomarker})}
