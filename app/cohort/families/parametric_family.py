"""The parametric families: what lifelines calls them, where a fit starts, what is reported.

The parameters of a fit are those of lifelines, for times in units of `Sample.unit` days. Those
that must be above 0 are worked with as logarithms. Reported parameters are for times in days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.families.parametric_sample import Sample

Solutions = Mapping[str, Sequence[float]]
"""Family -> the parameters that were found for it, as lifelines states them."""

NEARLY_LOG_NORMAL: Final = 0.1
"""The q at which a generalised gamma starts from a log-normal fit: at 0 it has no derivative."""

KNOT_QUANTILES: Final = (0.0, 1 / 3, 2 / 3, 1.0)
"""Knots of the spline, as quantiles of the log death times: two inner ones (Royston and Parmar,
Stat Med 2002;21:2175)."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family. `positive` says which parameters are above 0; `nests` which families it holds."""

    name: str
    fitter: str
    positive: tuple[bool, ...]
    reported: Callable[[Sequence[float], float], dict[str, float]]
    starts: Callable[[Solutions], list[list[float] | None]] = lambda _: [None]
    nests: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many parameters it has."""
        return len(self.positive)


def _exponential(found: Sequence[float], unit: float) -> dict[str, float]:
    return {"scale_days": found[0] * unit}


def _weibull(found: Sequence[float], unit: float) -> dict[str, float]:
    return {"scale_days": found[0] * unit, "shape": found[1]}


def _log_normal(found: Sequence[float], unit: float) -> dict[str, float]:
    return {"mu": found[0] + log(unit), "sigma": found[1]}


def _generalised_gamma(found: Sequence[float], unit: float) -> dict[str, float]:
    return {"mu": found[0] + log(unit), "sigma": exp(found[1]), "q": found[2]}


def _spline(found: Sequence[float], unit: float) -> dict[str, float]:
    first = found[0] - found[1] * log(unit)
    return {f"gamma_{i}": value for i, value in enumerate((first, *found[1:]))}


def _from_those_it_nests(known: Solutions) -> list[list[float] | None]:
    """Start a generalised gamma at the Weibull (q = 1) and beside the log-normal (q = 0)."""
    starts: list[list[float] | None] = []
    if "weibull" in known:
        scale, shape = known["weibull"]
        starts.append([log(scale), -log(shape), 1.0])
    if "log_normal" in known:
        mu, sigma = known["log_normal"]
        starts += [[mu, log(sigma), q] for q in (NEARLY_LOG_NORMAL, -NEARLY_LOG_NORMAL)]
    return [*starts, None]


def _from_weibull(known: Solutions) -> list[list[float] | None]:
    """Start a spline as the straight line that a Weibull is: ln H = shape (ln t - ln scale)."""
    if "weibull" not in known:
        return [None]
    scale, shape = known["weibull"]
    return [[-shape * log(scale), shape, 0.0, 0.0], None]


FAMILIES: Final = (
    Family("exponential", "ExponentialFitter", (True,), _exponential),
    Family("weibull", "WeibullFitter", (True, True), _weibull, nests=("exponential",)),
    Family("log_normal", "LogNormalFitter", (False, True), _log_normal),
    Family("log_logistic", "LogLogisticFitter", (True, True), _weibull),
    Family(
        "generalised_gamma",
        "GeneralizedGammaFitter",
        (False, False, False),
        _generalised_gamma,
        _from_those_it_nests,
        nests=("exponential", "weibull", "log_normal"),
    ),
    Family(
        "spline",
        "SplineFitter",
        (False, False, False, False),
        _spline,
        _from_weibull,
        nests=("exponential", "weibull"),
    ),
)
"""In the order of fitting: a family stands after those that it nests."""


def knots_of(sample: Sample) -> NDArray[np.float64]:
    """Place the knots of the spline, in units of `Sample.unit` days, among all deaths."""
    at_death = sample.is_death
    logs = np.repeat(np.log(sample.time[at_death]), sample.weights[at_death].astype(np.intp))
    knots: NDArray[np.float64] = np.exp(np.quantile(logs, KNOT_QUANTILES))
    return knots


def fitter_of(family: Family, sample: Sample) -> Any:
    """Make the fitter of lifelines for a family."""
    import lifelines

    make = getattr(lifelines, family.fitter)
    return make(knots_of(sample)) if family.name == "spline" else make()
