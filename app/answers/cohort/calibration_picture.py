"""How well published evidence fits a cohort, drawn: deaths observed over expected, and survival.

Above, a row for each stratum and arm with its ratio on a logarithmic axis; below, the observed
survival against the expected one. The same answer gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.answers.cohort import calibration_words as words
from app.answers.cohort.calibration_plot import draw_diagonal, draw_point, draw_ratio, dress_ratios
from app.answers.cohort.words import notices as notices_of
from app.answers.cohort.words import percent
from app.answers.group_style import GroupStyle, style_of
from app.answers.lettering import fitted
from app.answers.sheet import (
    EDGE,
    LINE,
    RIGHT,
    SIZE,
    Sheet,
    head_height,
    held_pen,
    note_lines,
    notice_lines,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TITLE: Final = "Observed against expected deaths"
ROW, AXIS = 0.21, 0.75
RATIOS, RATIOS_WIDTH = 4.4, 2.15
SQUARE: Final = 3.6
KEY: Final = 2.4 * LINE
COLUMNS: Final = {"Patients": 2.8, "Observed": 3.5, "Expected": 4.2, "O/E": RIGHT}
"""Inches: heights, where the ratios are drawn, the plot of survival, and where columns end."""

_MARK, _GAP = 0.2, 0.55


def draw_calibration(answer: Mapping[str, Any], kind: str) -> bytes:
    """Draw the answer about the fit of evidence to a cohort as `svg` or `png`.

    `answer` is the document of `POST /v1/cohort/calibration`: `rows` of deaths by stratum and arm,
    `plot` of survival. Why a row has no ratio or no interval stands below.
    """
    with held_pen():
        styles = {key: style_of(place) for place, key in enumerate(words.keys_of(answer))}
        notices = notice_lines(notices_of(answer))
        captions = note_lines(words.captions(answer))
        rows, points = words.shown_rows(answer), answer.get("plot") or []
        table = head_height(notices)
        square = table + ROW * (len(rows) + 1) + (AXIS if rows else 0)
        caption = square + (_survival_height(points) if points else 0)
        sheet = Sheet(caption + LINE * (len(captions) + 1))
        sheet.write_head(TITLE, notices)
        _draw_rows(sheet, table, rows, styles, words.level_of(answer))
        if points:
            _draw_survival(sheet, square, points, styles)
        sheet.write_notes(caption, captions)
        return sheet.printed(kind, TITLE, words.sentences(answer))


def _survival_height(points: Sequence[Mapping[str, Any]]) -> float:
    return max(SQUARE + AXIS, (len(words.days_of(points)) + 1) * KEY)


def _draw_rows(
    sheet: Sheet,
    top: float,
    rows: Sequence[Mapping[str, Any]],
    styles: Mapping[words.Key, GroupStyle],
    level: float,
) -> None:
    if not rows:
        return sheet.write(EDGE, top + ROW / 2, words.NOTHING, fontsize=11)
    for heading, end in COLUMNS.items():
        told = f"O/E ({percent(level)} CI)" if heading == "O/E" else heading
        sheet.write(end, top + ROW / 2, told, ha="right", weight="bold")
    axes = sheet.axes(RATIOS, top + ROW, RATIOS_WIDTH, ROW * len(rows))
    dress_ratios(axes, rows)
    for place, row in enumerate(rows):
        style = styles[words.key_of(row)]
        _draw_row(sheet, top + (place + 1.5) * ROW, row, style)
        draw_ratio(axes, place, row, style)
    return None


def _draw_row(sheet: Sheet, middle: float, row: Mapping[str, Any], style: GroupStyle) -> None:
    room = COLUMNS["Patients"] - _GAP - EDGE
    name = fitted(words.pieces_of(row), room, SIZE, "bold")
    sheet.write(EDGE, middle, name, color=style.ink, weight="bold")
    for end, cell in zip(COLUMNS.values(), words.cells_of(row), strict=True):
        sheet.write(end, middle, cell, ha="right")


def _draw_survival(
    sheet: Sheet,
    top: float,
    points: Sequence[Mapping[str, Any]],
    styles: Mapping[words.Key, GroupStyle],
) -> None:
    axes = sheet.axes(EDGE + _GAP, top, SQUARE, SQUARE)
    draw_diagonal(axes)
    for point in points:
        draw_point(axes, point, styles[words.key_of(point)])
    start = EDGE + _GAP + SQUARE + _GAP
    room = RIGHT - start - _MARK
    for place, (key, days) in enumerate(words.days_of(points).items()):
        style, middle = styles[key], top + place * KEY + LINE / 2
        name = fitted(words.pieces_of(dict(zip(words.KEYS, key, strict=True))), room, SIZE, "bold")
        sheet.stroke((start,), middle, marker=style.marker, color=style.colour, markersize=5)
        sheet.write(start + _MARK, middle, name, color=style.ink, weight="bold")
        sheet.write(start + _MARK, middle + LINE, fitted([days], room, SIZE))
