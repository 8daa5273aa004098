"""Who was at risk and what happened, at every time of a group: all that its curves are made of.

At equal times deaths come before censorings before entries: a patient is at risk at t where
entry < t <= days, so that everybody who leaves at t still counts at t. Times are told apart
exactly: R does the same with `timefix = FALSE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.curves.day_counts import count_days
from app.cohort.follow_up import CENSORED, COMPETING, DEATH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from app.cohort.follow_up import FollowUp

ENDINGS = 3
"""CENSORED is 0, DEATH 1 and COMPETING 2."""


@dataclass(frozen=True, slots=True, eq=False)
class RiskTable:
    """The group's distinct times in days, ascending, and the numbers at each: arrays of one length.

    Row 0 is the beginning of the clock, whatever happened there; `at_risk` is there the number
    watched from the beginning on. `entries` are the sorted days of entry, one a patient, or None
    where everybody was watched from the beginning.
    """

    n: int
    time: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    deaths: NDArray[np.int64]
    competing: NDArray[np.int64]
    censored: NDArray[np.int64]
    entries: NDArray[np.float64] | None

    def at_risk_at(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        """How many are at risk at any times: entered before, and not gone before."""
        left = np.concatenate(([0], np.cumsum(self.deaths + self.competing + self.censored)))
        gone = left[np.searchsorted(self.time, times)]
        entered = _entered(self.n, self.entries, times, self.time[0])
        watched: NDArray[np.int64] = entered - gone
        return watched

    @property
    def emptied_at(self) -> float | None:
        """The first time after which nobody was left although others entered later.

        What a curve says beyond it rests on no patient who was watched all along. None without.
        """
        if self.entries is None:
            return None
        left = np.cumsum(self.deaths + self.competing + self.censored)
        entered = np.searchsorted(self.entries, self.time, side="right")
        empty = np.flatnonzero((entered == left) & (left > 0) & (left < self.n))
        return float(self.time[empty[0]]) if empty.size else None


def risk_tables(
    follow_up: FollowUp, codes: NDArray[np.integer], groups: int, since: float = 0.0
) -> list[RiskTable]:
    """The table of each of `groups` groups; `codes` names each patient's group, -1 none.

    `since` is where the clock begins, in days: 0, or a landmark that nobody's follow-up ends at
    or before. Whole days of a modest range are counted in one pass; other times are sorted.
    """
    tallies = _tallies(follow_up, codes, groups)
    entries = _entries(follow_up, codes, groups)
    return [
        _table(time, counts, arrived, since)
        for (time, counts), arrived in zip(tallies, entries, strict=True)
    ]


def risk_table(follow_up: FollowUp, since: float = 0.0) -> RiskTable:
    """The table of everybody."""
    return risk_tables(follow_up, np.zeros(len(follow_up), np.int8), 1, since)[0]


def _table(
    time: NDArray[np.float64],
    counts: NDArray[np.int64],
    entries: NDArray[np.float64] | None,
    since: float,
) -> RiskTable:
    if time.size == 0 or time[0] > since:
        time = np.concatenate(([since], time))
        counts = np.concatenate((np.zeros((ENDINGS, 1), np.int64), counts), axis=1)
    leaving = counts.sum(axis=0)
    n = int(leaving.sum())
    at_risk = leaving - np.cumsum(leaving) + _entered(n, entries, time, since)
    return RiskTable(n, time, at_risk, counts[DEATH], counts[COMPETING], counts[CENSORED], entries)


def _entered(
    n: int, entries: NDArray[np.float64] | None, times: NDArray[np.float64], since: float
) -> NDArray[np.int64] | int:
    """How many entered before each time; at the beginning of the clock, by then."""
    if entries is None:
        return n
    before = np.searchsorted(entries, times)
    by_then = np.searchsorted(entries, times, side="right")
    return np.where(times == since, by_then, before).astype(np.int64)


def _tallies(
    follow_up: FollowUp, codes: NDArray[np.integer], groups: int
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """For each group its times, and its patients by ending and time: (times), (endings, times)."""
    counted = count_days(follow_up.days, codes, groups, follow_up.event, ENDINGS)
    if counted is not None:
        for counts in counted:
            rows = np.flatnonzero(counts.any(axis=0))
            yield rows.astype(np.float64), counts[:, rows]
        return
    for rows in _rows_of(codes, groups):
        yield _tally(follow_up.days[rows], follow_up.event[rows])


def _tally(
    days: NDArray[np.float64], event: NDArray[np.int8]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    order = np.argsort(days)
    days, event = days[order], event[order]
    last = np.flatnonzero(np.append(days[1:] != days[:-1], days.size > 0))
    counts = np.empty((ENDINGS, last.size), np.int64)
    for ending in range(ENDINGS):
        upto = np.cumsum(event == ending, dtype=np.int32)[last]
        counts[ending] = np.diff(upto, prepend=np.int32(0))
    return days[last], counts


def _entries(
    follow_up: FollowUp, codes: NDArray[np.integer], groups: int
) -> Iterator[NDArray[np.float64] | None]:
    entry = follow_up.entry
    if entry is None:
        yield from [None] * groups
        return
    counted = count_days(entry, codes, groups)
    if counted is not None:
        for counts in counted:
            yield np.repeat(np.arange(counts.shape[1], dtype=np.float64), counts[0])
        return
    for rows in _rows_of(codes, groups):
        yield np.sort(entry[rows])


def _rows_of(codes: NDArray[np.integer], groups: int) -> Iterator[NDArray[np.intp]]:
    """The positions of each group's patients. Short integers are sorted by radix, in one pass."""
    small = codes.astype(np.int16) if groups < np.iinfo(np.int16).max else codes
    order = np.argsort(small, kind="stable")
    edges = np.searchsorted(small, np.arange(groups + 1), sorter=order)
    for start, end in pairwise(edges):
        yield order[start:end]
