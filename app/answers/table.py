"""The curves as a table that statistical software reads at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.survival.estimate import SurvivalEstimate

HEADER = "arm,time,survival,lower,upper"


def curves_csv(estimate: SurvivalEstimate) -> str:
    """Both arms on the grid of days, unrounded; the header alone when there is no curve."""
    lines = [HEADER]
    modelled = estimate.group.modelled if estimate.group else None
    names = {"control": estimate.study.control, "treated": estimate.study.treatment}
    for arm in modelled.arms if modelled else ():
        lines += [
            f"{names[arm.side]},{point.time:g},{point.survival},{point.lower},{point.upper}"
            for point in arm.curve
        ]
    return "\n".join(lines) + "\n"
