"""How far predicted survival lies from what happened: the Brier score, weighed for censoring.

Graf et al., Stat Med 1999;18:2529: at day t, the mean over all patients of S(t)^2 / G(T-) for who
died by t (at T), of (1 - S(t))^2 / G(t) for who is watched beyond t, and of 0 for who was censored
before. G is the Kaplan-Meier estimate of not being censored, of all patients together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.cohort.follow_up import DEATH
from app.cohort.models.baseline import baselines
from app.cohort.models.censoring import uncensored
from app.cohort.models.risk_sums import linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.cohort.models.cox import CoxFit

    Floats: TypeAlias = NDArray[np.float64]

GRID: Final = 100
"""Equal steps from day 0 to tau over which the score is integrated, by trapezoids."""


@dataclass(frozen=True, slots=True)
class BrierScore:
    """The score at a day; None where nobody is watched any more."""

    day: float
    score: float | None


def brier_scores(fit: CoxFit, days: Sequence[float]) -> tuple[BrierScore, ...] | None:
    """The score of a fit in its own patients; None with delayed entry, where G is not known."""
    if fit.sample.follow_up.entry is not None:
        return None
    judge = _Judge(fit, np.array(days, dtype=np.float64))
    return tuple(BrierScore(day, judge.score(i)) for i, day in enumerate(days))


def integrated_brier(fit: CoxFit, tau: float) -> float | None:
    """The mean of the score over (0, tau]; None with delayed entry, or where tau is too late."""
    grid = np.linspace(0.0, tau, GRID + 1)[1:]
    scores = [score.score for score in brier_scores(fit, grid.tolist()) or [BrierScore(tau, None)]]
    told = [score for score in scores if score is not None]
    if len(told) < GRID or tau <= 0:
        return None
    return float((sum(told) - told[-1] / 2) / GRID)  # the score at day 0 is 0


class _Judge:
    """What the scores at some days are made of, computed once."""

    def __init__(self, fit: CoxFit, days: Floats) -> None:
        sample = fit.sample
        self._at = days
        self._days = sample.follow_up.days
        chance = uncensored(sample.follow_up)
        self._watched = chance.at(days)
        is_death = sample.follow_up.event == DEATH
        self._weights = np.zeros(self._days.size)
        self._weights[is_death] = 1 / chance.before(self._days[is_death])
        offset = float(sample.means @ fit.coefficients)
        self._risks = np.exp(linear(fit.coefficients, sample.design.columns) - offset)
        self._codes = sample.strata_codes
        self._hazards = _hazards(fit, days)

    def score(self, index: int) -> float | None:
        """The score at one of the days."""
        watched, is_later = self._watched[index], self._days > self._at[index]
        if watched <= 0 or not is_later.any():
            return None
        hazards = self._hazards[:, index]
        hazard = hazards[0] if self._codes is None else hazards[self._codes]
        survival = np.exp(-hazard * self._risks)
        error = np.where(is_later, 1 - survival, survival)
        weights = np.where(is_later, 1 / watched, self._weights)  # the censored before weigh 0
        return float(np.einsum("n,n,n->", error, error, weights) / self._days.size)


def _hazards(fit: CoxFit, days: Floats) -> Floats:
    """The cumulative hazard of each stratum at each day; 0 in those where nobody died."""
    codes = fit.sample.strata_codes
    hazards = np.zeros((1 if codes is None else int(codes.max()) + 1, days.size))
    for code, baseline in baselines(fit).items():
        hazards[code] = baseline.at(days)[0]
    return hazards
