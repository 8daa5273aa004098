"""Where a partial likelihood is greatest, or why it is nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.cohort.models.refusal import COLLINEAR, INFINITE, NOT_CONVERGED, FitRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.cohort.models.efron import Moments, PartialLikelihood

    Floats: TypeAlias = NDArray[np.float64]

SINGULAR: Final = float(np.finfo(np.float64).eps ** 0.75)
"""The least pivot of the information, over its greatest diagonal: R's `coxph.control`."""

CLOSE: Final = 3e-7
"""A step of so many standard deviations of a column is the last: what it leaves is its square."""

NOTHING_TO_GAIN: Final = 1e-17
"""So does a step that promises this: coefficients within 3e-9 of their standard error."""

FLAT: Final = 1e-8
"""A likelihood that a step can raise by no more than this, in logarithms, has reached its limit."""

VANISHED: Final = 1e-9
"""A column that keeps only this part of its information at beta = 0 has met separated deaths."""

LONG: Final = 0.1
"""A step that still changes the risk of a patient against another's by a tenth."""

MOST_STEPS: Final = 60
MOST_HALVINGS: Final = 30


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """The likelihood at beta, shape (p,), with Newton's next step from there."""

    beta: Floats
    log_likelihood: float
    moments: Moments
    step: Floats

    @property
    def gain(self) -> float:
        """Twice what the step promises to add to the log likelihood."""
        return float(self.step @ self.moments.score)

    def is_close(self, close: float) -> bool:
        """Whether the step leads to the maximum, to the last digits that matter."""
        return bool(np.abs(self.step).max() < close) or 0 <= self.gain < NOTHING_TO_GAIN


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """The maximum of p standardised columns, and the score statistic of beta = 0."""

    beta: Floats
    covariance: Floats
    log_likelihood: float
    log_likelihood_null: float
    score_statistic: float
    iterations: int


def maximise(
    likelihood: PartialLikelihood, names: Sequence[str], start: Floats, close: float = CLOSE
) -> Maximum:
    """Climb from `start` until a step is shorter than `close` standard deviations.

    Raises FitRefused for a singular design or an infinite coefficient.
    """
    null = _null(likelihood, names)
    point = null
    if start.any():
        tried = _point(likelihood, start)
        point = tried if tried.log_likelihood > null.log_likelihood else null
    point, iterations = _climb(likelihood, names, (null, point), close)
    return Maximum(
        point.beta + point.step,
        _inverse(point.moments.information),
        point.log_likelihood + point.gain / 2,
        null.log_likelihood,
        null.gain,
        iterations,
    )


def first_aliased(information: Floats, tolerance: float = SINGULAR) -> int | None:
    """The first column that the earlier ones determine: R's `cholesky2`, by pivots."""
    left = information.copy()
    least = tolerance * float(np.diag(left).max(initial=0.0))
    for i in range(left.shape[0]):
        pivot = left[i, i]
        if not pivot > least:
            return i
        left[i + 1 :, i + 1 :] -= np.outer(left[i + 1 :, i], left[i, i + 1 :]) / pivot
    return None


def _null(likelihood: PartialLikelihood, names: Sequence[str]) -> Point:
    beta = np.zeros(len(names))
    risks, sums = likelihood.sums(beta)
    moments = likelihood.moments(risks, sums, likelihood.steps(sums))
    aliased = first_aliased(moments.information)
    if aliased is not None:
        name = names[aliased]
        detail = f"{name} never changes, or is determined by the strata or the terms before it."
        raise FitRefused(COLLINEAR, name, detail)
    value = likelihood.log_likelihood(beta, sums)
    return Point(beta, value, moments, _newton_step(moments))


def _point(likelihood: PartialLikelihood, beta: Floats) -> Point:
    """The likelihood at beta; not a number where a risk overflows."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        risks, sums = likelihood.sums(beta)
        value = likelihood.log_likelihood(beta, sums)
        moments = likelihood.moments(risks, sums, likelihood.steps(sums))
        return Point(beta, value, moments, _newton_step(moments))


def _climb(
    likelihood: PartialLikelihood, names: Sequence[str], points: tuple[Point, Point], close: float
) -> tuple[Point, int]:
    """From the second of two points; the first is that of beta = 0."""
    null, point = points
    before = np.full_like(point.step, np.inf)
    for iteration in range(MOST_STEPS):
        step = np.abs(point.step)
        endless = _has_vanished(null, point)
        if point.gain < FLAT:
            endless |= (step * np.ptp(likelihood.columns, axis=1) > LONG) & (step > before / 2)
        if endless.any():
            raise _infinite(names, np.flatnonzero(endless), point.beta)
        if point.is_close(close):
            return point, iteration
        before, point = step, _next(likelihood, point, names)
    raise _not_converged(names, point)


def _has_vanished(null: Point, point: Point) -> NDArray[np.bool_]:
    """Of which columns nothing is left to learn: every risk set holds one value of them."""
    left = np.diag(point.moments.information)
    return np.asarray(~(left > VANISHED * np.diag(null.moments.information)))


def _next(likelihood: PartialLikelihood, point: Point, names: Sequence[str]) -> Point:
    step = point.step
    slack = 1e-12 * abs(point.log_likelihood)
    for _ in range(MOST_HALVINGS):
        found = _point(likelihood, point.beta + step)
        if found.log_likelihood >= point.log_likelihood - slack and np.isfinite(found.step).all():
            return found
        step = step / 2
    raise _not_converged(names, point)


def _infinite(names: Sequence[str], endless: NDArray[np.intp], beta: Floats) -> FitRefused:
    """Coefficients that run away, told from those that are only far out or badly determined.

    Near a finite maximum steps shrink with what they gain; towards an infinite one the likelihood
    is flat while every step stays as long as the last (Heinze & Schemper, Stat Med 2001;20:2109).
    """
    told = ", ".join(names[int(i)] for i in endless)
    worst = names[int(endless[np.abs(beta[endless]).argmax()])]
    detail = f"The likelihood rises without end along {told}: the deaths are separated."
    return FitRefused(INFINITE, worst, detail)


def _newton_step(moments: Moments) -> Floats:
    """I^-1 U, solved in units in which the diagonal of I is 1."""
    scale, scaled = _correlation(moments.information)
    try:
        return np.asarray(np.linalg.solve(scaled, moments.score / scale) / scale)
    except np.linalg.LinAlgError:
        return np.full_like(scale, np.nan)


def _inverse(information: Floats) -> Floats:
    scale, scaled = _correlation(information)
    return np.asarray(np.linalg.inv(scaled) / np.outer(scale, scale))


def _correlation(information: Floats) -> tuple[Floats, Floats]:
    diagonal = np.diag(information)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    return scale, information / np.outer(scale, scale)


def _not_converged(names: Sequence[str], point: Point) -> FitRefused:
    worst = names[int(np.nan_to_num(np.abs(point.step)).argmax())]
    return FitRefused(NOT_CONVERGED, worst, f"No maximum of the likelihood was found for {worst}.")
