"""A simulated trial for the bench: a file to import, and the same numbers for R and lifelines."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

ARMS = ("placebo", "il2ld")
CUTS = (750.0, 3700.0)
LAST_DAY = 1825
HEADER = (
    "identifier,arm,baseline_date,follow_up_days,vital_status,"
    "pnfh,pnfh_unit,pnfh_specimen,pnfh_date,x_age\n"
)
LINE = "P-{:07d},{},2015-01-10,{},{},{},pg/mL,csf,2015-01-10,{}\n"


@dataclass(frozen=True, slots=True, eq=False)
class Patients:
    """n patients as arrays of length n, each number as it is written into the file.

    `days` since baseline, `dead` and `is_treated` 0 or 1, `stratum` 0 to 2, `pnfh` in pg/mL,
    `age` in years.
    """

    days: Floats
    dead: Floats
    is_treated: Floats
    stratum: Floats
    pnfh: Floats
    age: Floats

    def __len__(self) -> int:
        return int(self.days.size)

    def keep(self, file: Path) -> None:
        """Write the columns one after another, as R and numpy read them at once."""
        np.concatenate([getattr(self, column.name) for column in fields(self)]).tofile(file)

    def write_csv(self, file: Path) -> None:
        """Write the file that is imported."""
        columns = (self.days, self.dead, self.is_treated, self.pnfh, self.age)
        with file.open("w", encoding="utf-8") as out:
            out.write(HEADER)
            for number, (days, dead, treated, pnfh, age) in enumerate(zip(*columns, strict=True)):
                status = "dead" if dead else "alive"
                out.write(LINE.format(number, ARMS[int(treated)], days, status, pnfh, age))


def read_patients(file: Path) -> Patients:
    """Read what `keep` wrote."""
    return Patients(*np.fromfile(file).reshape(len(fields(Patients)), -1))


def simulate(rows: int, *, whole_days: bool) -> Patients:
    """Draw patients, the same on every machine: two arms, log-normal pNFH, Weibull deaths.

    Treatment helps the less the higher the level is. About half die within five years; all others
    are censored before or on the last day. Without `whole_days` hardly two times are equal; they
    differ by 1e-4 days at least, for R takes times for equal that differ by 1e-8 of their mean.
    """
    draw = np.random.default_rng(rows)
    is_treated = (draw.random(rows) < 0.5).astype(float)
    pnfh = np.round(draw.lognormal(7.6, 0.8, rows), 1)
    age = np.round(draw.normal(61.0, 10.0, rows).clip(25, 90), 1)
    level = np.log(pnfh) - 7.6
    log_hazard = 0.45 * level + is_treated * (0.3 * level - 0.3) + 0.02 * (age - 61)
    death = 1400 * (draw.exponential(size=rows) / np.exp(log_hazard)) ** (1 / 1.3)
    censoring = np.minimum(draw.uniform(365, 2 * LAST_DAY, rows), LAST_DAY)
    ended = np.minimum(death, censoring)
    days = np.ceil(ended) if whole_days else np.round(ended, 4).clip(1e-4)
    dead = (death <= censoring).astype(float)
    return Patients(days, dead, is_treated, stratum_of(pnfh), pnfh, age)


def stratum_of(pnfh: Floats) -> Floats:
    """Give the stratum of the published evidence: the middle one holds both its cut points."""
    lower, upper = CUTS
    return (pnfh >= lower).astype(float) + (pnfh > upper)
