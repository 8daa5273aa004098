"""Survival as published beside survival as seen, at a few days: what a calibration plot shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.curves.kaplan_meier import survival_tables
from app.cohort.evidence.calibration import SIDES
from app.survival.estimate import curves_of
from app.survival.interval import LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.cohort.curves.kaplan_meier import SurvivalReading, SurvivalTable
    from app.cohort.evidence.calibration import Placed
    from app.survival.curve import Side, SurvivalAt
    from app.survival.study import Stratum, Study


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    """One arm of a stratum at one day: the published curve, and the patients' own.

    `stratum` is None for the whole trial. `expected` has the band of the publication and its range
    over shapes; `observed` is Kaplan and Meier's, and None within it past the last follow-up.
    """

    stratum: str | None
    side: Side
    expected: SurvivalAt
    observed: SurvivalReading


def calibration_points(
    placed: Placed, study: Study, days: Sequence[float]
) -> tuple[CalibrationPoint, ...]:
    """Both survivals of every arm with a published curve and with patients, at days in order."""
    within = [day for day in days if day <= study.horizon]
    groups: list[Stratum | None] = [*study.strata, None]
    return tuple(
        point for stratum in groups for point in _of_stratum(placed, study, stratum, within)
    )


def _of_stratum(
    placed: Placed, study: Study, stratum: Stratum | None, days: Sequence[float]
) -> list[CalibrationPoint]:
    name, group = (stratum.id, stratum.group) if stratum else (None, study.whole_trial)
    if group is None or not group.pairs:
        return []
    curves = curves_of(group, study)
    return [
        CalibrationPoint(name, side, curves.survival_at(side, seen.time), seen)
        for side, table in zip(SIDES, _tables(placed, name), strict=True)
        if table.n
        for seen in table.at(days)
    ]


def _tables(placed: Placed, stratum: str | None) -> list[SurvivalTable]:
    chosen = placed.cell(None, stratum)
    codes = np.where(chosen, placed.is_treated.astype(np.int8), np.int8(-1))
    return survival_tables(placed.follow_up, codes, len(SIDES), LEVEL)
