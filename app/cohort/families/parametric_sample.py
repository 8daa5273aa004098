"""Follow-up made ready for a parametric likelihood: every time above 0, ties counted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from app.cohort.follow_up import DEATH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.follow_up import FollowUp

HALF_A_DAY: Final = 0.5
"""Where a death on day 0 is put: days are whole, and no family gives a density at 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The rows of a likelihood: four arrays of one length, times in units of `unit` days.

    `weights` counts the patients who share a row. `deaths` and `death_times` count deaths and the
    different times of them. `moved` counts deaths on day 0, which stand at half a day; `left_out`
    counts those whose follow-up ended on day 0 alive: they were never at risk, and the likelihood
    is the same with and without them.
    """

    time: NDArray[np.float64]
    is_death: NDArray[np.bool_]
    entry: NDArray[np.float64]
    weights: NDArray[np.float64]
    unit: float
    deaths: int
    death_times: NDArray[np.float64]
    moved: int
    left_out: int


def sample_of(follow_up: FollowUp) -> Sample:
    """Count patients by time, event and entry. An event that competes with death is a censoring."""
    is_death = follow_up.event == DEATH
    at_zero = follow_up.days <= 0
    kept = is_death | ~at_zero
    days = np.where(at_zero, HALF_A_DAY, follow_up.days)[kept]
    entry = (np.zeros_like(follow_up.days) if follow_up.entry is None else follow_up.entry)[kept]
    is_death = is_death[kept]
    unit = float(days.mean()) if days.size else 1.0
    rows, counts = _distinct(days, entry, is_death)
    return Sample(
        time=days[rows] / unit,
        is_death=is_death[rows],
        entry=entry[rows] / unit,
        weights=counts.astype(np.float64),
        unit=unit,
        deaths=int(is_death.sum()),
        death_times=np.unique(days[is_death]) / unit,
        moved=int((at_zero & (follow_up.event == DEATH)).sum()),
        left_out=int((~kept).sum()),
    )


def _distinct(
    days: NDArray[np.float64], entry: NDArray[np.float64], is_death: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find one position of each distinct row, and how often the row is there."""
    day_code = np.unique(days, return_inverse=True)[1]
    entries, entry_code = np.unique(entry, return_inverse=True)
    code = (day_code * entries.size + entry_code) * 2 + is_death
    _, rows, counts = np.unique(code, return_index=True, return_counts=True)
    return rows, counts
