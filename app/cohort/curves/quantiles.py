"""Quantiles of a survival curve with the limits of Brookmeyer and Crowley (Biometrics 1982;38:29).

As R's `quantile.survfit`: a quantile is where the curve crosses, its limits are where the band
does. Where the curve lies on the asked value over an interval, the middle of the interval is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.curves.kaplan_meier import reverse_kaplan_meier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.curves.kaplan_meier import SurvivalTable
    from app.cohort.curves.risk_table import RiskTable

TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
"""How near a curve must come to lie on a value: R's tolerance."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """The day by which a share of the patients has died, and its limits; None is not reached."""

    share: float
    value: float | None
    lower: float | None
    upper: float | None

    @property
    def is_reached(self) -> bool:
        """Whether the curve falls that far."""
        return self.value is not None


def quantile(table: SurvivalTable, share: float) -> Quantile:
    """The day by which `share` of the patients (0 < share < 1) has had the event."""
    return Quantile(
        share,
        _crossing(table.time, table.survival, share),
        _crossing(table.time, table.lower, share),
        _crossing(table.time, table.upper, share),
    )


def median(table: SurvivalTable) -> Quantile:
    """The day by which half of the patients have had the event."""
    return quantile(table, 0.5)


def median_follow_up(risk: RiskTable, level: float) -> Quantile:
    """The median potential follow-up, by the reversed curve."""
    return median(reverse_kaplan_meier(risk, level))


def _crossing(time: NDArray[np.float64], curve: NDArray[np.float64], share: float) -> float | None:
    """Where a curve has fallen by `share`, by the rules of R's `findq`.

    A band may rise now and then, so its rows are put in the order of their values, as R does.
    """
    fallen = np.concatenate(([0.0], 1 - curve))
    time = np.concatenate((time[:1], time))
    first = np.sort(np.unique(fallen, return_index=True)[1])
    last_level, last_time = fallen[first[-1]], time[-1]
    first = first[~np.isnan(fallen[first])]
    first = first[np.argsort(fallen[first], kind="stable")]
    fallen, time = fallen[first], time[first]
    start = _first_at_least(fallen + TOLERANCE, share)
    if start is None:
        return None
    if abs(share - last_level) < TOLERANCE:
        return float(time[start] + last_time) / 2
    end = _first_at_least(fallen - TOLERANCE, share)
    return None if end is None else float(time[start] + time[end]) / 2


def _first_at_least(values: NDArray[np.float64], share: float) -> int | None:
    """The first of ascending values that reaches `share`; None where none does."""
    position = int(np.searchsorted(values, share))
    return position if position < values.size else None
