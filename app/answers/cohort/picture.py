"""The curves of a cohort drawn in the KMunicate layout (Morris et al., BMJ Open 2019;9:e030215).

Step curves with their bands, and below them, aligned with the ticks, each group's table of at
risk, events and censored. The same answer gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from app.answers.cohort import words
from app.answers.cohort.plot import (
    add_months,
    draw_steps,
    dress,
    mark_censored,
    say_nothing_is_drawn,
    ticks,
)
from app.answers.cohort.risk_table import BLOCK, GREY, LABEL, draw_block, draw_cells, table_rows
from app.answers.cohort.steps import steps_of
from app.answers.group_style import GroupStyle, style_of
from app.answers.sheet import (
    LEFT,
    LINE,
    PLOT,
    Sheet,
    head_height,
    held_pen,
    note_lines,
    notice_lines,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MONTHS, CURVES, DAYS = 0.6, 3.9, 0.5
CAUSE, BETWEEN = 2.0, 0.75
"""Inches: the heights of each axis, the plots, and what lies between two of these."""

FAR_FROM_AXIS: Final = 5
"""From so many groups on, the days stand below the table too."""

FEW_CURVES: Final = 6
"""Censorings are marked on no more curves than these."""

CAUSES: Final = {"death": "Incidence of death", "competing": "Incidence of the competing event"}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What goes onto the sheet, and how far from its top edge each part begins, in inches."""

    title: str
    groups: Sequence[tuple[Mapping[str, Any], GroupStyle]]
    horizon: float
    notices: list[str]
    captions: list[str]

    @property
    def has_causes(self) -> bool:
        return any(group.get("cumulative_incidence") for group, _ in self.groups)

    @property
    def curves(self) -> float:
        return head_height(self.notices) + (MONTHS if self.groups else 0)

    @property
    def table(self) -> float:
        return self.curves + CURVES + (DAYS if self.groups else 0)

    @property
    def repeats_days(self) -> bool:
        return len(self.groups) >= FAR_FROM_AXIS

    @property
    def causes(self) -> float:
        lines = 0.5 + 1.5 * self.repeats_days + self.has_causes
        return self.table + BLOCK * len(self.groups) + LINE * lines

    @property
    def caption(self) -> float:
        return self.causes + (CAUSE + DAYS + LINE) * self.has_causes

    @property
    def height(self) -> float:
        return self.caption + LINE * (len(self.captions) + 1)


def draw_survival(answer: Mapping[str, Any], kind: str) -> bytes:
    """Draw the answer about a cohort's survival as `svg` or `png`.

    `answer` is the document of `POST /v1/cohort/survival`. Where no group has a curve, the picture
    says why. For who cannot see it, it carries a title and a sentence about each group.
    """
    with held_pen():
        plan = _plan_of(answer)
        sheet = Sheet(plan.height)
        sheet.write_head(plan.title, plan.notices)
        _draw_curves(sheet, plan, answer)
        _draw_table(sheet, plan, answer["level"])
        _draw_causes(sheet, plan)
        sheet.write_notes(plan.caption, plan.captions)
        return sheet.printed(kind, plan.title, _sentences(answer))


def _plan_of(answer: Mapping[str, Any]) -> _Plan:
    groups = [(group, style_of(place)) for place, group in enumerate(words.drawn_groups(answer))]
    ends = [float(day) for group, _ in groups for day in group["curve"]["time"][-1:]]
    told = words.captions(answer) + ([words.how_to_read(answer)] if groups else [])
    title = f"{words.event_free(answer)} of the cohort (Kaplan-Meier)"
    return _Plan(
        title, groups, max([1.0, *ends]), notice_lines(words.notices(answer)), note_lines(told)
    )


def _draw_curves(sheet: Sheet, plan: _Plan, answer: Mapping[str, Any]) -> None:
    axes = sheet.axes(LEFT, plan.curves, PLOT, CURVES)
    if not plan.groups:
        return say_nothing_is_drawn(axes, words.nothing_drawn(answer))
    dress(axes, plan.horizon, words.event_free(answer))
    add_months(axes)
    for place, (group, style) in enumerate(plan.groups, start=1):
        steps = steps_of(group["curve"], "survival", 1)
        draw_steps(axes, steps, style, _opacity(plan), f"curve-{place}")
        if len(plan.groups) <= FEW_CURVES:
            mark_censored(axes, group["curve"], style)
    return None


def _draw_table(sheet: Sheet, plan: _Plan, level: float) -> None:
    days = ticks(plan.horizon)
    places = [LEFT + PLOT * day / plan.horizon for day in days]
    for number, (group, style) in enumerate(plan.groups):
        top = plan.table + number * BLOCK
        draw_block(sheet, top, group, style, level)
        draw_cells(sheet, top + LINE, table_rows(group["curve"], days), places)
    if plan.repeats_days:
        end = plan.table + BLOCK * len(plan.groups)
        sheet.write(LEFT - LABEL, end + LINE / 2, "Day", ha="right", color=GREY)
        draw_cells(sheet, end, [[str(day) for day in days]], places, color=GREY)


def _draw_causes(sheet: Sheet, plan: _Plan) -> None:
    width = (PLOT - BETWEEN) / 2
    for place, (cause, label) in enumerate(CAUSES.items() if plan.has_causes else ()):
        axes = sheet.axes(LEFT + place * (width + BETWEEN), plan.causes, width, CAUSE)
        dress(axes, plan.horizon, label)
        for number, (group, style) in enumerate(plan.groups, start=1):
            curves = group.get("cumulative_incidence") or {}
            if cause in curves:
                steps = steps_of(curves[cause], "probability", 0)
                draw_steps(axes, steps, style, _opacity(plan), f"{cause}-{number}")


def _opacity(plan: _Plan) -> float:
    """The more bands lie over each other, the fainter each is."""
    return max(0.05, 0.22 / sqrt(len(plan.groups)))


def _sentences(answer: Mapping[str, Any]) -> list[str]:
    """The picture in words: the notices, each group, and what stands below the curves."""
    level = answer["level"]
    groups = words.drawn_groups(answer)
    told = [
        f"{words.name_of(group)}: {words.size_of(group)}, {words.median_of(group, level)}."
        for group in groups
    ]
    nothing = [] if groups else [words.nothing_drawn(answer)]
    return [*words.notices(answer), *nothing, *told, *words.captions(answer)]
