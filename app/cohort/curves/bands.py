"""Pointwise confidence bands on the scale of log(-log p), as R's `survfit_confint` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.cohort.tails import critical_value

if TYPE_CHECKING:
    from numpy.typing import NDArray


def log_log_band(
    probability: NDArray[np.float64],
    relative_error: NDArray[np.float64],
    level: float,
    start: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lower and the upper limit of each probability, given its standard error / probability.

    exp(-exp(log(-log p) -/+ z se/(p log p))) inside of (0, 1). Where the curve is still at its
    `start` (1 for survival, 0 for an incidence) the limits are the start itself, where R writes
    NA; at the other end of [0, 1] there is no interval: NaN, as in R.
    """
    inside = (probability > 0) & (probability < 1)
    log_p = np.log(probability, where=inside, out=np.full_like(probability, np.nan))
    width = critical_value(level) * relative_error / log_p
    middle = np.log(-log_p)
    lower, upper = np.exp(-np.exp(middle - width)), np.exp(-np.exp(middle + width))
    at_start = probability == start
    lower[at_start] = upper[at_start] = start
    return lower, upper
