"""Curves of a cohort on their axes: steps, bands, and marks where few were censored."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

from app.answers.cohort.steps import Steps, steps_of
from app.answers.lettering import lettered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.answers.group_style import GroupStyle

DAYS_A_MONTH: Final = 30.4375
DAY_STEPS: Final = (1, 2, 5, 10, 20, 30, 60, 90, 180, 365, 730, 1825, 3650, 7300, 18250, 36500)
MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
MOST_TICKS: Final = 9
MOST_MARKED: Final = 60
"""Censorings are marked on a curve that has no more times of them."""


def ticks(horizon: float, steps: Sequence[int] = DAY_STEPS) -> list[int]:
    """Give round ticks from 0 to the horizon, in the unit of the steps, nine at most."""
    fine_enough = (step for step in steps if horizon / step < MOST_TICKS)
    return list(range(0, int(horizon) + 1, next(fine_enough, steps[-1])))


def dress(axes: Any, horizon: float, label: str) -> None:
    """Give axes of days from 0 to the horizon and of a probability from 0 to 1."""
    axes.set(xlim=(0, horizon), ylim=(0, 1), xticks=ticks(horizon))
    axes.set_xlabel("Days since baseline", fontsize=8)
    axes.set_ylabel(label, fontsize=8)


def add_months(axes: Any) -> None:
    """Give the same time in months above the plot."""
    above = axes.secondary_xaxis(1.03, functions=(_months, _days))
    above.set_xticks(ticks(_months(axes.get_xlim()[1]), MONTH_STEPS))
    above.tick_params(labelsize=7.5)
    above.set_xlabel(f"Months of {DAYS_A_MONTH} days", fontsize=8)


def draw_steps(axes: Any, steps: Steps, style: GroupStyle, opacity: float, name: str) -> None:
    """Draw a curve that changes at its times, with its band where both bounds are known.

    `name` is the id of the curve in an SVG.
    """
    days, lower, upper, known = steps.band()
    colour = style.colour
    axes.fill_between(days, lower, upper, known, color=colour, alpha=opacity, linewidth=0)
    axes.step(steps.days, steps.levels, where="post", gid=name, clip_on=False, **style.stroke)


def mark_censored(axes: Any, curve: Mapping[str, Any], style: GroupStyle) -> None:
    """Mark on the curve when patients were censored, if these are few."""
    days = [day for day, number in zip(curve["time"], curve["censored"], strict=True) if number]
    if days and len(days) <= MOST_MARKED:
        steps = steps_of(curve, "survival", 1)
        levels = [steps.at(day) for day in days]
        axes.plot(days, levels, "|", color=style.ink, markersize=5, markeredgewidth=0.8)


def say_nothing_is_drawn(axes: Any, sentence: str) -> None:
    """Write in the middle of empty axes why they are empty."""
    axes.set_axis_off()
    middle = {"ha": "center", "va": "center", "fontsize": 11, "transform": axes.transAxes}
    axes.text(0.5, 0.5, fill(lettered(sentence), 80), parse_math=False, **middle)


def _months(days: Any) -> Any:
    return days / DAYS_A_MONTH


def _days(months: Any) -> Any:
    return months * DAYS_A_MONTH
