"""Survival from a later day on: of those who were still watched then, with the clock kept.

Anderson, Cain and Gelber, J Clin Oncol 1983;1:710. Read at t > s, the curve of a landmark s is the
conditional survival P(T > t | T > s), with its own band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.curves.kaplan_meier import survival_tables
from app.cohort.follow_up import FollowUp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.curves.kaplan_meier import SurvivalTable


@dataclass(frozen=True, slots=True, eq=False)
class Landmark:
    """Who was watched past a day, by a mask of all patients, and their follow-up from it on."""

    at: float
    rows: NDArray[np.bool_]
    follow_up: FollowUp


def landmark(follow_up: FollowUp, at: float) -> Landmark:
    """Those watched past day `at`; they enter at `at`, or later where they entered later.

    A death or a censoring on day `at` itself belongs to the time before.
    """
    rows = follow_up.days > at
    later = follow_up.of(rows)
    entry = np.full(len(later), at) if later.entry is None else np.maximum(later.entry, at)
    return Landmark(at, rows, FollowUp(later.days, later.event, entry))


def landmark_tables(
    follow_up: FollowUp, codes: NDArray[np.integer], groups: int, level: float, at: float
) -> list[SurvivalTable]:
    """The curve of each group from day `at` on, where it is 1; times count from the first day."""
    later = landmark(follow_up, at)
    return survival_tables(later.follow_up, codes[later.rows], groups, level, since=at)
