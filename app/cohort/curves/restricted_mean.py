"""Restricted mean survival time: the area under a curve up to a day, as R's `print(rmean =)`."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from app.cohort.curves.kaplan_meier import greenwood_terms
from app.cohort.tails import critical_value

if TYPE_CHECKING:
    from app.cohort.curves.kaplan_meier import SurvivalTable

NotEstimable: TypeAlias = Literal["tau_past_last_follow_up"]


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The mean of min(T, tau) in days since the curve's beginning, and its interval.

    All is None, with the reason, where the group was not watched until tau and some were alive
    when the watching ended.
    """

    tau: float
    value: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    last_follow_up: float
    reason: NotEstimable | None = None


def restricted_mean(table: SurvivalTable, tau: float) -> RestrictedMean:
    """The area under the curve from its beginning to `tau` days, at the table's level.

    Var = sum of (area right of t)^2 d/(n(n - d)) over the times t of events, without the term of
    a time at which all at risk died (Klein and Moeschberger 2003, equation 4.5.2).
    """
    last = float(table.time[-1])
    if tau > last and table.survival[-1] > 0:
        return RestrictedMean(tau, None, None, None, None, last, "tau_past_last_follow_up")
    value, error = _area(table, tau)
    width = critical_value(table.level) * error
    return RestrictedMean(tau, value, error, value - width, value + width, last)


def _area(table: SurvivalTable, tau: float) -> tuple[float, float]:
    """The area up to `tau` and its standard error."""
    rows = int(np.searchsorted(table.time, tau, side="right"))
    steps = table.survival[:rows] * np.diff(table.time[:rows], append=tau)
    terms = greenwood_terms(table.at_risk[:rows], table.events[:rows])
    terms[np.isinf(terms)] = 0.0
    right = np.cumsum(steps[::-1])[::-1]
    return float(steps.sum()), sqrt(float(right**2 @ terms))
