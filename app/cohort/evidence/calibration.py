"""Whether published evidence fits a clinic's own patients: deaths observed against expected.

The expected number of deaths in an arm of a stratum is the cumulative hazard that the published
curve gives for the time each patient was watched, summed (Breslow et al., J Am Stat Assoc 1983;
78:1-12): E = sum of H(min(days, horizon)) - H(entry). Deaths and time past the evidence's horizon
count for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from app.cohort.evidence.poisson import CountRatio, count_ratio
from app.cohort.follow_up import DEATH, FollowUp
from app.survival.interval import extremes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from app.cohort.columns import CategoricalColumn
    from app.survival.curve import Side
    from app.survival.study import Group, Stratum, Study

    Rows: TypeAlias = NDArray[np.bool_]
    Positions: TypeAlias = NDArray[np.intp]

SIDES: tuple[Side, ...] = ("control", "treated")


@dataclass(frozen=True, slots=True)
class ExpectedDeaths:
    """Deaths expected by day `horizon`; the range over the study's shapes and baselines."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """Some patients against their published curve.

    `stratum` is None over all strata with a published curve, `side` None over both arms.
    `patients` and `observed` (deaths) are numbers of people. Where nothing was published for the
    stratum, `expected` and `ratio` are None and `reason` says why; `ratio` is None also where
    nobody was watched at all.
    """

    stratum: str | None
    side: Side | None
    patients: int
    observed: int
    expected: ExpectedDeaths | None
    ratio: CountRatio | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Rows by stratum and arm, totals, and who was left out, by reason.

    `whole` holds everybody in an arm of the study, whatever their level, against the curves of the
    whole trial.
    """

    rows: tuple[CalibrationRow, ...]
    totals: tuple[CalibrationRow, ...]
    whole: tuple[CalibrationRow, ...]
    patients: int
    excluded: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Patients seen from a study: which side and stratum each is compared with.

    `rows` are their positions among all that were to be placed.
    """

    rows: Positions
    follow_up: FollowUp
    is_treated: Rows
    stratum: CategoricalColumn
    excluded: Mapping[str, int]

    def cell(self, side: Side | None, stratum: str | None = None) -> Rows:
        """Who is on a side and in a stratum; None takes all."""
        chosen = np.ones(len(self.follow_up), dtype=bool)
        if side is not None:
            chosen &= self.is_treated == (side == "treated")
        if stratum is not None:
            chosen &= self.stratum.codes == _code(self.stratum, stratum)
        return chosen


def place(
    follow_up: FollowUp,
    arm: CategoricalColumn,
    stratum: CategoricalColumn,
    study: Study,
    arms: Mapping[str, str] | None = None,
) -> Placed:
    """See n patients from a study. `arms` maps their arms to the study's, by name.

    Left out and counted: who is in no arm, and who is in one that the study does not have. Who has
    no level stays for the comparison with the whole trial, and is counted as `level_unknown`.
    """
    named = [(arms or {}).get(name, name) for name in arm.categories]
    sides = np.array([_side(name, study) for name in named] + [-1], dtype=np.int8)
    side = sides[arm.codes]  # the last entry serves -1, which is nobody's arm
    known = side >= 0
    kept = stratum.of(known)
    excluded = {
        "arm_unknown": int(np.count_nonzero(~arm.is_stated)),
        "arm_not_in_evidence": int(np.count_nonzero(~known & arm.is_stated)),
        "level_unknown": int(np.count_nonzero(~kept.is_stated)),
    }
    return Placed(np.flatnonzero(known), follow_up.of(known), side[known] == 1, kept, excluded)


def calibrate(placed: Placed, study: Study) -> Calibration:
    """Compare deaths, stratum by stratum and arm by arm."""
    rows = tuple(_row(placed, study, side, stratum) for stratum in study.strata for side in SIDES)
    whole = [_row(placed, study, side) for side in SIDES]
    return Calibration(
        rows, totals_of(rows), (*whole, _sum(whole, None)), len(placed.follow_up), placed.excluded
    )


def totals_of(rows: Iterable[CalibrationRow]) -> tuple[CalibrationRow, ...]:
    """Each arm and both together, over the rows of a stratum with a published curve."""
    told = [row for row in rows if row.expected is not None]
    sides = [_sum([row for row in told if row.side == side], side) for side in SIDES]
    return (*sides, _sum(sides, None))


def _row(
    placed: Placed, study: Study, side: Side, stratum: Stratum | None = None
) -> CalibrationRow:
    """An arm of a stratum; without one, of the whole trial."""
    name, group = (stratum.id, stratum.group) if stratum else (None, study.whole_trial)
    watched = placed.follow_up.of(placed.cell(side, name))
    is_death = (watched.event == DEATH) & (watched.days <= study.horizon)
    observed = int(np.count_nonzero(is_death))
    if group is None or not group.pairs:
        reason = (stratum.refusal if stratum else None) or "no_survival_published"
        return CalibrationRow(name, side, len(watched), observed, None, None, reason)
    expected = _expected(watched, study, group, side)
    ratio = count_ratio(observed, expected.value)
    return CalibrationRow(name, side, len(watched), observed, expected, ratio)


def _expected(watched: FollowUp, study: Study, group: Group, side: Side) -> ExpectedDeaths:
    exposure = _Exposure(watched, float(study.horizon))
    hazards = [pair.control.hazard if side == "control" else pair.treated.hazard
               for pair in group.pairs]  # fmt: skip
    shape = study.shape
    least, greatest = exposure.range(shape.lower, shape.upper)
    point = hazards[0] * exposure.at(shape.value)
    return ExpectedDeaths(point, min(hazards) * least, max(hazards) * greatest)


class _Exposure:
    """The time watched in units of the cumulative hazard: the sum of (t/h)^k - (entry/h)^k."""

    def __init__(self, watched: FollowUp, horizon: float) -> None:
        self._until = np.minimum(watched.days, horizon) / horizon
        entry = watched.entry
        self._since = None if entry is None else np.minimum(entry, horizon) / horizon

    def at(self, shape: float) -> float:
        """The sum for one shape."""
        gathered = float(np.power(self._until, shape).sum())
        if self._since is None:
            return gathered
        return gathered - float(np.power(self._since, shape).sum())

    def range(self, lower: float, upper: float) -> tuple[float, float]:
        """The least and the greatest over shapes. Without delayed entry it falls as k rises."""
        if self._since is None:
            return self.at(upper), self.at(lower)
        found = extremes(self.at, lower, upper)
        return found.lower, found.upper


def _sum(rows: list[CalibrationRow], side: Side | None) -> CalibrationRow:
    """Several rows as one: the shape is one for all, so their ranges add up."""
    told = [row.expected for row in rows if row.expected is not None]
    expected = ExpectedDeaths(
        sum(e.value for e in told), sum(e.lower for e in told), sum(e.upper for e in told)
    )
    observed = sum(row.observed for row in rows)
    patients = sum(row.patients for row in rows)
    ratio = count_ratio(observed, expected.value)
    return CalibrationRow(None, side, patients, observed, expected, ratio)


def _side(arm: str, study: Study) -> int:
    return {study.control: 0, study.treatment: 1}.get(arm, -1)


def _code(column: CategoricalColumn, name: str) -> int:
    return column.categories.index(name) if name in column.categories else -2
