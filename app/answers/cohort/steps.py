"""A curve of an answer as it is drawn: a level that holds from its time until the next."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_STEPS: Final = 2000
"""More than this cannot be seen: the plot is about a thousand pixels wide."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A step function: `levels[i]` holds from `days[i]` on, within `lower[i]` and `upper[i]`.

    Four lists of one length, beginning with the clock. A bound that is not known is NaN.
    """

    days: list[float]
    levels: list[float]
    lower: list[float]
    upper: list[float]

    def at(self, day: float) -> float:
        """Give the level at a day: after the step, if there is one on that day."""
        return self.levels[bisect_right(self.days, day) - 1]

    def band(self) -> tuple[list[float], list[float], list[float], list[bool]]:
        """Give the band's corners: days, lower, upper, and where both bounds are known."""
        days = [day for day in self.days for _ in (0, 1)][1:]
        lower, upper = (
            [bound for bound in bounds for _ in (0, 1)][:-1] for bounds in (self.lower, self.upper)
        )
        known = [low == low and up == up for low, up in zip(lower, upper, strict=True)]  # noqa: PLR0124
        return days, lower, upper, known


def steps_of(curve: Mapping[str, Any], name: str, start: float) -> Steps:
    """Read a curve column by column. The level is `start` from the beginning of the clock.

    That is the curve's first time if the level is `start` there, as after a landmark, and else 0.
    """
    columns = [_numbers(curve[column]) for column in ("time", name, "lower", "upper")]
    if not columns[0] or columns[1][0] != start:
        columns = [[first, *rest] for first, rest in zip((0, *[start] * 3), columns, strict=True)]
    kept = _seen(columns[0])
    return Steps(*([column[i] for i in kept] for column in columns))


def _seen(days: Sequence[float]) -> Sequence[int]:
    """The last step within each sliver of the picture, the first and the last of all."""
    if len(days) <= MOST_STEPS:
        return range(len(days))
    slivers = {int(day / days[-1] * (MOST_STEPS - 1)): at for at, day in enumerate(days)}
    return sorted({0, *slivers.values()})


def _numbers(values: Iterable[float | None]) -> list[float]:
    return [nan if value is None else float(value) for value in values]
