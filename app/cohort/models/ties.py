"""Efron's rule for deaths at the same time: as if each left the risk set in equal parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.models.risk_sets import RiskSets
    from app.cohort.models.risk_sums import RiskSums

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Efron's sums over the d denominators r_j = 1 / (S - (j/d) D) of each bin, shape (K,).

    `hazard` is the sum of r (the step of the cumulative hazard), `tied` of (j/d) r, `squared` of
    r^2, `cross` of (j/d) r^2, `both` of (j/d)^2 r^2. Where one dies alone, j = 0.
    """

    hazard: Floats
    tied: Floats
    squared: Floats
    cross: Floats
    both: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """The bins in which more than one dies, and for each of their deaths its part j/d.

    `bins` and `starts` (of the bin's deaths among all tied ones) have shape (T,); `rows` (in the
    risk sets), `parts` and `owners` (the bin) have one entry for each tied death.
    """

    bins: Ints
    starts: Ints
    rows: Ints
    parts: Floats
    owners: Ints

    @classmethod
    def of(cls, risk_sets: RiskSets) -> Ties:
        """Find the ties."""
        bins = np.flatnonzero(risk_sets.deaths > 1)
        deaths = risk_sets.deaths[bins]
        starts = np.cumsum(deaths) - deaths
        rank = np.arange(int(deaths.sum())) - np.repeat(starts, deaths)
        rows = np.repeat(risk_sets.starts[bins], deaths) + rank
        return cls(bins, starts, rows, rank / np.repeat(deaths, deaths), np.repeat(bins, deaths))

    def add_dying(self, risks: Floats, columns: Floats, sums: RiskSums) -> None:
        """Sum w and w x over the deaths of each tied bin."""
        if self.bins.size:
            tied = risks[self.rows]
            rows = np.concatenate((tied[np.newaxis], columns[:, self.rows] * tied))
            sums.dying[:, self.bins] = np.add.reduceat(rows, self.starts, axis=1)

    def resolve(self, sums: RiskSums, steps: Steps) -> Steps:
        """Put Efron's sums in the place of those of deaths that come alone."""
        if self.bins.size:
            inverse = 1 / self._denominators(sums)
            part = self.parts * inverse
            steps.hazard[self.bins] = np.add.reduceat(inverse, self.starts)
            steps.tied[self.bins] = np.add.reduceat(part, self.starts)
            steps.squared[self.bins] = np.add.reduceat(inverse * inverse, self.starts)
            steps.cross[self.bins] = np.add.reduceat(part * inverse, self.starts)
            steps.both[self.bins] = np.add.reduceat(part * part, self.starts)
        return steps

    def log_sum(self, sums: RiskSums) -> float:
        """The sum of the logarithms of all denominators."""
        alone = np.log(sums.at_risk[0])
        alone[self.bins] = 0.0
        return float(alone.sum() + np.log(self._denominators(sums)).sum())

    def _denominators(self, sums: RiskSums) -> Floats:
        at_risk, dying = sums.at_risk[0], sums.dying[0]
        return np.asarray(at_risk[self.owners] - self.parts * dying[self.owners])
