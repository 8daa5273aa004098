"""A synthetic trial, drawn from what the evidence says of a published one. Nobody in it is real.

Each arm has the levels that its share of the population would have, log-normal through the
published shares of the strata. Survival is Weibull: the shape of the evidence, the control arm's
survival at the horizon in each stratum, the stratum's hazard ratio in the treated arm. All other
facts are drawn to look plausible and do not bear on survival.

Only uniform numbers are drawn, and the rest is arithmetic: a seed gives the same rows everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil, exp, log
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.survival.study import Stratum, Study

SEED: Final = 42
"""Taken because its trial resembles the published one. Trials of this size differ much by chance,
and so do those of other seeds."""

PER_ARM: Final = 110
FIRST_BASELINE: Final = date(2021, 1, 4)
RECRUITING_DAYS: Final = 450
"""The last patient's horizon, 640 days later, lies in 2023."""

LOST: Final = 0.05
"""The share of patients who are lost to follow-up, on any day before the horizon."""

HIGHEST_UNPUBLISHED: Final = 0.95
"""Control survival at the horizon where none was published: what the whole trial leaves for such
a stratum, but not above this. For `very_low` it leaves more than everybody."""

STANDARD: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class SyntheticPatient:
    """One row of an import; every field is named after its column. Days count from baseline."""

    identifier: str
    sex: str
    age_at_baseline: Decimal
    onset_date: date
    onset_site: str
    diagnosis_date: date
    el_escorial: str
    riluzole_start: date
    alsfrs_r: int
    svc_percent: Decimal
    arm: str
    baseline_date: date
    follow_up_days: int
    vital_status: str
    event_type: str | None
    pnfh: int
    pnfh_unit: str
    pnfh_specimen: str
    pnfh_date: date
    x_age: Decimal
    x_centre: str
    x_synthetic: str


def simulate_trial(study: Study, seed: int = SEED) -> list[SyntheticPatient]:
    """Draw PER_ARM patients for each arm of the study, in an order that is drawn as well."""
    draw = Draws(seed)
    levels = {arm: _levels(study, draw) for arm in (study.control, study.treatment)}
    patients = [(arm, level) for arm, drawn in levels.items() for level in drawn]
    return [
        _patient(number, *patients[place], study, draw)
        for number, place in enumerate(draw.order(len(patients)), 1)
    ]


def control_survival(stratum: Stratum, study: Study) -> float:
    """The control arm's survival at the horizon: that of the evidence, or what the trial leaves."""
    if stratum.group is not None and stratum.group.baseline is not None:
        return stratum.group.baseline.value
    known = [s for s in study.strata if s.group is not None and s.group.baseline is not None]
    told = sum(s.share.value * control_survival(s, study) for s in known)
    whole = study.whole_trial.baseline
    left = HIGHEST_UNPUBLISHED if whole is None else (whole.value - told) / stratum.share.value
    return min(left, HIGHEST_UNPUBLISHED)


def hazard_ratio(stratum: Stratum) -> float:
    """The treated arm's hazard ratio; 1 where the source reports none."""
    return 1.0 if stratum.group is None else stratum.group.hazard_ratio.value


def level_distribution(study: Study) -> NormalDist:
    """The distribution of ln(level): normal through the shares below the first and last cut."""
    shares = [stratum.share.value for stratum in study.strata]
    scores = STANDARD.inv_cdf(shares[0]), STANDARD.inv_cdf(1 - shares[-1])
    logs = study.log_cut_points[0], study.log_cut_points[-1]
    spread = (logs[1] - logs[0]) / (scores[1] - scores[0])
    return NormalDist(logs[0] - scores[0] * spread, spread)


class Draws:
    """Numbers drawn one after the other from PCG64 (O'Neill 2014) with a seed."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))

    def uniform(self) -> float:
        """A number between 0 and 1, never one of them."""
        return float(self._generator.random()) or 0.5

    def normal(self, mean: float, spread: float, lowest: float, highest: float) -> float:
        """A number of a normal distribution that is cut off at both ends."""
        normal = NormalDist(mean, spread)
        below, above = normal.cdf(lowest), normal.cdf(highest)
        return normal.inv_cdf(below + (above - below) * self.uniform())

    def whole(self, least: int, most: int) -> int:
        """A whole number; both ends can be drawn."""
        return least + int(self.uniform() * (most - least + 1))

    def one_of(self, shares: Sequence[tuple[str, float]]) -> str:
        """One of the names, each drawn with its share. The last takes what is left."""
        left = self.uniform()
        for name, share in shares:
            left -= share
            if left < 0:
                return name
        return shares[-1][0]

    def order(self, size: int) -> list[int]:
        """All positions, shuffled."""
        keys = [self.uniform() for _ in range(size)]
        return sorted(range(size), key=keys.__getitem__)


def _levels(study: Study, draw: Draws) -> Iterator[int]:
    """Draw one level from each of PER_ARM equal slices: every arm has the shares of the strata."""
    logs = level_distribution(study)
    slices = [(place + draw.uniform()) / PER_ARM for place in range(PER_ARM)]
    return iter([round(exp(logs.inv_cdf(share))) for share in slices])


def _day_of_death(arm: str, level: int, study: Study, draw: Draws) -> int:
    """Solve S(t) = exp(-H (t/horizon)^k) for t at a uniform S, in whole days, the first being 1."""
    stratum = next(s for s in study.strata if s.range.holds(Decimal(level)))
    hazard = -log(control_survival(stratum, study))
    if arm == study.treatment:
        hazard *= hazard_ratio(stratum)
    days = study.horizon * float((-log(draw.uniform()) / hazard) ** (1 / study.shape.value))
    return ceil(days)


def _patient(number: int, arm: str, level: int, study: Study, draw: Draws) -> SyntheticPatient:
    death = _day_of_death(arm, level, study, draw)
    lost = draw.whole(1, study.horizon - 1) if draw.uniform() < LOST else study.horizon
    is_dead = death <= lost
    baseline = FIRST_BASELINE + timedelta(days=draw.whole(0, RECRUITING_DAYS - 1))
    riluzole = baseline - timedelta(weeks=12, days=draw.whole(0, 42))
    onset = riluzole - timedelta(days=draw.whole(90, 560))
    age = _tenths(draw.normal(60, 10.5, 18, 75.9))
    return SyntheticPatient(
        identifier=f"SYNTH-{number:04}",
        sex=draw.one_of([("male", 0.62), ("female", 0.38)]),
        age_at_baseline=age,
        onset_date=onset,
        onset_site=draw.one_of([("limb", 0.72), ("bulbar", 0.25), ("respiratory", 0.03)]),
        diagnosis_date=riluzole - timedelta(days=draw.whole(0, 60)),
        el_escorial=draw.one_of(
            [("definite", 0.2), ("probable", 0.4), ("probable_lab", 0.25), ("possible", 0.15)]
        ),
        riluzole_start=riluzole,
        alsfrs_r=round(draw.normal(39, 5, 20, 48)),
        svc_percent=_tenths(draw.normal(93, 14, 70, 130)),
        arm=arm,
        baseline_date=baseline,
        follow_up_days=death if is_dead else lost,
        vital_status="dead" if is_dead else "alive",
        event_type="death" if is_dead else None,
        pnfh=level,
        pnfh_unit="pg/mL",
        pnfh_specimen="csf",
        pnfh_date=baseline,
        x_age=age,
        x_centre=f"centre-{draw.whole(1, 17):02}",
        x_synthetic=f"simulated from {study.id}, not a real patient",
    )


def _tenths(value: float) -> Decimal:
    return Decimal(round(value * 10)).scaleb(-1)
