"""A clinic's cohort in one state: follow-up and variables of all its patients, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from app.cohort.follow_up import CENSORED, COMPETING, DEATH, FollowUp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.cohort.columns import Column

Endpoint: TypeAlias = Literal["death", "death_or_ventilation"]
"""What counts as the event: death alone, or tracheostomy and NIV too, whichever ended it."""

ALIVE: Final = 0
DEAD: Final = 1
UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """All patients of a clinic; every array has one entry for each, in the order of `keys`.

    `keys` are ascending 64-bit digests of the patients' ids. `days` are since baseline, NaN where
    no follow-up is stated; `entry` is 0 without delayed entry. `vital` is ALIVE, DEAD or UNKNOWN.
    `ended_by` is DEATH, COMPETING (tracheostomy, NIV) or CENSORED as far as it is stated. `version`
    names the state of the clinic's records that all of this was read from. `is_synthetic` says who
    was simulated.
    """

    version: str
    keys: NDArray[np.uint64]
    days: NDArray[np.float64]
    entry: NDArray[np.float64]
    vital: NDArray[np.int8]
    ended_by: NDArray[np.int8]
    is_synthetic: NDArray[np.bool_]
    columns: dict[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.keys.size)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        arrays = (self.keys, self.days, self.entry, self.vital, self.ended_by, self.is_synthetic)
        return sum(part.nbytes for part in (*arrays, *self.columns.values()))


@dataclass(frozen=True, slots=True)
class Exclusion:
    """How many patients were left out, and why. Each is counted once, by the first reason."""

    reason: str
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The patients of a cohort that a question is about, and those that can answer it.

    `meant` are positions in the cohort of all who were asked for, `used` of those with all that
    the question needs; `follow_up` is that of the used ones, DEATH and COMPETING told apart.
    """

    meant: NDArray[np.intp]
    used: NDArray[np.intp]
    follow_up: FollowUp
    excluded: tuple[Exclusion, ...]


def select(
    cohort: Cohort,
    meant: NDArray[np.bool_] | None,
    endpoint: Endpoint,
    needed: Sequence[str],
    *,
    competing: bool = False,
    past: float | None = None,
) -> Selection:
    """Say who of the patients that are meant can be used, and where everybody else went.

    Without a known status nobody is counted, neither as dead nor as censored. With `competing` the
    cause that ended the follow-up decides, and the status is only asked for without one. With
    `past`, only those count whose follow-up goes on after this day.
    """
    everybody = np.ones(len(cohort), dtype=bool) if meant is None else meant
    event, is_known = _events(cohort, endpoint, competing=competing)
    rules = [
        ("vital_status_unknown", ~is_known),
        ("follow_up_missing", np.isnan(cohort.days)),
        ("follow_up_not_after_entry", _ends_at_entry(cohort, everybody)),
        *([("follow_up_ended_by_landmark", cohort.days <= past)] if past is not None else []),
        *((f"{name}_missing", ~cohort.columns[name].is_stated) for name in needed),
    ]
    left, excluded = everybody, []
    for reason, applies in rules:
        out = left & applies
        excluded.append(Exclusion(reason, int(np.count_nonzero(out))))
        left = left & ~applies
    used = np.flatnonzero(left)
    return Selection(
        np.flatnonzero(everybody), used, _follow_up(cohort, event, used), tuple(excluded)
    )


def _events(
    cohort: Cohort, endpoint: Endpoint, *, competing: bool
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """What happened to each patient, and of whom that is known."""
    is_dead = (cohort.vital == DEAD) | (cohort.ended_by == DEATH)
    is_known = is_dead | (cohort.vital == ALIVE)
    event = np.where(is_dead, np.int8(DEATH), np.int8(CENSORED))
    if competing or endpoint == "death_or_ventilation":
        is_ventilated = cohort.ended_by == COMPETING
        event[is_ventilated] = COMPETING if competing else DEATH
        is_known = is_known | is_ventilated
    return event, is_known


def _follow_up(cohort: Cohort, event: NDArray[np.int8], used: NDArray[np.intp]) -> FollowUp:
    entry = cohort.entry[used]
    return FollowUp(cohort.days[used], event[used], entry if bool(entry.any()) else None)


def _ends_at_entry(cohort: Cohort, meant: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who was never at risk. As in R, days of 0 count only where nobody entered late."""
    if not cohort.entry[meant].any():
        return np.zeros(len(cohort), dtype=bool)
    return cohort.entry >= cohort.days
