"""The curves drawn: both arms, the 95 % band and the outer band, the primary result beneath.

The same estimate gives the same bytes. matplotlib is imported when the first picture is asked for.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from app.answers.group_style import BLUE, VERMILION
from app.answers.presentation import presentation, primary_result
from app.answers.sheet import held_pen, printed

if TYPE_CHECKING:
    from app.answers.phrases import Phrases
    from app.survival.estimate import ArmEstimate, SurvivalEstimate

STYLES = {"control": (BLUE, "-"), "treated": (VERMILION, "--")}
SIZE = (8.0, 6.0)


def draw(estimate: SurvivalEstimate, phrases: Phrases, kind: str) -> bytes:
    """The picture as `svg` or `png`; the reason in words when there is no curve."""
    from matplotlib.figure import Figure

    with held_pen():
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        _draw_arms(axes, estimate)
        _dress(axes, estimate, phrases)
        figure.supxlabel(_caption(estimate, phrases), fontsize=8, ha="left", x=0.02)
        return printed(figure, kind)


def _draw_arms(axes: Any, estimate: SurvivalEstimate) -> None:
    modelled = estimate.group.modelled if estimate.group else None
    names = {"control": estimate.study.control, "treated": estimate.study.treatment}
    for arm in modelled.arms if modelled else ():
        _draw_arm(axes, arm, names[arm.side], estimate.study.horizon)


def _draw_arm(axes: Any, arm: ArmEstimate, name: str, horizon: int) -> None:
    colour, line = STYLES[arm.side]
    days = [point.time for point in arm.curve]
    outer = [point.shape_sensitivity for point in arm.curve]
    axes.fill_between(
        days, [o.band_lower for o in outer], [o.band_upper for o in outer], color=colour, alpha=0.1
    )
    axes.fill_between(
        days, [p.lower for p in arm.curve], [p.upper for p in arm.curve], color=colour, alpha=0.2
    )
    axes.plot(days, [p.survival for p in arm.curve], line, color=colour, label=name)
    if arm.observed is not None:
        axes.plot([horizon], [arm.observed.value], "o", color=colour, fillstyle="none")


def _dress(axes: Any, estimate: SurvivalEstimate, phrases: Phrases) -> None:
    stratum = estimate.reading.stratum(estimate.study)
    axes.set_title(phrases.stratum(stratum) if stratum else estimate.status, fontsize=11)
    axes.set(xlim=(0, estimate.study.horizon), ylim=(0, 1))
    axes.set_xlabel(phrases.say("picture", "days"))
    axes.set_ylabel(phrases.say("picture", "alive"))
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        bands = phrases.say("picture", "bands", level=phrases.per_cent())
        axes.legend(loc="lower left", frameon=False, title=bands)
    else:
        code = estimate.reason or "no_survival_published"
        words = phrases.reason(code) if estimate.reason else phrases.warning(code, estimate)
        axes.text(0.5, 0.5, "\n".join(wrap(words, 60)), transform=axes.transAxes, ha="center")


def _caption(estimate: SurvivalEstimate, phrases: Phrases) -> str:
    """The effect and, always, the primary result; what the curves are."""
    words = presentation(estimate, phrases)["clinician"]
    told = words[:1] if estimate.group else []
    told += [primary_result(estimate, phrases), phrases.notice("research_use")]
    if estimate.group and estimate.group.modelled:
        told.insert(1, phrases.notice("curves_modelled"))
    return "\n".join(line for sentence in told for line in wrap(sentence, 115))
