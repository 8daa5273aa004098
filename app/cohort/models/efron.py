"""The partial likelihood of a Cox model with Efron's rule for tied deaths, and its derivatives.

Efron, J Am Stat Assoc 1977;72:557. With risks w = exp(eta), d deaths at a time, sums S over who is
at risk and D over who dies: the j-th of the d has the denominator S - (j/d) D, j = 0 … d - 1. All
second moments are one product X' diag(w c) X, where c sums 1 / denominator over the times at which
a patient is at risk (Therneau & Grambsch, Modeling Survival Data, section 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.cohort.models.risk_sums import RiskSums, blocks_of, linear, long_sums, short_sums
from app.cohort.models.ties import Steps, Ties

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.models.risk_sets import RiskSets

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.intp]

LONG_SEGMENT: Final = 6
"""From so many rows a death time on, summing segments beats running sums over the rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Score, shape (p,), and information, shape (p, p), both weighted by a function of time."""

    score: Floats
    information: Floats


class PartialLikelihood:
    """The partial likelihood of p columns, shape (p, n), sorted like the risk sets."""

    def __init__(self, risk_sets: RiskSets, columns: Floats) -> None:
        self.risk_sets = risk_sets
        self.columns = columns
        self._blocks = blocks_of(risk_sets, columns.shape[0])
        self._sum_block = long_sums if _has_long_segments(risk_sets) else short_sums
        self._ties = Ties.of(risk_sets)
        self.death_sum = np.einsum("pn,n->p", columns, risk_sets.is_death.astype(np.float64))

    def sums(self, beta: Floats) -> tuple[Floats, RiskSums]:
        """The risks w, shape (n,), and their sums over the risk sets."""
        size = beta.size + 1, self.risk_sets.times.size
        risks = np.empty(len(self.risk_sets))
        sums = RiskSums(np.zeros(size), np.zeros(size))
        carried = np.zeros((size[0], 1))
        for block in reversed(self._blocks):
            if block.is_last:
                carried = np.zeros_like(carried)
            rows = self._weighted(beta, block.rows)
            risks[block.rows] = rows[0]
            carried = self._sum_block(rows, block, carried, sums)
        if self._sum_block is short_sums:
            self._ties.add_dying(risks, self.columns, sums)
        if self.risk_sets.first is not None:
            self._take_away_late(self.risk_sets.first, risks, sums)
        return risks, sums

    def _weighted(self, beta: Floats, rows: slice) -> Floats:
        """w and w x of some rows, shape (1 + p, rows)."""
        columns = self.columns[:, rows]
        weighted = np.empty((beta.size + 1, columns.shape[1]))
        np.exp(linear(beta, columns), out=weighted[0])
        np.multiply(columns, weighted[0], out=weighted[1:])
        return weighted

    def _take_away_late(self, first: NDArray[np.int32], risks: Floats, sums: RiskSums) -> None:
        """Take out of each risk set who enters after it."""
        late = np.zeros_like(sums.at_risk)
        for row, values in enumerate((risks, *(column * risks for column in self.columns))):
            late[row] = np.bincount(first, weights=values, minlength=late.shape[1])
        for span in self.risk_sets.spans():
            backwards = late[:, span][:, :0:-1].cumsum(axis=1)
            sums.at_risk[:, span][:, :-1] -= backwards[:, ::-1]

    def steps(self, sums: RiskSums) -> Steps:
        """Efron's sums over the denominators of each bin."""
        hazard = 1 / sums.at_risk[0]
        nothing = np.zeros_like(hazard)
        steps = Steps(hazard, nothing, hazard * hazard, nothing.copy(), nothing.copy())
        return self._ties.resolve(sums, steps)

    def log_likelihood(self, beta: Floats, sums: RiskSums) -> float:
        """The logarithm of the partial likelihood at beta."""
        return float(beta @ self.death_sum - self._ties.log_sum(sums))

    def moments(
        self, risks: Floats, sums: RiskSums, steps: Steps, time_weights: Floats | None = None
    ) -> Moments:
        """Score and information, with each bin weighted (default 1)."""
        weights = np.ones_like(steps.hazard) if time_weights is None else time_weights
        first, second = self._row_moments(risks, self._exposure(steps, weights))
        means = self._mean_products(sums, steps, weights)
        died = self.death_sum if time_weights is None else self._weighted_deaths(weights)
        return Moments(died - first, second - means)

    def _weighted_deaths(self, weights: Floats) -> Floats:
        table = np.repeat(weights, 2)
        table[1::2] = 0.0
        return np.asarray(np.einsum("pn,n->p", self.columns, table[self.risk_sets.keys]))

    def _exposure(self, steps: Steps, weights: Floats) -> Floats:
        """The c of each row: hazard summed over its bins, less the share of Efron's ties."""
        gathered = self.risk_sets.so_far(steps.hazard * weights)
        table = np.repeat(gathered, 2)
        table[::2] -= steps.tied * weights
        exposure = table[self.risk_sets.keys]
        if self.risk_sets.first is not None:
            exposure -= (gathered - steps.hazard * weights)[self.risk_sets.first]
        return exposure

    def _row_moments(self, risks: Floats, exposure: Floats) -> tuple[Floats, Floats]:
        """X (w c) and X diag(w c) X', block by block."""
        p = self.columns.shape[0]
        first, second = np.zeros(p), np.zeros((p, p))
        for block in self._blocks:
            columns = self.columns[:, block.rows]
            weighted = columns * (risks[block.rows] * exposure[block.rows])
            first += weighted.sum(axis=1)
            second += weighted @ columns.T
        return first, second

    def _mean_products(self, sums: RiskSums, steps: Steps, weights: Floats) -> Floats:
        """The sum over all denominators of (S1 - (j/d) D1)(S1 - (j/d) D1)' r^2."""
        at_risk = sums.at_risk[1:]
        squared = (at_risk * (steps.squared * weights)) @ at_risk.T
        tied = self._ties.bins
        if not tied.size:
            return np.asarray(squared)
        dying = sums.dying[1:, tied]
        crossed = (at_risk[:, tied] * (steps.cross * weights)[tied]) @ dying.T
        both = (dying * (steps.both * weights)[tied]) @ dying.T
        return np.asarray(squared - crossed - crossed.T + both)


def _has_long_segments(risk_sets: RiskSets) -> bool:
    return len(risk_sets) > LONG_SEGMENT * risk_sets.times.size
