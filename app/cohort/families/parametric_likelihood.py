"""The likelihood of a family as lifelines states it, and the last steps to its maximum.

lifelines stops where its optimiser does, which may be 1e-3 of log likelihood below the top, and
its second derivatives in a generalised gamma go through differences. So the last steps are
Newton's, with central differences of the log likelihood itself, and what is left to gain says
whether the maximum was reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from app.cohort.families.parametric_family import Family
    from app.cohort.families.parametric_sample import Sample

STEP: Final = 1e-3
STEP_IN_ERRORS: Final = 0.01
"""How far second differences go at most, on the parameter's scale and in its standard errors: less
is lost in rounding, more bends. First differences lose less and go a tenth as far."""

MOST_STEPS: Final = 10
MOST_ROUNDS: Final = 200
"""Of the optimiser of lifelines, which else may go on for 10,000 where there is no maximum."""

ENOUGH: Final = 1e-13
"""Log likelihood that a further step would gain, at which none is made."""

LEFT_TO_GAIN: Final = 1e-5
"""Log likelihood that may be left to gain at a maximum."""


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where a log likelihood is highest: the parameters, worked with and as lifelines states them.

    `covariance` (k by k) is the inverse of the observed information in the former. `to_gain` is
    Newton's estimate of the log likelihood that is missing.
    """

    point: NDArray[np.float64]
    stated: tuple[float, ...]
    log_likelihood: float
    covariance: NDArray[np.float64]
    to_gain: float


class Likelihood:
    """The likelihood of one family on one sample. Times are in units of `Sample.unit` days."""

    def __init__(self, family: Family, sample: Sample, fitter: Any) -> None:
        self._positive = np.array(family.positive)
        self._sample = sample
        self._fitter = fitter

    def stated(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """The parameters as lifelines states them: exp of those that must be above 0."""
        return np.where(self._positive, np.exp(np.where(self._positive, point, 0.0)), point)

    def cumulative_hazard(
        self, point: NDArray[np.float64], times: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """H at times above 0; `inf` where nobody is left."""
        hazard = self._fitter._cumulative_hazard(self.stated(point), times)  # noqa: SLF001
        return np.asarray(hazard, dtype=np.float64)

    def log_likelihood(self, point: NDArray[np.float64]) -> float:
        """Of times in units of `Sample.unit` days. `-inf` where it is not a number."""
        sample = self._sample
        rows = (sample.time, None), sample.is_death, sample.entry, sample.weights
        mean = self._fitter._negative_log_likelihood_right_censoring(  # noqa: SLF001
            self.stated(point), *rows
        )
        total = -float(mean) * float(sample.weights.sum())
        return total if np.isfinite(total) else -np.inf

    def start(self, initial: Sequence[float] | None) -> NDArray[np.float64]:
        """Let lifelines find the maximum. Raises its ConvergenceError, or ValueError."""
        sample = self._sample
        # lifelines takes no array of length 1: a lone row goes in twice, at half its weight.
        rows = np.resize(np.arange(sample.time.size), max(sample.time.size, 2))
        weights = sample.weights[rows] * (sample.time.size / rows.size)
        self._fitter.fit(
            sample.time[rows],
            sample.is_death[rows],
            timeline=[1.0],
            entry=sample.entry[rows],
            weights=weights,
            initial_point=None if initial is None else np.array(initial),
            fit_options={"maxiter": MOST_ROUNDS},
        )
        found = self._fitter.params_.to_numpy(dtype=np.float64)
        return np.where(self._positive, np.log(np.where(self._positive, found, 1.0)), found)

    def climb(self, point: NDArray[np.float64]) -> Maximum:
        """Go on by Newton's steps. Raises LinAlgError where there is no maximum to be seen."""
        gradient, information, to_gain = self._slope(point)
        for _ in range(MOST_STEPS):
            if to_gain <= ENOUGH:
                break
            further = point + np.linalg.solve(information, gradient)
            if self.log_likelihood(further) < self.log_likelihood(point):
                break
            point = further
            gradient, information, to_gain = self._slope(point)
        stated = tuple(float(value) for value in self.stated(point))
        covariance: NDArray[np.float64] = np.linalg.inv(information).astype(np.float64)
        return Maximum(point, stated, self.log_likelihood(point), covariance, to_gain)

    def _slope(
        self, point: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """The gradient, minus the second derivatives, and g' I^-1 g / 2, all by differences."""
        steps = self._steps(point)
        gradient = central(self.log_likelihood, point, steps / 10)
        information = -np.array([central(self._rise_along(s), point, steps) for s in steps])
        information = (information + information.T) / 2
        root = np.linalg.cholesky(information)
        half = np.linalg.solve(root, gradient)
        return gradient, information, float(half @ half) / 2

    def _steps(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """One row for each parameter: how far its differences go."""
        steps, here = np.diag(STEP * np.maximum(1.0, np.abs(point))), self.log_likelihood(point)
        sides = [self.log_likelihood(point + s) + self.log_likelihood(point - s) for s in steps]
        widest = np.diag(steps)
        bends = np.maximum((2 * here - np.array(sides)) / widest**2, np.finfo(float).tiny)
        return np.diag(np.minimum(widest, STEP_IN_ERRORS / np.sqrt(bends)))

    def _rise_along(self, step: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], float]:
        def rise(point: NDArray[np.float64]) -> float:
            higher, lower = self.log_likelihood(point + step), self.log_likelihood(point - step)
            return (higher - lower) / (2 * float(step.sum()))

        return rise


def central(
    of: Callable[[NDArray[np.float64]], Any],
    point: NDArray[np.float64],
    steps: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The derivatives of a function by each parameter, by central differences (k, ...)."""
    return np.array([(of(point + s) - of(point - s)) / (2 * s.sum()) for s in steps])
