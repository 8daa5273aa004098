"""Survival beyond follow-up: parametric families, fitted by lifelines to one group's follow-up.

How far they lie apart is the answer: no follow-up says which of them is right past its own end.
It takes seconds, so it is meant for a process of its own: plain values in, plain values out.
"""

from __future__ import annotations

import warnings
from math import inf, log
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from app.cohort.families.extrapolation import Extrapolation, FamilyFit, FittedCurve, spread_of
from app.cohort.families.parametric_family import FAMILIES, Family, fitter_of, knots_of
from app.cohort.families.parametric_likelihood import LEFT_TO_GAIN, Likelihood, Maximum, central
from app.cohort.families.parametric_sample import Sample, sample_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from app.cohort.follow_up import FollowUp

NAMES: Final = tuple(family.name for family in FAMILIES)
GRID_POINTS: Final = 129
NESTED: Final = 1e-3
"""Log likelihood by which a family may lie below one that it nests."""

ROUNDING: Final = 1e-12
"""By which a curve may rise: a flat one wavers in its last digits."""

FEW_DEATHS: Final = 10
"""Deaths a parameter below which a fit carries a warning."""


def extrapolate(
    follow_up: FollowUp,
    until: float,
    times: Sequence[float],
    level: float,
    names: Collection[str] = NAMES,
) -> Extrapolation:
    """Fit every family to one group, and say how far they lie apart.

    `until` > 0 and `times` >= 0 are days, `level` is that of the pointwise intervals. Picklable,
    in and out.
    """
    fits = tuple(fit_families(follow_up, until, times, level, names))
    sample = sample_of(follow_up)
    return Extrapolation(
        n=len(follow_up),
        deaths=sample.deaths,
        last_day=float(follow_up.days.max()) if len(follow_up) else 0.0,
        moved_deaths=sample.moved,
        left_out=sample.left_out,
        level=level,
        families=fits,
        spread=spread_of([fit.curve for fit in fits if fit.curve]),
        spread_at=spread_of([fit.survival_at for fit in fits if fit.survival_at]),
    )


def fit_families(
    follow_up: FollowUp,
    until: float,
    times: Sequence[float],
    level: float,
    names: Collection[str] = NAMES,
) -> list[FamilyFit]:
    """Fit the families of these names to one group's deaths, in the order of NAMES.

    Their curves stand at GRID_POINTS days from 0 to `until`, and at `times`. Delayed entry counts
    in every likelihood. A family that cannot be fitted carries a reason and no numbers.
    """
    sample = sample_of(follow_up)
    grid = np.linspace(0.0, until, GRID_POINTS)
    found: dict[str, Maximum] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # each becomes a reason, or `to_gain` says there is none
        days = (grid, np.array(times, dtype=np.float64))
        asked = [family for family in FAMILIES if family.name in names]
        return [_fit(family, sample, found, days, level) for family in asked]


def _fit(
    family: Family,
    sample: Sample,
    found: dict[str, Maximum],
    days: tuple[NDArray[np.float64], NDArray[np.float64]],
    level: float,
) -> FamilyFit:
    if sample.deaths == 0:
        return FamilyFit(family.name, converged=False, reason="no_deaths")
    if sample.death_times.size < family.size:
        return FamilyFit(family.name, converged=False, reason="too_few_death_times")
    likelihood = Likelihood(family, sample, fitter_of(family, sample))
    maximum = _maximise(family, likelihood, found)
    if isinstance(maximum, str):
        return FamilyFit(family.name, converged=False, reason=maximum)
    curves = [_curve(likelihood, maximum, one, sample.unit, level) for one in days]
    if any(_rises(curve) for curve in curves):
        return FamilyFit(family.name, converged=False, reason="survival_rises")
    found[family.name] = maximum
    total = maximum.log_likelihood - sample.deaths * log(sample.unit)
    few = sample.deaths < FEW_DEATHS * family.size
    return FamilyFit(
        family.name,
        converged=True,
        warnings=("few_deaths",) if few else (),
        parameters=family.reported(maximum.stated, sample.unit),
        knots_days=tuple(knots_of(sample) * sample.unit) if family.name == "spline" else (),
        log_likelihood=total,
        aic=2 * family.size - 2 * total,
        curve=curves[0],
        survival_at=curves[1],
    )


def _rises(curve: FittedCurve) -> bool:
    """Whether survival goes up with time, as that of a spline can past its last knot."""
    in_order = curve.survival[np.argsort(curve.time, kind="stable")]
    return bool((np.diff(in_order) > ROUNDING).any())


def _maximise(
    family: Family, likelihood: Likelihood, found: Mapping[str, Maximum]
) -> Maximum | str:
    """Try one start after the other, until the maximum is not below that of a nested family."""
    least = max(
        (found[name].log_likelihood for name in family.nests if name in found), default=-inf
    )
    reason = "no_convergence"
    for initial in family.starts({name: one.stated for name, one in found.items()}):
        maximum = _climb(likelihood, initial)
        if maximum is None or not maximum.to_gain <= LEFT_TO_GAIN:
            continue
        if maximum.log_likelihood >= least - NESTED:
            return maximum
        reason = "below_a_nested_family"
    return reason


def _climb(likelihood: Likelihood, initial: Sequence[float] | None) -> Maximum | None:
    from lifelines.exceptions import ConvergenceError

    try:
        return likelihood.climb(likelihood.start(initial))
    except (ConvergenceError, ArithmeticError, ValueError):  # a LinAlgError is a ValueError
        return None


def _curve(
    likelihood: Likelihood,
    maximum: Maximum,
    days: NDArray[np.float64],
    unit: float,
    level: float,
) -> FittedCurve:
    """Survival with bounds H exp(+-z se(ln H)): exactly 1 on day 0, where nothing has happened."""
    later = days > 0
    scaled = days[later] / unit
    hazard, half = np.zeros_like(days), np.zeros_like(days)
    hazard[later] = likelihood.cumulative_hazard(maximum.point, scaled)

    def log_hazard(point: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.log(likelihood.cumulative_hazard(point, scaled))

    slopes = central(log_hazard, maximum.point, np.diag(np.full(maximum.point.size, 1e-4)))
    error = np.sqrt(np.einsum("ij,ik,kj->j", slopes, maximum.covariance, slopes))
    half[later] = NormalDist().inv_cdf(0.5 + level / 2) * error
    bounds = [np.exp(-hazard * np.exp(sign * half)) for sign in (1, -1)]
    lower, upper = (np.where(np.exp(-hazard) > 0, bound, np.nan) for bound in bounds)
    return FittedCurve(days, np.exp(-hazard), lower, upper)
