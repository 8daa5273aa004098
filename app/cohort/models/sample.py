"""The patients that a model is fitted to, sorted and standardised once for everything asked."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from app.cohort.models.efron import PartialLikelihood
from app.cohort.models.risk_sets import RiskSets, arrange
from app.cohort.models.risk_sums import linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.follow_up import FollowUp
    from app.cohort.models.design import Design

    Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """n patients: their design, follow-up and strata, and the same sorted by risk sets.

    `likelihood` has the columns of the sorted patients, centred at `means` and divided by
    `scales`, both of shape (p,).
    """

    design: Design
    follow_up: FollowUp
    strata_codes: NDArray[np.integer] | None
    risk_sets: RiskSets
    likelihood: PartialLikelihood
    means: Floats
    scales: Floats

    def standardise(self, rows: Floats) -> Floats:
        """Rows of the design, shape (m, p), in units of the standardised columns."""
        return (rows - self.means) / self.scales

    def scores(self, standardised: Floats) -> Floats:
        """The linear predictor of the sorted patients, shape (n,)."""
        return linear(standardised, self.likelihood.columns)


def take_sample(
    design: Design, follow_up: FollowUp, strata_codes: NDArray[np.integer] | None
) -> Sample:
    """Sort and standardise; raises FitRefused if nobody dies."""
    risk_sets = arrange(follow_up, strata_codes)
    columns = design.columns.take(risk_sets.order, axis=1)
    means, scales = np.array([_standardise(column) for column in columns]).T
    likelihood = PartialLikelihood(risk_sets, columns)
    return Sample(design, follow_up, strata_codes, risk_sets, likelihood, means, scales)


def _standardise(column: Floats) -> tuple[float, float]:
    """Centre and scale a column in its place; the mean and the standard deviation it had.

    The scale is 1 for a column that never changes.
    """
    mean = float(column.mean())
    column -= mean
    squares = float(np.einsum("i,i->", column, column))  # one thread, unlike column @ column
    spread = sqrt(squares / column.size) or 1.0
    column *= 1 / spread
    return mean, spread
