"""Intervals, and how the extremes of a quantity over an assumption are found."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LEVEL = 0.95
Z = 1.959964
"""The normal quantile of a two-sided 95 % interval, to the digits the evidence is worked with."""

SEARCH_STEPS = 16
"""Steps of the first, coarse look; the functions searched have at most one inner extreme."""

GOLDEN = (sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed range of values, lower <= upper."""

    lower: float
    upper: float

    def holds(self, value: float) -> bool:
        """Whether the value lies inside, ends included."""
        return self.lower <= value <= self.upper


def wald(value: float, standard_error: float) -> Interval:
    """The 95 % interval of an estimate that is normal on its own scale."""
    return Interval(value - Z * standard_error, value + Z * standard_error)


def hull(intervals: Iterable[Interval]) -> Interval:
    """The smallest interval that holds them all."""
    every = list(intervals)
    return Interval(min(i.lower for i in every), max(i.upper for i in every))


def normal_tail(z: float) -> float:
    """P(Z > z) for a standard normal Z, exact to double precision in both tails."""
    return 0.5 * erfc(z / sqrt(2))


def extremes(function: Callable[[float], float], lower: float, upper: float) -> Interval:
    """The least and the greatest value of a smooth function on [lower, upper].

    A coarse look over the whole range, then a golden-section search around the best step.
    """
    step = (upper - lower) / SEARCH_STEPS
    grid = [lower + step * i for i in range(SEARCH_STEPS)] + [upper]
    values = [function(x) for x in grid]
    least = _refine(function, grid, values.index(min(values)))
    greatest = -_refine(lambda x: -function(x), grid, values.index(max(values)))
    return Interval(least, greatest)


def _refine(function: Callable[[float], float], grid: list[float], best: int) -> float:
    """The minimum near the best grid point by golden section: 1e-5 of a bracket, 1e-10 in value."""
    left, right = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    least = function(grid[best])
    for _ in range(20):
        inner_left = right - GOLDEN * (right - left)
        inner_right = left + GOLDEN * (right - left)
        value_left, value_right = function(inner_left), function(inner_right)
        least = min(least, value_left, value_right)
        if value_left <= value_right:
            right = inner_right
        else:
            left = inner_left
    return least
