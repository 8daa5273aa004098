"""Curves and their summaries for one group: points, bands, and what the assumed shape does to them.

Every point comes from the group's first pair at the study's shape. Every interval spans the 95 %
intervals of all pairs. Shape sensitivity repeats both over the whole range of shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import TYPE_CHECKING, Literal, TypeAlias

from app.survival.interval import Interval, extremes, hull
from app.survival.needed import NumberNeeded, number_needed

if TYPE_CHECKING:
    from app.survival.arm import Arm
    from app.survival.pair import Pair
    from app.survival.study import Shape

DAYS_PER_MONTH = 30.4375

Side: TypeAlias = Literal["control", "treated"]


@dataclass(frozen=True, slots=True)
class ShapeSensitivity:
    """The range of the point, and of its band's limits, over the assumed range of shapes."""

    lower: float
    upper: float
    band_lower: float
    band_upper: float


@dataclass(frozen=True, slots=True)
class SurvivalAt:
    """Survival at one time (days), with its 95 % interval."""

    time: float
    months: float
    survival: float
    lower: float
    upper: float
    shape_sensitivity: ShapeSensitivity


@dataclass(frozen=True, slots=True)
class DifferenceAt:
    """Survival, treated minus control, at one time (days); positive is benefit."""

    time: float
    value: float
    lower: float
    upper: float
    shape_sensitivity: ShapeSensitivity
    number_needed_to_treat: NumberNeeded


@dataclass(frozen=True, slots=True)
class Median:
    """The day on which survival reaches one half; null, with `lower_bound`, past the horizon."""

    value: float | None
    lower: float | None
    upper: float | None
    reached: bool
    lower_bound: float | None


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Restricted mean survival time to `tau`, in days, with its 95 % interval."""

    tau: float
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Outer:
    """The range of a number over the assumed range of shapes."""

    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class GroupCurves:
    """All that a group's pairs and the study's shape say. Times are days from the time origin."""

    pairs: tuple[Pair, ...]
    shape: Shape
    horizon: float

    def survival_at(self, side: Side, day: float, since: float = 0.0) -> SurvivalAt:
        """Survival at `day` of somebody alive at `since`."""
        arms = self._arms(side)
        shapes = self._shapes(day, since)
        band = hull(arm.band(day, self.shape.value, since) for arm in arms)
        points = [arms[0].survival(day, k, since) for k in shapes]
        outer = hull(arm.band(day, k, since) for arm in arms for k in shapes)
        return SurvivalAt(
            day,
            months(day),
            arms[0].survival(day, self.shape.value, since),
            band.lower,
            band.upper,
            ShapeSensitivity(min(points), max(points), outer.lower, outer.upper),
        )

    def curve(self, side: Side, first: int, last: int, step: int) -> tuple[SurvivalAt, ...]:
        """The arm on a grid of days, both ends included."""
        return tuple(self.survival_at(side, day) for day in range(first, last + 1, step))

    def difference_at(self, day: float) -> DifferenceAt:
        """Treated minus control at `day`, with the number needed to treat."""
        value = self.pairs[0].survival_difference(day, self.shape.value)
        interval = hull(p.survival_difference_interval(day, self.shape.value) for p in self.pairs)
        return DifferenceAt(
            day,
            value,
            interval.lower,
            interval.upper,
            _difference_sensitivity(self.pairs, self.shape, day),
            number_needed(day, value, interval),
        )

    def median(self, side: Side) -> Median:
        """Where the curve and the limits of its band reach one half, within the horizon."""
        days = [arm.median(self.shape.value) for arm in self._arms(side)]
        value = self._within(days[0][0])
        lower = self._within(min(lower for _, lower, _ in days))
        upper = self._within(max(upper for _, _, upper in days))
        reached = value is not None
        return Median(value, lower, upper, reached, None if reached else self.horizon)

    def restricted_mean(self, side: Side) -> RestrictedMean:
        """The arm's restricted mean survival time to the horizon."""
        arms = self._arms(side)
        band = hull(arm.restricted_mean_interval(self.shape.value) for arm in arms)
        value = arms[0].restricted_mean(self.shape.value)
        return RestrictedMean(self.horizon, value, band.lower, band.upper)

    def mean_difference(self) -> RestrictedMean:
        """Treated minus control restricted mean survival time, in days."""
        band = hull(pair.mean_difference_interval(self.shape.value) for pair in self.pairs)
        value = self.pairs[0].mean_difference(self.shape.value)
        return RestrictedMean(self.horizon, value, band.lower, band.upper)

    def mean_difference_over_shapes(self) -> Outer:
        """The difference of restricted means over the shapes, baseline and ratio fixed."""
        found = extremes(self.pairs[0].mean_difference, self.shape.lower, self.shape.upper)
        return Outer(found.lower, found.upper)

    def _arms(self, side: Side) -> list[Arm]:
        return [pair.control if side == "control" else pair.treated for pair in self.pairs]

    def _shapes(self, day: float, since: float) -> list[float]:
        """The shapes at which survival may be extreme.

        S(t) changes one way with k. S(t|s) turns where d/dk of (t/h)^k - (s/h)^k is 0, at
        k* = ln(ln(s/h)/ln(t/h))/ln(t/s).
        """
        shapes = [self.shape.lower, self.shape.upper, self.shape.value]
        if 0 < since < day < self.horizon:
            early, late = log(since) - log(self.horizon), log(day) - log(self.horizon)
            turning = log(early / late) / (late - early) if early < late < 0 else 0.0
            if self.shape.lower < turning < self.shape.upper:
                shapes.append(turning)
        return shapes

    def _within(self, day: float) -> float | None:
        return day if day <= self.horizon else None


def months(day: float) -> float:
    """Days as months of 30.4375 days, to one decimal."""
    return round(day / DAYS_PER_MONTH, 1)


@lru_cache(maxsize=4096)
def _difference_sensitivity(pairs: tuple[Pair, ...], shape: Shape, day: float) -> ShapeSensitivity:
    """A difference may turn anywhere within the range of shapes: it is searched."""

    def over_shapes(pair: Pair) -> Interval:
        def lower(k: float) -> float:
            return pair.survival_difference_interval(day, k).lower

        def upper(k: float) -> float:
            return pair.survival_difference_interval(day, k).upper

        lowest = extremes(lower, shape.lower, shape.upper).lower
        return Interval(lowest, extremes(upper, shape.lower, shape.upper).upper)

    def point(k: float) -> float:
        return pairs[0].survival_difference(day, k)

    found = extremes(point, shape.lower, shape.upper)
    band = hull(over_shapes(pair) for pair in pairs)
    return ShapeSensitivity(found.lower, found.upper, band.lower, band.upper)
