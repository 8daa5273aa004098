"""Number needed to treat, through infinity (Altman, BMJ 1998;317:1309)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from app.survival.interval import Interval

Gain: TypeAlias = Literal["benefit", "harm"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of the interval; both null where the difference there is exactly 0 (infinity)."""

    value: float | None
    type: Gain | None


@dataclass(frozen=True, slots=True)
class NumberNeeded:
    """How many must be treated for one more alive (`benefit`) or dead (`harm`) at `time`.

    `lower` is the most favourable end. When the interval of the difference holds 0 the numbers
    between the two ends pass through infinity.
    """

    time: float
    value: float | None
    type: Gain | None
    lower: Limit
    upper: Limit
    through_infinity: bool


def number_needed(time: float, difference: float, interval: Interval) -> NumberNeeded:
    """From a difference of survival, treated minus control, and its interval."""
    point = _limit(difference)
    return NumberNeeded(
        time,
        point.value,
        point.type,
        lower=_limit(interval.upper),
        upper=_limit(interval.lower),
        through_infinity=interval.holds(0.0),
    )


def _limit(difference: float) -> Limit:
    if difference == 0:
        return Limit(None, None)
    return Limit(1 / abs(difference), "benefit" if difference > 0 else "harm")
