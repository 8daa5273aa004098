"""Probabilities of the tails of the normal and the chi-square distribution, and normal quantiles.

Closed forms from the standard library: SciPy would say the same, and takes half a second to load.
"""

from __future__ import annotations

from math import erfc, exp, pi, sqrt
from statistics import NormalDist

from app.survival.interval import normal_tail

STANDARD = NormalDist()


def critical_value(level: float) -> float:
    """The z of a two-sided interval of this confidence level: 1.959964 at 0.95."""
    return STANDARD.inv_cdf((1 + level) / 2)


def two_sided_p(z: float) -> float:
    """P(|Z| > |z|) for a standard normal Z."""
    return 2 * normal_tail(abs(z))


def chi_square_tail(statistic: float, degrees_of_freedom: int) -> float:
    """P(X > statistic) for X chi-square with a whole number of degrees of freedom, at least 1.

    With h = statistic / 2 it is a finite sum of positive terms (Abramowitz and Stegun 1964, 26.4.4
    and 26.4.5): e^-h sum of h^i/i! for i < df/2 where df is even; where it is odd,
    erfc(sqrt h) + e^-h sum of h^(i-1/2)/gamma(i+1/2) for 1 <= i <= (df-1)/2. No digits cancel.
    """
    half = statistic / 2
    if half <= 0:
        return 1.0
    is_odd = degrees_of_freedom % 2
    root = exp(-half / 2)  # e^-h in two halves: neither it nor the sum leaves the range of floats
    term = root * (2 * sqrt(half / pi) if is_odd else 1.0)
    total = 0.0
    for i in range(degrees_of_freedom // 2):
        total += term
        term *= half / (i + 1.5 if is_odd else i + 1)
    return min(total * root + (erfc(sqrt(half)) if is_odd else 0.0), 1.0)
