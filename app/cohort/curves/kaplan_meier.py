"""Survival of groups by Kaplan and Meier (JASA 1958;53:457), with Greenwood's standard error.

The curve falls at the day of a death, not after it. Everything agrees with R's
`survfit(..., conf.type = "log-log")`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.curves.bands import log_log_band
from app.cohort.curves.risk_table import risk_tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from app.cohort.curves.risk_table import RiskTable
    from app.cohort.follow_up import FollowUp


@dataclass(frozen=True, slots=True)
class SurvivalReading:
    """Survival at one time in days, with its interval and how many were at risk then.

    All is None past the last follow-up: a curve is never extended flat. Where survival is 0 it
    stays 0, and neither the standard error nor the interval is defined.
    """

    time: float
    survival: float | None
    lower: float | None
    upper: float | None
    standard_error: float | None
    at_risk: int


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalTable:
    """The curve of one group: arrays of one length, a row for each time of its risk table.

    Row 0 is the beginning, with survival 1 unless somebody died on day 0. `events` are the ends
    that the curve counts, `censored` all other ends. Where survival is 1 its limits are 1 and 1;
    where it is 0 limits and standard error are not defined: NaN.
    """

    risk: RiskTable
    level: float
    events: NDArray[np.int64]
    censored: NDArray[np.int64]
    survival: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    standard_error: NDArray[np.float64]

    @property
    def n(self) -> int:
        """How many patients the curve is of."""
        return self.risk.n

    @property
    def time(self) -> NDArray[np.float64]:
        """The days of the rows, ascending."""
        return self.risk.time

    @property
    def at_risk(self) -> NDArray[np.int64]:
        """How many were at risk at each row's time, those who left on that day included."""
        return self.risk.at_risk

    @property
    def emptied_at(self) -> float | None:
        """The day after which nobody was left although others entered later; None without."""
        return self.risk.emptied_at

    def at(self, times: Iterable[float]) -> list[SurvivalReading]:
        """The curve at any days not before its beginning, in the order asked."""
        asked = np.fromiter(times, np.float64)
        rows = np.searchsorted(self.time, asked, side="right") - 1
        at_risk = self.risk.at_risk_at(asked)
        return [
            self._reading(float(time), int(row), int(watched))
            for time, row, watched in zip(asked, rows, at_risk, strict=True)
        ]

    def _reading(self, time: float, row: int, at_risk: int) -> SurvivalReading:
        if row < 0 or (time > self.time[-1] and self.survival[-1] > 0):
            return SurvivalReading(time, None, None, None, None, at_risk)
        return SurvivalReading(
            time,
            _defined(self.survival[row]),
            _defined(self.lower[row]),
            _defined(self.upper[row]),
            _defined(self.standard_error[row]),
            at_risk,
        )


def survival_tables(
    follow_up: FollowUp,
    codes: NDArray[np.integer],
    groups: int,
    level: float,
    since: float = 0.0,
) -> list[SurvivalTable]:
    """The curve of death of each of `groups` groups; `codes` names each patient's group, -1 none.

    `level` is the confidence of the bands. `since` is the first day of the clock (`risk_tables`).
    """
    return [kaplan_meier(risk, level) for risk in risk_tables(follow_up, codes, groups, since)]


def kaplan_meier(risk: RiskTable, level: float) -> SurvivalTable:
    """Survival until death; a competing event ends the watching like a censoring."""
    return _curve(risk, risk.deaths, risk.competing + risk.censored, level)


def reverse_kaplan_meier(risk: RiskTable, level: float) -> SurvivalTable:
    """The potential follow-up: censoring is the event, and deaths end the watching.

    Schemper and Smith, Control Clin Trials 1996;17:343; R: `survfit(Surv(time, status == 0) ~ 1)`.
    """
    return _curve(risk, risk.censored, risk.deaths + risk.competing, level)


def remaining(at_risk: NDArray[np.int64], events: NDArray[np.int64]) -> NDArray[np.float64]:
    """Who is left of 1: the product of (n - d)/n over all rows so far."""
    shares: NDArray[np.float64] = np.ones(events.shape, np.float64)
    np.divide(at_risk - events, at_risk, out=shares, where=events > 0)
    np.cumprod(shares, out=shares)
    return shares


def greenwood_terms(at_risk: NDArray[np.int64], events: NDArray[np.int64]) -> NDArray[np.float64]:
    """The terms d/(n(n - d)) of Greenwood's variance of log S; infinite where all at risk die."""
    deaths = events.astype(np.float64)
    product = at_risk * (at_risk - events)
    with np.errstate(divide="ignore"):
        return np.divide(deaths, product, out=np.zeros_like(deaths), where=events > 0)


def _curve(
    risk: RiskTable, events: NDArray[np.int64], censored: NDArray[np.int64], level: float
) -> SurvivalTable:
    """Everything is worked out for the rows on which the curve falls, and one before the first."""
    falls = np.flatnonzero(events)
    at_risk, fallen = np.append(1, risk.at_risk[falls]), np.append(0, events[falls])
    survival = remaining(at_risk, fallen)
    relative_error = np.sqrt(np.cumsum(greenwood_terms(at_risk, fallen)))
    relative_error[survival == 0] = np.nan
    lower, upper = log_log_band(survival, relative_error, level, start=1.0)
    columns = (survival, lower, upper, survival * relative_error)
    step = np.cumsum(events > 0, dtype=np.int32)
    survival, lower, upper, error = (column[step] for column in columns)
    return SurvivalTable(risk, level, events, censored, survival, lower, upper, error)


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
