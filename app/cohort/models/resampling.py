"""How sure concordance and prediction error are: percentile intervals by the bootstrap.

Efron & Tibshirani, An Introduction to the Bootstrap, section 13.3: patients are drawn with
replacement, the model is fitted again, and its measures are taken in the patients drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from app.cohort.models.concordance import uno
from app.cohort.models.cox import CoxFit, fit_cox
from app.cohort.models.prediction_error import brier_scores, integrated_brier
from app.cohort.models.refusal import FitRefused
from app.survival.interval import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ROWS: Final = 1_000_000
"""Patients times resamples beyond which no interval is given: some seconds of work."""

FEWEST_FITTED: Final = 0.9
"""The share of resamples that must have a fit; those without one are not like the others."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """Percentile intervals of measures at `level`, from `fitted` of `count` resamples.

    `brier` has one for each of the days asked for. A measure is None where a resample has none;
    all are where there is a `reason`: `too_many_patients`, `delayed_entry` or `too_few_fits`.
    """

    seed: int
    count: int
    fitted: int
    level: float
    uno: Interval | None = None
    brier: tuple[Interval | None, ...] = ()
    integrated: Interval | None = None
    reason: str | None = None


def resample(
    fit: CoxFit, tau: float, days: Sequence[float], *, count: int, seed: int, level: float = 0.95
) -> Resampling:
    """Draw `count` resamples with numpy's PCG64 from `seed`, and refit the model to each."""
    if fit.sample.follow_up.entry is not None:
        return Resampling(seed, count, 0, level, reason="delayed_entry")
    if fit.n * count > MOST_ROWS:
        return Resampling(seed, count, 0, level, reason="too_many_patients")
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = (_measures(fit, tau, days, generator) for _ in range(count))
    told = [measures for measures in drawn if measures is not None]
    if len(told) < FEWEST_FITTED * count:
        return Resampling(seed, count, len(told), level, reason="too_few_fits")
    first, *middle, last = (_percentiles(values, level) for values in zip(*told, strict=True))
    return Resampling(seed, count, len(told), level, first, tuple(middle), last)


def _measures(
    fit: CoxFit, tau: float, days: Sequence[float], generator: np.random.Generator
) -> list[float | None] | None:
    """Uno's C, the Brier scores and their integral in one resample; None without a fit."""
    sample = fit.sample
    chosen = np.sort(generator.integers(fit.n, size=fit.n))
    codes = None if sample.strata_codes is None else sample.strata_codes[chosen]
    try:
        refit = fit_cox(sample.design.of(chosen), sample.follow_up.of(chosen), codes)
    except FitRefused:
        return None
    concordance = uno(refit, tau)
    scores = [score.score for score in brier_scores(refit, days) or ()]
    value = None if concordance is None else concordance.value
    return [value, *scores, integrated_brier(refit, tau)]


def _percentiles(values: Sequence[float | None], level: float) -> Interval | None:
    told = [value for value in values if value is not None]
    if len(told) < len(values):
        return None
    lower, upper = np.quantile(told, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(lower), float(upper))
