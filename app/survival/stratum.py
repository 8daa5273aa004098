"""Strata of a biomarker: which one a level lies in, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import inf, log, log1p, sqrt
from typing import TYPE_CHECKING

from app.survival.interval import normal_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.survival.level import Level


@dataclass(frozen=True, slots=True)
class Range:
    """A range of levels in pg/mL. A missing end is open: 0 below (not reached), no end above."""

    lower: Decimal | None = None
    lower_inclusive: bool = False
    upper: Decimal | None = None
    upper_inclusive: bool = False

    @classmethod
    def of(cls, level: Level) -> Range:
        """The set of true values that a level stands for: itself, or all beyond its bound."""
        inclusive = level.comparator not in ("<", ">")
        if level.comparator in ("<", "<="):
            return cls(upper=level.value, upper_inclusive=inclusive)
        if level.comparator in (">", ">="):
            return cls(lower=level.value, lower_inclusive=inclusive)
        return cls(level.value, True, level.value, True)

    def holds(self, value: Decimal) -> bool:
        """Whether one level lies in this range."""
        if self.lower is not None and value <= self.lower:
            return value == self.lower and self.lower_inclusive
        if self.upper is not None and value >= self.upper:
            return value == self.upper and self.upper_inclusive
        return True

    def holds_all_of(self, other: Range) -> bool:
        """Whether every level of the other range lies in this one."""
        return self._reaches_down_to(other) and self._reaches_up_to(other)

    def meets(self, other: Range) -> bool:
        """Whether some level lies in both."""
        return not (self._is_above(other) or other._is_above(self))

    def _reaches_down_to(self, other: Range) -> bool:
        if self.lower is None:
            return True
        if other.lower is None or other.lower < self.lower:
            return False
        return other.lower > self.lower or self.lower_inclusive or not other.lower_inclusive

    def _reaches_up_to(self, other: Range) -> bool:
        if self.upper is None:
            return True
        if other.upper is None or other.upper > self.upper:
            return False
        return other.upper < self.upper or self.upper_inclusive or not other.upper_inclusive

    def _is_above(self, other: Range) -> bool:
        if self.lower is None or other.upper is None or self.lower < other.upper:
            return False
        return self.lower > other.upper or not (self.lower_inclusive and other.upper_inclusive)


def strata_meeting(ranges: Sequence[Range], level: Level) -> list[int]:
    """The positions of the strata that the level may lie in; one, unless it is only a bound."""
    if not level.is_bound:
        return [i for i, stratum in enumerate(ranges) if stratum.holds(level.value)]
    known = Range.of(level)
    return [i for i, stratum in enumerate(ranges) if stratum.meets(known)]


def membership(value: float, log_cuts: Sequence[float], assay_cv: float) -> list[float]:
    """The probability of each stratum between cut points (their logs), lowest first; sum 1.

    Log-normal measurement error with the coefficient of variation `assay_cv` (a ratio), flat prior
    on ln(true): P(true > c) = Phi((ln x - ln c)/sigma), sigma = sqrt(ln(1 + CV^2)).
    """
    spread, measured = measurement_spread(assay_cv), log(value)
    scores = [-inf, *[(cut - measured) / spread for cut in log_cuts], inf]
    return [_between(scores[i], scores[i + 1]) for i in range(len(log_cuts) + 1)]


def measurement_spread(assay_cv: float) -> float:
    """The standard deviation of ln(measured) for a coefficient of variation (a ratio)."""
    return sqrt(log1p(assay_cv * assay_cv)) or assay_cv


def _between(low: float, high: float) -> float:
    """P(low < Z < high), always from the tails that are small: nothing cancels."""
    if low >= 0:
        return normal_tail(low) - normal_tail(high)
    if high <= 0:
        return normal_tail(-high) - normal_tail(-low)
    return 1.0 - normal_tail(-low) - normal_tail(high)


def nearest_cut(value: Decimal, cuts: Sequence[Decimal]) -> Decimal:
    """The cut point at the smallest absolute distance; the lower one of two equally near."""
    return min(cuts, key=lambda cut: (abs(value - cut), cut))
