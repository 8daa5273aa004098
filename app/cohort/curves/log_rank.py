"""The log-rank test of any number of groups (Mantel 1966; Peto and Peto 1972), also by strata.

It is the score test of Cox's model with exact ties, which also says what it is with delayed entry:
a patient counts among those at risk from the entry on. Without entry it is R's `survdiff`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.curves.risk_table import risk_tables
from app.cohort.tails import chi_square_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.cohort.curves.risk_table import RiskTable
    from app.cohort.follow_up import FollowUp

SINGULAR = 1e-10
"""Eigenvalues of the correlation of O - E that small are 0: their sum is the number of groups."""


@dataclass(frozen=True, slots=True, eq=False)
class LogRank:
    """The test, and by group the number of patients, of deaths, and of deaths expected.

    `p_value` is None where `degrees_of_freedom` is 0: the groups were never at risk together when
    some died and some did not, so there is nothing to compare.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float | None
    n: NDArray[np.int64]
    observed: NDArray[np.int64]
    expected: NDArray[np.float64]


def log_rank(
    follow_up: FollowUp,
    codes: NDArray[np.integer],
    groups: int,
    strata: NDArray[np.integer] | None = None,
) -> LogRank:
    """Compare the hazard of death of `groups` groups, within `strata` where these are given.

    `codes` and `strata` name each patient's group and stratum; -1 leaves the patient out.
    """
    if strata is None:
        return log_rank_of([risk_tables(follow_up, codes, groups)])
    n_strata = int(strata.max(initial=0)) + 1
    both = np.where((codes < 0) | (strata < 0), -1, strata.astype(np.int64) * groups + codes)
    tables = risk_tables(follow_up, both, groups * n_strata)
    return log_rank_of([tables[i : i + groups] for i in range(0, len(tables), groups)])


def log_rank_of(strata: Sequence[Sequence[RiskTable]]) -> LogRank:
    """The test from the risk tables of the groups, stratum by stratum; groups in one order."""
    observed = np.array([[table.deaths.sum() for table in tables] for tables in strata])
    n = np.array([[table.n for table in tables] for tables in strata])
    moments = [_moments(tables) for tables in strata]
    expected: NDArray[np.float64] = np.sum([mean for mean, _ in moments], axis=0)
    variance: NDArray[np.float64] = np.sum([spread for _, spread in moments], axis=0)
    deaths = observed.sum(axis=0)
    statistic, degrees = _quadratic_form(deaths - expected, variance)
    p_value = chi_square_tail(statistic, degrees) if degrees else None
    return LogRank(statistic, degrees, p_value, n.sum(axis=0), deaths, expected)


def _moments(
    tables: Sequence[RiskTable],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the groups expect of the deaths of one stratum, and its hypergeometric covariance."""
    times = np.unique(np.concatenate([table.time[table.deaths > 0] for table in tables]))
    at_risk = np.stack([table.at_risk_at(times) for table in tables]).astype(np.float64)
    deaths = sum(_deaths_at(table, times) for table in tables)
    n = at_risk.sum(axis=0)
    share = at_risk / n
    weight = deaths * (n - deaths) / np.maximum(n - 1, 1)
    variance = np.diag(share @ weight) - (share * weight) @ share.T
    return share @ deaths, variance


def _deaths_at(table: RiskTable, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The group's deaths at each of the stratum's times of death."""
    deaths = np.zeros(times.size)
    some = table.deaths > 0
    deaths[np.searchsorted(times, table.time[some])] = table.deaths[some]
    return deaths


def _quadratic_form(
    excess: NDArray[np.float64], variance: NDArray[np.float64]
) -> tuple[float, int]:
    """(O - E)' V^- (O - E) and the rank of V, which is scaled to a correlation first.

    R drops groups that expect no death and one more, and fails where V is still singular; the
    generalised inverse is the same number where R has one.
    """
    spread = np.sqrt(variance.diagonal().clip(min=0))
    used = spread > 0
    if not used.any():
        return 0.0, 0
    scale = spread[used]
    correlation = variance[np.ix_(used, used)] / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(correlation)
    kept = values > SINGULAR
    components = vectors[:, kept].T @ (excess[used] / scale)
    return float(np.sum(components**2 / values[kept])), int(kept.sum())
