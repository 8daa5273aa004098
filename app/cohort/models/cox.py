"""Cox's proportional hazards model, equal to `coxph` of R's `survival` with Efron's ties.

Newton's method on columns that are centred and scaled, with halved steps where the likelihood
falls (Therneau & Grambsch, Modeling Survival Data, section 3.1 and 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.cohort.chi_square import ChiSquareTest
from app.cohort.models.maximum import Maximum, maximise
from app.cohort.models.refusal import FEWER_PATIENTS, FitRefused
from app.cohort.models.sample import Sample, take_sample
from app.cohort.tails import critical_value, two_sided_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.follow_up import FollowUp
    from app.cohort.models.design import Design

    Floats: TypeAlias = NDArray[np.float64]

LEVEL: Final = 0.95

LARGE: Final = 20_000
"""From so many patients on, Newton's method starts from the fit to some of them."""

SOME: Final = 5_000
"""The fewest of these; of more than 80,000 patients a sixteenth."""

ROUGH: Final = 1e-2
"""The last step to the maximum of some patients, which chance has put far further off."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient (log hazard ratio per unit) with its Wald interval and test."""

    term: str
    coefficient: float
    standard_error: float
    hazard_ratio: float
    lower: float
    upper: float
    z: float
    p_value: float


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted model of p coefficients.

    `coefficients`, shape (p,), and `covariance`, shape (p, p), are per unit of the design's
    columns. `n` counts patients, `n_events` deaths. `log_likelihood_null` is that of all
    coefficients 0. `score_test` and `wald_test` test the same as `likelihood_ratio`.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    n: int
    n_events: int
    log_likelihood_null: float
    log_likelihood: float
    score_test: ChiSquareTest
    iterations: int
    sample: Sample

    @cached_property
    def standard_errors(self) -> Floats:
        """Of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def likelihood_ratio(self) -> ChiSquareTest:
        """All coefficients against none of them."""
        gain = 2 * (self.log_likelihood - self.log_likelihood_null)
        return ChiSquareTest(max(gain, 0.0), len(self.names))

    @property
    def wald_test(self) -> ChiSquareTest:
        """The same from the coefficients and their covariance."""
        moved = float(self.coefficients @ np.linalg.solve(self.covariance, self.coefficients))
        return ChiSquareTest(moved, len(self.names))

    @property
    def standardised(self) -> Floats:
        """The coefficients of the sample's standardised columns, shape (p,)."""
        return self.coefficients * self.sample.scales

    def table(self, level: float = LEVEL) -> tuple[Coefficient, ...]:
        """Each coefficient with the interval of its hazard ratio at `level`, exp(b -+ z se)."""
        quantile = critical_value(level)
        return tuple(
            _coefficient(name, float(value), float(error), quantile)
            for name, value, error in zip(
                self.names, self.coefficients, self.standard_errors, strict=True
            )
        )


def fit_cox(
    design: Design, follow_up: FollowUp, strata_codes: NDArray[np.integer] | None = None
) -> CoxFit:
    """Fit the model to n patients, with a baseline of its own for each of the strata.

    Raises FitRefused, naming the term, where the data do not determine every coefficient.
    """
    if len(follow_up) < len(design.names):
        detail = f"{len(follow_up)} patients cannot determine {len(design.names)} coefficients."
        raise FitRefused(FEWER_PATIENTS, None, detail)
    sample = take_sample(design, follow_up, strata_codes)
    found = maximise(sample.likelihood, design.names, _start(sample))
    return _fit_of(sample, found)


def interaction_test(full: CoxFit, main: CoxFit) -> ChiSquareTest:
    """The likelihood ratio of a model against the same without some of its terms."""
    gain = 2 * (full.log_likelihood - main.log_likelihood)
    return ChiSquareTest(max(gain, 0.0), len(full.names) - len(main.names))


def _start(sample: Sample) -> Floats:
    """Where to start: at 0, or where some patients of many lead; they settle only the start."""
    n, codes = len(sample.follow_up), sample.strata_codes
    if n < LARGE:
        return np.zeros(len(sample.design.names))
    generator = np.random.Generator(np.random.PCG64(0))
    chosen = np.unique(generator.integers(n, size=max(SOME, n // 16)))
    codes = None if codes is None else codes[chosen]
    try:
        some = take_sample(sample.design.of(chosen), sample.follow_up.of(chosen), codes)
        rough = maximise(some.likelihood, some.design.names, np.zeros(some.scales.size), ROUGH)
    except FitRefused:
        return np.zeros(len(sample.design.names))
    return rough.beta * sample.scales / some.scales


def _fit_of(sample: Sample, found: Maximum) -> CoxFit:
    names, scales = sample.design.names, sample.scales
    return CoxFit(
        names=names,
        coefficients=found.beta / scales,
        covariance=found.covariance / np.outer(scales, scales),
        n=len(sample.follow_up),
        n_events=sample.risk_sets.n_events,
        log_likelihood_null=found.log_likelihood_null,
        log_likelihood=found.log_likelihood,
        score_test=ChiSquareTest(found.score_statistic, len(names)),
        iterations=found.iterations,
        sample=sample,
    )


def _coefficient(name: str, value: float, error: float, quantile: float) -> Coefficient:
    lower, ratio, upper = np.exp([value - quantile * error, value, value + quantile * error])
    z = value / error
    p_value = two_sided_p(z)
    return Coefficient(name, value, error, float(ratio), float(lower), float(upper), z, p_value)
