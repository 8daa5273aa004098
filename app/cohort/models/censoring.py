"""The chance of still being watched, by which the patients who are watched are weighed up.

Deaths come before censorings at equal times: who dies at t is not at risk of being censored at t.
Competing events end the follow-up here like any censoring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from app.cohort.curves.risk_table import risk_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.follow_up import FollowUp

    Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Uncensored:
    """G, the Kaplan-Meier estimate of not being censored; `steps` begin with the 1 before day 0."""

    days: Floats
    steps: Floats

    def before(self, times: Floats) -> Floats:
        """G(t-): just before each time."""
        return np.asarray(self.steps[np.searchsorted(self.days, times, side="left")])

    def at(self, times: Floats) -> Floats:
        """G(t): at each time, with who is censored on it."""
        return np.asarray(self.steps[np.searchsorted(self.days, times, side="right")])


def uncensored(follow_up: FollowUp) -> Uncensored:
    """Estimate G of all patients together."""
    table = risk_table(follow_up)
    left = table.at_risk - table.deaths
    gone = table.censored + table.competing
    share = np.divide(gone, left, out=np.zeros(left.size), where=left > 0)
    return Uncensored(table.time, np.concatenate(([1.0], np.cumprod(1 - share))))
