"""The baseline hazard of a Cox model, and the survival it predicts for given patients.

The cumulative hazard steps by Efron's sum of 1 / denominator, with entry and strata; as `survfit`
of a `coxph` fit in R (Therneau & Grambsch, Modeling Survival Data, section 10.2). Survival is
exp(-H), and its variance takes in that of the coefficients (Tsiatis, Ann Stat 1981;9:93).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from app.cohort.curves.bands import log_log_band

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.models.cox import CoxFit

    Floats: TypeAlias = NDArray[np.float64]

LEVEL = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class StratumBaseline:
    """The hazard of a stratum for a patient whose standardised columns are all 0: the mean patient.

    `times` (days), `hazard` (cumulative) and `variance` (that of it from the deaths alone) have
    shape (K,), `centre` (the cumulated mean of the columns at risk) shape (p, K). `last_day` is
    the end of the longest follow-up: nothing is known after it.
    """

    times: Floats
    hazard: Floats
    variance: Floats
    centre: Floats
    last_day: float

    def at(self, days: Floats) -> tuple[Floats, Floats, Floats]:
        """Hazard, variance and centre at these days, shapes (T,), (T,) and (p, T)."""
        index = np.searchsorted(self.times, days, side="right")
        hazard, variance = (
            np.concatenate(([0.0], values))[index] for values in (self.hazard, self.variance)
        )
        return hazard, variance, np.pad(self.centre, ((0, 0), (1, 0)))[:, index]


@dataclass(frozen=True, slots=True, eq=False)
class PredictedSurvival:
    """Survival of m patients at T days, each of shape (m, T), with a log-log band.

    `standard_error` is that of the cumulative hazard. After the stratum's last follow-up all is
    NaN; where survival is 1 so are its limits, where it is 0 they are NaN.
    """

    survival: Floats
    lower: Floats
    upper: Floats
    standard_error: Floats


def baselines(fit: CoxFit) -> dict[int, StratumBaseline]:
    """The baseline of each stratum in which somebody died, by its code (0 without strata)."""
    sample = fit.sample
    _, sums = sample.likelihood.sums(fit.standardised)
    steps = sample.likelihood.steps(sums)
    centre = sums.at_risk[1:] * steps.squared - sums.dying[1:] * steps.cross
    risk_sets = sample.risk_sets
    hazard, variance = risk_sets.so_far(steps.hazard), risk_sets.so_far(steps.squared)
    centre = risk_sets.so_far(centre)
    return {
        int(code): StratumBaseline(
            risk_sets.times[span],
            hazard[span],
            variance[span],
            centre[:, span],
            _last_day(fit, int(code)),
        )
        for span, code in zip(risk_sets.spans(), risk_sets.strata, strict=True)
    }


def predict(
    fit: CoxFit, baseline: StratumBaseline, rows: Floats, days: Floats, level: float = LEVEL
) -> PredictedSurvival:
    """Survival of patients with these rows of the design, shape (m, p), in the baseline's stratum.

    The variance of H is r^2 (V + d' C d) with r = exp(x b), V the variance from the deaths, C the
    covariance of b and d = x H0 - the cumulated mean of the columns at risk.
    """
    hazard, variance, centre = baseline.at(days)
    standardised = fit.sample.standardise(rows)
    risk = np.exp(standardised @ fit.standardised)[:, np.newaxis]
    covariance = fit.covariance * np.outer(fit.sample.scales, fit.sample.scales)
    moved = standardised[:, :, np.newaxis] * hazard - centre
    spread = np.einsum("mpt,pq,mqt->mt", moved, covariance, moved)
    error = risk * np.sqrt(variance + spread)
    survival = np.exp(-risk * hazard)
    survival[:, days > baseline.last_day] = np.nan
    lower, upper = log_log_band(survival, error, level, start=1.0)
    return PredictedSurvival(survival, lower, upper, np.where(np.isnan(survival), np.nan, error))


def _last_day(fit: CoxFit, code: int) -> float:
    days, codes = fit.sample.follow_up.days, fit.sample.strata_codes
    return float(days.max() if codes is None else days[codes == code].max())
