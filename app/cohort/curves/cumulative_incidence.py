"""Cumulative incidence of competing events by Aalen and Johansen (Scand J Stat 1978;5:141).

As R's `survfit(Surv(time, factor))`: ties are counted as they are, standard errors are those of
the infinitesimal jackknife, which without delayed entry are the usual ones of the delta method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.curves.bands import log_log_band
from app.cohort.curves.influence import IncidencePath, Leavers, incidence_variance
from app.cohort.curves.kaplan_meier import remaining
from app.cohort.curves.risk_table import risk_tables
from app.cohort.follow_up import COMPETING, DEATH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from app.cohort.curves.risk_table import RiskTable
    from app.cohort.follow_up import FollowUp


@dataclass(frozen=True, slots=True)
class IncidenceReading:
    """The incidence of one cause by a time in days; all None past the last follow-up."""

    time: float
    incidence: float | None
    lower: float | None
    upper: float | None
    standard_error: float | None


@dataclass(frozen=True, slots=True, eq=False)
class CauseCurve:
    """The probability that one cause has come first by each time: arrays of one length.

    The band is of the log-log kind, on the incidence itself; where the incidence is 0 its limits
    are 0 and 0, where it is 1 they are not defined: NaN.
    """

    events: NDArray[np.int64]
    incidence: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    standard_error: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CumulativeIncidence:
    """Both causes of one group, and who has had neither; rows as in its risk table.

    At every time the three probabilities add up to 1.
    """

    risk: RiskTable
    level: float
    event_free: NDArray[np.float64]
    death: CauseCurve
    competing: CauseCurve

    def at(self, cause: CauseCurve, times: Iterable[float]) -> list[IncidenceReading]:
        """One of the causes at any days not before the beginning, in the order asked.

        Past the last follow-up nothing is known, unless nobody was left without an event.
        """
        return [self._reading(cause, time) for time in times]

    def _reading(self, cause: CauseCurve, time: float) -> IncidenceReading:
        row = int(np.searchsorted(self.risk.time, time, side="right")) - 1
        if row < 0 or (time > self.risk.time[-1] and self.event_free[-1] > 0):
            return IncidenceReading(time, None, None, None, None)
        columns = (cause.incidence, cause.lower, cause.upper, cause.standard_error)
        values = (float(column[row]) for column in columns)
        return IncidenceReading(time, *(None if np.isnan(value) else value for value in values))


def cumulative_incidences(
    follow_up: FollowUp, codes: NDArray[np.integer], groups: int, level: float
) -> list[CumulativeIncidence]:
    """The incidences of each of `groups` groups; `codes` names each patient's group, -1 none."""
    tables = risk_tables(follow_up, codes, groups)
    if follow_up.entry is None:
        return [cumulative_incidence(risk, level) for risk in tables]
    rows = (codes == group for group in range(groups))
    return [
        cumulative_incidence(risk, level, follow_up.of(group))
        for risk, group in zip(tables, rows, strict=True)
    ]


def cumulative_incidence(
    risk: RiskTable, level: float, late: FollowUp | None = None
) -> CumulativeIncidence:
    """The incidences of one group; `late` is its follow-up, needed where entry was delayed."""
    event_free = remaining(risk.at_risk, risk.deaths + risk.competing)
    before = np.concatenate(([1.0], event_free[:-1]))
    leavers = Leavers.of(risk, late)
    death, competing = (
        _cause_curve(IncidencePath.of(risk, events, before), leavers, cause, events, level)
        for cause, events in ((DEATH, risk.deaths), (COMPETING, risk.competing))
    )
    return CumulativeIncidence(risk, level, event_free, death, competing)


def _cause_curve(
    path: IncidencePath, leavers: Leavers, cause: int, events: NDArray[np.int64], level: float
) -> CauseCurve:
    incidence = path.incidence
    error = np.sqrt(incidence_variance(path, leavers, cause))
    relative = np.divide(error, incidence, out=np.zeros_like(error), where=incidence > 0)
    return CauseCurve(events, incidence, *log_log_band(incidence, relative, level, 0.0), error)
