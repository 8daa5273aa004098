"""The Weibull shape of one arm, with its profile-likelihood interval.

Only the shape is asked for, so it is a search in one dimension. With H(t) = c t^k and delayed
entry e the best c for a shape k is D / sum(t^k - e^k), D deaths, which leaves the profile
l(k) = D ln k + (k - 1) sum over deaths of ln t - D ln sum(t^k - e^k) + constant
(Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2002, section 3.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.cohort.follow_up import DEATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from app.cohort.follow_up import FollowUp

    Days: TypeAlias = NDArray[np.float64]

HALF_DROP: Final = 1.920729410347062
"""Half the 95 % quantile of a chi-square with one degree of freedom, 1.959963984540054^2 / 2."""

SHORTEST: Final = 0.5
"""Days counted for a follow-up of 0: a Weibull hazard has no logarithm there."""

NARROWEST, WIDEST = log(0.05), log(20.0)
"""The range of ln k that is searched: no disease has a shape beyond it."""


@dataclass(frozen=True, slots=True)
class FittedShape:
    """The maximum likelihood estimate of a Weibull shape, with its 95 % interval."""

    value: float
    lower: float
    upper: float


def weibull_shape(follow_up: FollowUp, until: float) -> FittedShape | None:
    """The shape of n follow-ups, cut off at day `until`; None without two different death days."""
    days = np.maximum(np.minimum(follow_up.days, until), SHORTEST) / until
    is_death = (follow_up.event == DEATH) & (follow_up.days <= until)
    died = days[is_death]
    if died.size == 0 or died.min() == died.max():
        return None
    entry = None if follow_up.entry is None else np.minimum(follow_up.entry / until, days)
    profile = _profile(days, entry, died)
    best = _peak(profile)
    enough = profile(best) - HALF_DROP
    return FittedShape(
        exp(best),
        exp(_crossing(profile, enough, best, NARROWEST)),
        exp(_crossing(profile, enough, best, WIDEST)),
    )


def _profile(days: Days, entry: Days | None, died: Days) -> Callable[[float], float]:
    """The profile log likelihood as a function of ln k."""
    deaths, logs = died.size, float(np.log(died).sum())
    until, since = _tallied(days), None if entry is None else _tallied(entry)

    def at(log_shape: float) -> float:
        shape = exp(log_shape)
        exposure = until(shape) - (since(shape) if since else 0.0)
        return deaths * (log_shape - log(exposure)) + (shape - 1) * logs

    return at


def _tallied(days: Days) -> Callable[[float], float]:
    """The sum of t^k over all patients, by distinct days: a cohort has few."""
    distinct, counts = np.unique(days, return_counts=True)
    return lambda shape: float(counts @ np.power(distinct, shape))


def _peak(profile: Callable[[float], float]) -> float:
    """Where a function with one peak is highest: golden section, to 1e-9."""
    golden = (5**0.5 - 1) / 2
    low, high = NARROWEST, WIDEST
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = profile(left), profile(right)
    while high - low > 1e-9:
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = profile(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = profile(right)
    return (low + high) / 2


def _crossing(
    profile: Callable[[float], float], enough: float, inside: float, outside: float
) -> float:
    """Where the profile falls to `enough` between a point above it and an end: bisection."""
    if profile(outside) > enough:
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if profile(middle) > enough else (inside, middle)
    return (inside + outside) / 2
