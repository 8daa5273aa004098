"""How groups of patients fare: every number that an answer about survival holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.curves.cumulative_incidence import cumulative_incidence
from app.cohort.curves.difference import mean_difference, survival_difference
from app.cohort.curves.kaplan_meier import kaplan_meier
from app.cohort.curves.landmark import landmark, landmark_tables
from app.cohort.curves.log_rank import log_rank, log_rank_of
from app.cohort.curves.quantiles import median, median_follow_up
from app.cohort.curves.restricted_mean import restricted_mean
from app.cohort.curves.risk_table import risk_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.curves.cumulative_incidence import CumulativeIncidence
    from app.cohort.curves.difference import Difference
    from app.cohort.curves.kaplan_meier import SurvivalReading, SurvivalTable
    from app.cohort.curves.log_rank import LogRank
    from app.cohort.curves.quantiles import Quantile
    from app.cohort.curves.restricted_mean import RestrictedMean
    from app.cohort.curves.risk_table import RiskTable
    from app.cohort.follow_up import FollowUp


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of the curves. Times in days, `level` is the confidence of every interval."""

    times: tuple[float, ...]
    level: float = 0.95
    tau: float | None = None
    landmark: float | None = None
    alive_at: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class GroupSurvival:
    """One group: its curve and all that is read from it."""

    table: SurvivalTable
    median: Quantile
    follow_up: Quantile
    at: tuple[SurvivalReading, ...]
    mean: RestrictedMean
    conditional: tuple[SurvivalReading, ...] | None
    incidence: CumulativeIncidence | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """A group against the reference, both by their number."""

    group: int
    mean: Difference
    at: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CohortSurvival:
    """All groups that are shown (None where one is not), the test, and the contrasts."""

    groups: tuple[GroupSurvival | None, ...]
    log_rank: LogRank | None
    reference: int | None
    contrasts: tuple[Contrast, ...]


def describe(
    follow_up: FollowUp,
    codes: NDArray[np.int32],
    shown: tuple[bool, ...],
    reference: int,
    wishes: Wishes,
    *,
    strata: NDArray[np.int32] | None,
    causes: FollowUp | None,
) -> CohortSurvival:
    """Describe each group that is shown; `codes` names each patient's group.

    `strata` are those within which the test compares. `causes` is the same follow-up with death
    and competing events told apart, where their incidence is wanted.
    """
    if wishes.landmark is not None:
        later = landmark(follow_up, wishes.landmark)
        follow_up, codes = later.follow_up, codes[later.rows]
        strata = None if strata is None else strata[later.rows]
        causes = None if causes is None else landmark(causes, wishes.landmark).follow_up
    since = wishes.landmark or 0.0
    risks = risk_tables(follow_up, codes, len(shown), since)
    tables = [kaplan_meier(risk, wishes.level) for risk in risks]
    tau = _tau(tables, shown, wishes)
    later_on = _conditional(follow_up, codes, len(shown), wishes)
    incidences = _incidences(causes, codes, len(shown), wishes) if causes is not None else None
    groups = tuple(
        GroupSurvival(
            tables[i],
            median(tables[i]),
            median_follow_up(risks[i], wishes.level),
            tuple(tables[i].at(wishes.times)),
            restricted_mean(tables[i], tau),
            later_on[i] if later_on else None,
            incidences[i] if incidences else None,
        )
        if is_shown and risks[i].n
        else None
        for i, is_shown in enumerate(shown)
    )
    there = [i for i, group in enumerate(groups) if group is not None]
    chosen = _reference(there, reference)
    test = _test(follow_up, codes, risks, there, strata) if len(there) > 1 else None
    return CohortSurvival(groups, test, chosen, _contrasts(groups, there, chosen, wishes.level))


def _reference(there: list[int], wished: int) -> int | None:
    if not there:
        return None
    return wished if wished in there else there[0]


def _tau(tables: list[SurvivalTable], shown: tuple[bool, ...], wishes: Wishes) -> float:
    """The day asked for, else the last one to which every group that is shown was followed."""
    if wishes.tau is not None:
        return wishes.tau
    last = [
        float(table.time[-1])
        for table, is_shown in zip(tables, shown, strict=True)
        if is_shown and table.n
    ]
    return min(last, default=0.0)


def _conditional(
    follow_up: FollowUp, codes: NDArray[np.int32], groups: int, wishes: Wishes
) -> list[tuple[SurvivalReading, ...]] | None:
    if wishes.alive_at is None:
        return None
    times = [time for time in wishes.times if time >= wishes.alive_at]
    tables = landmark_tables(follow_up, codes, groups, wishes.level, wishes.alive_at)
    return [tuple(table.at(times)) for table in tables]


def _incidences(
    causes: FollowUp, codes: NDArray[np.int32], groups: int, wishes: Wishes
) -> list[CumulativeIncidence]:
    rows = [codes == group for group in range(groups)]
    tables = risk_tables(causes, codes, groups, wishes.landmark or 0.0)
    return [
        cumulative_incidence(table, wishes.level, None if causes.entry is None else causes.of(row))
        for table, row in zip(tables, rows, strict=True)
    ]


def _test(
    follow_up: FollowUp,
    codes: NDArray[np.int32],
    risks: list[RiskTable],
    there: list[int],
    strata: NDArray[np.int32] | None,
) -> LogRank:
    if strata is None:
        return log_rank_of([[risks[i] for i in there]])
    place = np.full(len(risks) + 1, -1, np.int32)
    place[there] = np.arange(len(there), dtype=np.int32)
    return log_rank(follow_up, place[codes], len(there), strata)


def _contrasts(
    groups: tuple[GroupSurvival | None, ...], there: list[int], chosen: int | None, level: float
) -> tuple[Contrast, ...]:
    reference = None if chosen is None else groups[chosen]
    if reference is None:
        return ()
    found = []
    for i in there:
        group = groups[i]
        if i == chosen or group is None:
            continue
        at = zip(group.at, reference.at, strict=True)
        found.append(
            Contrast(
                i,
                mean_difference(group.mean, reference.mean, level),
                tuple(survival_difference(one, other, level) for one, other in at),
            )
        )
    return tuple(found)
