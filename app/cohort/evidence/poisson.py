"""A count of deaths against the number expected: exact Poisson limits and p value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class CountRatio:
    """Observed over expected, with its exact interval and two-sided p value for a ratio of 1."""

    value: float
    lower: float
    upper: float
    p_value: float


def poisson_limits(observed: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact limits of a Poisson mean after `observed` events (Garwood, Biometrika 1936).

    With a = 1 - level: half the chi-square quantile a/2 at 2 n degrees of freedom (0 for n = 0),
    and half the quantile 1 - a/2 at 2 (n + 1).
    """
    from scipy.special import gammaincinv

    tail = (1 - level) / 2
    lower = float(gammaincinv(observed, tail)) if observed else 0.0
    return lower, float(gammaincinv(observed + 1, 1 - tail))


def count_ratio(observed: int, expected: float, level: float = LEVEL) -> CountRatio | None:
    """Observed over expected deaths; None where none are expected.

    The expectation is taken as known: the interval holds the chance of the count alone. p is twice
    the smaller tail, so it is below 1 - level exactly where the interval leaves out 1.
    """
    if expected <= 0:
        return None
    lower, upper = poisson_limits(observed, level)
    return CountRatio(
        observed / expected, lower / expected, upper / expected, _p_value(observed, expected)
    )


def _p_value(observed: int, expected: float) -> float:
    from scipy.special import gammainc, gammaincc

    at_most = float(gammaincc(observed + 1, expected))
    at_least = float(gammainc(observed, expected)) if observed else 1.0
    return min(1.0, 2 * min(at_most, at_least))
