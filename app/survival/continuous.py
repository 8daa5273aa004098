"""The treatment effect along the biomarker: ln HR(x) = a + b x. Exploratory, always labelled so."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from app.survival.interval import Interval, Z

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ContinuousEffect:
    """Hazard ratio at one level, its 95 % interval, and what the source's rounding alone allows."""

    hazard_ratio: float
    lower: float
    upper: float
    rounding_lower: float
    rounding_upper: float


@dataclass(frozen=True, slots=True)
class ContinuousModel:
    """The log-linear model rebuilt from its two printed coefficients.

    `at_zero` is the hazard ratio at level 0 and `per_unit` its factor per pg/mL. Their standard
    errors are on the log scale; `correlation` between them is unpublished, so the widest of the
    plausible values is taken. `*_rounding` is half a unit of the last printed digit.
    """

    at_zero: float
    at_zero_error: float
    at_zero_rounding: float
    per_unit: float
    per_unit_error: float
    per_unit_rounding: float
    correlation: float
    lowest: float
    highest: float

    def serves(self, level: float | Decimal) -> bool:
        """Whether the level lies where the model is shown at all."""
        return self.lowest <= level <= self.highest

    def effect(self, level: float) -> ContinuousEffect:
        """The hazard ratio at a level in pg/mL."""
        ratio = log(self.at_zero) + level * log(self.per_unit)
        spread = Z * sqrt(self._variance(level))
        low, high = self.rounding(-1), self.rounding(+1)
        return ContinuousEffect(
            exp(ratio),
            exp(ratio - spread),
            exp(ratio + spread),
            exp(low[0] + level * low[1]),
            exp(high[0] + level * high[1]),
        )

    def crossing(self) -> tuple[float, Interval | None]:
        """The level at which the hazard ratio is 1, with Fieller's 95 % interval, in pg/mL.

        The interval holds every x with (a + b x)^2 <= z^2 Var(a + b x): the roots of a quadratic.
        It has no ends, and is None, where the slope b could be 0.
        """
        a, b = log(self.at_zero), log(self.per_unit)
        covariance = self.correlation * self.at_zero_error * self.per_unit_error
        square = b * b - (Z * self.per_unit_error) ** 2
        half_linear = a * b - Z * Z * covariance
        constant = a * a - (Z * self.at_zero_error) ** 2
        if square <= 0:
            return -a / b, None
        root = sqrt(half_linear**2 - square * constant)
        return -a / b, Interval((-half_linear - root) / square, (-half_linear + root) / square)

    def _variance(self, level: float) -> float:
        covariance = self.correlation * self.at_zero_error * self.per_unit_error
        return (
            self.at_zero_error * self.at_zero_error
            + level * level * (self.per_unit_error * self.per_unit_error)
            + 2 * level * covariance
        )

    def rounding(self, sign: int) -> tuple[float, float]:
        """ln HR at 0 and per unit, with every printed digit rounded the other way."""
        return (
            log(self.at_zero + sign * self.at_zero_rounding),
            log(self.per_unit + sign * self.per_unit_rounding),
        )
