"""Proportions: the interval of a difference between two of them."""

from __future__ import annotations

from math import sqrt

from app.survival.interval import Interval, Z


def wilson(events: int, total: int) -> Interval:
    """Wilson's 95 % score interval of a proportion."""
    p = events / total
    centre = p + Z * Z / (2 * total)
    spread = Z * sqrt(p * (1 - p) / total + Z * Z / (4 * total * total))
    scale = 1 + Z * Z / total
    return Interval((centre - spread) / scale, (centre + spread) / scale)


def newcombe_difference(a: int, a_total: int, b: int, b_total: int) -> Interval:
    """The 95 % interval of a/a_total - b/b_total (Newcombe, Stat Med 1998;17:873, method 10)."""
    p, q = a / a_total, b / b_total
    first, second = wilson(a, a_total), wilson(b, b_total)
    below = sqrt((p - first.lower) ** 2 + (second.upper - q) ** 2)
    above = sqrt((first.upper - p) ** 2 + (q - second.lower) ** 2)
    return Interval(p - q - below, p - q + above)
