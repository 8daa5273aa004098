"""A hazard ratio as published, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log
from typing import TYPE_CHECKING, Literal, TypeAlias

from app.survival.interval import Z

if TYPE_CHECKING:
    from app.survival.provenance import Estimand, Kind, Source

Direction: TypeAlias = Literal["benefit", "harm", "uncertain"]


@dataclass(frozen=True, slots=True)
class HazardRatio:
    """Treated over control. The interval is null where none was published."""

    value: float
    lower: float | None
    upper: float | None
    level: float | None
    p_value: float | None
    kind: Kind
    estimand: Estimand
    source: Source

    @property
    def direction(self) -> Direction:
        """What the interval allows to say: nothing without one, nothing when it holds 1."""
        if self.lower is None or self.upper is None:
            return "uncertain"
        if self.upper < 1:
            return "benefit"
        return "harm" if self.lower > 1 else "uncertain"

    @property
    def risk_change_percent(self) -> int:
        """The change of the rate of death, in whole per cent, half up."""
        return floor(100 * (self.value - 1) + 0.5)

    @property
    def log_standard_error(self) -> float | None:
        """The standard error of ln HR behind a 95 % interval; None without an interval."""
        if self.lower is None or self.upper is None:
            return None
        return log_standard_error(self.lower, self.upper)


def log_standard_error(lower: float, upper: float) -> float:
    """The standard error on the log scale behind a 95 % interval that is symmetric there."""
    return (log(upper) - log(lower)) / (2 * Z)
