"""Two arms of a cohort: who is in which, how long both can be followed, and what was seen by then.

Everything that evidence of a clinic's own rests on, but for the models.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Final

import numpy as np

from app.cohort.curves.kaplan_meier import survival_tables
from app.cohort.follow_up import DEATH
from app.survival.interval import LEVEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.columns import CategoricalColumn
    from app.cohort.curves.kaplan_meier import SurvivalTable
    from app.cohort.follow_up import FollowUp

LONGEST: Final = 640
STEP: Final = 5
LEAST_AT_RISK: Final = 10
"""Curves end at the last day, a multiple of 5 and at most 640, with so many at risk in each arm."""


@dataclass(frozen=True, slots=True, eq=False)
class TwoArms:
    """n patients: follow-up, arm, stratum of the level, and what their hazard is adjusted for.

    `adjusted`, shape (q, n), are further columns of every model and `names` what they are called;
    `baseline` are the codes of groups with a baseline hazard of their own, or None. `level` is the
    biomarker, where its interaction with the arm is wanted.
    """

    follow_up: FollowUp
    is_treated: NDArray[np.bool_]
    stratum: CategoricalColumn
    adjusted: NDArray[np.float64]
    names: tuple[str, ...]
    baseline: NDArray[np.int32] | None = None
    level: NDArray[np.float64] | None = None

    def of(self, rows: NDArray[np.bool_]) -> TwoArms:
        """Some of the patients."""
        return TwoArms(
            self.follow_up.of(rows),
            self.is_treated[rows],
            self.stratum.of(rows),
            self.adjusted[:, rows],
            self.names,
            None if self.baseline is None else self.baseline[rows],
            None if self.level is None else self.level[rows],
        )

    def tables(self) -> list[SurvivalTable]:
        """The curves of the control and of the treated arm."""
        return survival_tables(self.follow_up, self.is_treated.astype(np.int8), 2, LEVEL)


@dataclass(frozen=True, slots=True)
class ArmSeen:
    """An arm by day `horizon`: patients and deaths in numbers, survival by Kaplan and Meier.

    `log_variance` is that of ln(-ln S), Greenwood's; both are None where nobody died, where nobody
    is left at risk, or where the curve has fallen to 0.
    """

    patients: int
    deaths: int
    survival: float | None
    standard_error: float | None
    log_variance: float | None


def common_horizon(arms: TwoArms) -> int | None:
    """The last day up to which both arms are followed well enough; None without any."""
    days = np.arange(LONGEST, 0, -STEP, dtype=np.float64)
    watched = np.stack([table.risk.at_risk_at(days) for table in arms.tables()])
    enough = np.flatnonzero((watched >= LEAST_AT_RISK).all(axis=0))
    return int(days[enough[0]]) if enough.size else None


def seen_by(arms: TwoArms, horizon: int) -> tuple[ArmSeen, ArmSeen]:
    """What was seen of the control and of the treated arm by a day."""
    died = (arms.follow_up.event == DEATH) & (arms.follow_up.days <= horizon)
    deaths = [int(np.count_nonzero(died & (arms.is_treated == side))) for side in (False, True)]
    control, treated = (
        _seen(table, count, horizon) for table, count in zip(arms.tables(), deaths, strict=True)
    )
    return control, treated


def treated_share(arms: TwoArms, horizon: int, hazard_ratio: float) -> float:
    """The treated share of the hazard at risk, averaged over the control arm's hazard to a day.

    The mean of HR Y1 / (Y0 + HR Y1), weighted by the steps d0 / Y0, with Y the numbers at risk.
    """
    control, treated = (table.risk for table in arms.tables())
    rows = (control.deaths > 0) & (control.time <= horizon)
    steps = control.deaths[rows] / control.at_risk[rows]
    at_risk = hazard_ratio * treated.at_risk_at(control.time[rows])
    return float(np.average(at_risk / (control.at_risk[rows] + at_risk), weights=steps))


def _seen(table: SurvivalTable, deaths: int, horizon: int) -> ArmSeen:
    if not table.n:
        return ArmSeen(0, 0, None, None, None)
    (reading,) = table.at([float(horizon)])
    alive, error = reading.survival, reading.standard_error
    if alive is None or error is None or not 0 < alive < 1 or not reading.at_risk:
        return ArmSeen(table.n, deaths, None, None, None)
    variance = (error / (alive * log(alive))) ** 2
    return ArmSeen(table.n, deaths, alive, error, variance)
