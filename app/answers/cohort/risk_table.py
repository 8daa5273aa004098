"""The table below survival curves: at risk, events and censored at each tick of the axis.

Its rows are those that readers understood best (Morris et al., BMJ Open 2019;9:e030215).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from app.answers.cohort.words import count, median_of, name_pieces
from app.answers.lettering import fitted, width_of
from app.answers.sheet import EDGE, LEFT, LINE, RIGHT, SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.answers.group_style import GroupStyle
    from app.answers.sheet import Sheet

ROWS: Final = ("At risk", "Events", "Censored")
BLOCK: Final = (len(ROWS) + 1.5) * LINE
"""The height of a group's rows, in inches."""

_KEY, _NAME, _GAP = 0.4, 0.08, 0.15
LABEL: Final = 0.34
"""How far before the first tick the labels of the rows end, in inches."""

GREY: Final = "#444444"


def table_rows(curve: Mapping[str, Any], days: Sequence[float]) -> list[list[str]]:
    """Give the three rows of a group's table, a cell for each day.

    As R's `summary.survfit` counts: at risk just before the day; events and censored from the
    beginning up to and including it. Days before a landmark have a dash.
    """
    times, at_risk = list(curve["time"]), [*curve["at_risk"], 0]
    beginning = _landmark(curve)
    rows = [[at_risk[bisect_left(times, day)] for day in days]]
    for name in ("events", "censored"):
        so_far = [0, *accumulate(curve[name])]
        rows.append([so_far[bisect_right(times, day)] for day in days])
    return [
        [
            count(int(number)) if day >= beginning else "–"
            for day, number in zip(days, row, strict=True)
        ]
        for row in rows
    ]


def _landmark(curve: Mapping[str, Any]) -> float:
    """The day the clock begins: of a first row on which nothing happened, or 0."""
    quiet = len(curve["time"]) > 0 and not curve["events"][0] and not curve["censored"][0]
    return float(curve["time"][0]) if quiet else 0.0


def draw_block(
    sheet: Sheet, top: float, group: Mapping[str, Any], style: GroupStyle, level: float
) -> None:
    """Write a group's name in its colour beside its line, its median, and what its rows are."""
    middle = top + LINE / 2
    start, median = EDGE + _KEY + _NAME, median_of(group, level)
    room = RIGHT - start - width_of(median, SIZE) - _GAP
    name = fitted(name_pieces(group), room, SIZE, "bold")
    sheet.stroke((EDGE, EDGE + _KEY), middle, **style.stroke)
    sheet.write(start, middle, name, color=style.ink, weight="bold")
    sheet.write(RIGHT, middle, median, ha="right", color=GREY)
    for place, label in enumerate(ROWS, start=1):
        sheet.write(LEFT - LABEL, middle + place * LINE, label, ha="right")


def draw_cells(
    sheet: Sheet, top: float, rows: Sequence[Sequence[str]], places: Sequence[float], **style: Any
) -> None:
    """Write rows of cells, each centred below the tick in its place (inches)."""
    for number, row in enumerate(rows):
        for place, cell in zip(places, row, strict=True):
            sheet.write(place, top + (number + 0.5) * LINE, cell, ha="center", **style)
