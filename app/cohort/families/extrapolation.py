"""What parametric families say of one group: each fit, its curve, and how far they lie apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class FittedCurve:
    """Survival at days: four arrays of one length. Bounds are NaN where survival is 0.

    The bounds are symmetric on ln(-ln S) (delta method), as those of a Kaplan-Meier curve here.
    """

    time: NDArray[np.float64]
    survival: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FamilyFit:
    """One family's fit, or the reason why there is none.

    `parameters` are for days: `scale_days` and `shape` (Weibull: S = exp(-(t/scale)^shape);
    log-logistic: S = 1/(1 + (t/scale)^shape)), `mu` and `sigma` of ln t, `q` of the generalised
    gamma (Prentice, Biometrika 1974;61:539: 1 is a Weibull, 0 a log-normal), `gamma_i` of the
    spline on ln H (Royston and Parmar 2002) with its `knots_days`. `reason` is `no_deaths`,
    `too_few_death_times`, `no_convergence`, `below_a_nested_family` or `survival_rises`;
    `warnings` may hold `few_deaths`.
    """

    family: str
    converged: bool
    reason: str | None = None
    warnings: tuple[str, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    knots_days: tuple[float, ...] = ()
    log_likelihood: float | None = None
    aic: float | None = None
    curve: FittedCurve | None = None
    survival_at: FittedCurve | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The lowest and the highest survival of all families that converged, at days."""

    time: NDArray[np.float64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Extrapolation:
    """All families on one group. What lies past `last_day` is extrapolated.

    `moved_deaths` counts deaths on day 0, put at half a day; `left_out` counts follow-ups that
    ended on day 0 alive, which no likelihood depends on. The spreads are None if nothing converged.
    """

    n: int
    deaths: int
    last_day: float
    moved_deaths: int
    left_out: int
    level: float
    families: tuple[FamilyFit, ...]
    spread: Spread | None
    spread_at: Spread | None

    def is_extrapolated(self, times: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of the days lie past the group's follow-up."""
        return np.asarray(times) > self.last_day


def spread_of(curves: Sequence[FittedCurve]) -> Spread | None:
    """The range of several curves at the same days; None if there are none."""
    if not curves:
        return None
    survival = np.array([curve.survival for curve in curves])
    return Spread(curves[0].time, survival.min(axis=0), survival.max(axis=0))
