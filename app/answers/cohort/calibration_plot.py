"""Ratios on their logarithmic axis, and observed survival against expected survival."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.answers.group_style import GroupStyle

TICKS: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""What lies beyond the ends is drawn as an arrow at the edge."""


def dress_ratios(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give a logarithmic axis that holds all ratios, and a line where the evidence fits."""
    ratios = [one for row in rows for one in _ratios(row)]
    low, high = min([0.5, *ratios]), max([2.0, *ratios])
    first = max([0.02, *(tick for tick in TICKS if tick <= low)])
    last = min([50.0, *(tick for tick in TICKS if tick >= high)])
    shown = [tick for tick in TICKS if first <= tick <= last]
    axes.set(xscale="log", xlim=(first, last), ylim=(len(rows) - 0.5, -0.5), yticks=[])
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.minorticks_off()
    axes.spines["left"].set_visible(False)
    axes.axvline(1, color="#666666", linewidth=0.8)
    axes.set_xlabel("Observed / expected deaths", fontsize=8)


def draw_ratio(axes: Any, place: int, row: Mapping[str, Any], style: GroupStyle) -> None:
    """Draw a row's ratio and interval, if it has them. In an SVG its id is `ratio-1` and so on."""
    if row.get("ratio") is None:
        return
    first, last = axes.get_xlim()
    lower, upper = row.get("lower"), row.get("upper")
    if lower is not None and upper is not None:
        ends = [min(max(end, first), last) for end in (lower, upper)]
        axes.plot(ends, [place, place], color=style.colour, linewidth=1.5)
        _point_beyond(axes, place, (lower, upper), style)
    if first <= row["ratio"] <= last:
        look = {"color": style.colour, "markersize": 6, "gid": f"ratio-{place + 1}"}
        axes.plot([row["ratio"]], [place], style.marker, **look)


def draw_diagonal(axes: Any) -> None:
    """Give axes of two probabilities, and the line on which they agree."""
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set_xlabel("Expected survival", fontsize=8)
    axes.set_ylabel("Observed survival (Kaplan-Meier)", fontsize=8)
    axes.plot([0, 1], [0, 1], color="#666666", linewidth=0.8)


def draw_point(axes: Any, point: Mapping[str, Any], style: GroupStyle) -> None:
    """Draw survival on one day with the interval of the observed, if both are known."""
    expected, observed = point.get("expected_survival"), point.get("observed_survival")
    if expected is None or observed is None:
        return
    lower, upper = point.get("lower"), point.get("upper")
    if lower is not None and upper is not None:
        axes.plot([expected, expected], [lower, upper], color=style.colour, linewidth=1)
    axes.plot([expected], [observed], style.marker, color=style.colour, markersize=5, clip_on=False)


def _ratios(row: Mapping[str, Any]) -> Iterator[float]:
    yield from (row[name] for name in ("ratio", "lower", "upper") if row.get(name))


def _point_beyond(axes: Any, place: int, ends: tuple[float, float], style: GroupStyle) -> None:
    for end, edge, arrow in zip(ends, axes.get_xlim(), "<>", strict=True):
        if (end < edge) if arrow == "<" else (end > edge):
            look = {"color": style.colour, "markersize": 5, "gid": f"beyond-{place + 1}"}
            axes.plot([edge], [place], arrow, clip_on=False, **look)
