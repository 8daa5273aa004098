"""Follow-up as the estimators see it: how long each patient was watched, and what ended it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CENSORED: Final = 0
DEATH: Final = 1
COMPETING: Final = 2
"""What ended a follow-up; COMPETING is tracheostomy or NIV, where these are told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class FollowUp:
    """The follow-up of n patients in days since baseline: three arrays of length n.

    `days` are finite and >= 0. `event` is CENSORED, DEATH or COMPETING. `entry` is None where
    everybody was watched from baseline on; else 0 <= entry < days for each (delayed entry: a
    patient is at risk after `entry`, up to and including `days`). At equal times deaths come
    before censorings before entries, as in R's `survival`.
    """

    days: NDArray[np.float64]
    event: NDArray[np.int8]
    entry: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return int(self.days.size)

    def of(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> FollowUp:
        """The follow-up of some of the patients: a mask or positions."""
        entry = None if self.entry is None else self.entry[rows]
        return FollowUp(self.days[rows], self.event[rows], entry)
