"""Whether hazards are proportional: the score test of Grambsch and Therneau.

Each coefficient may change along a function g of time, beta + gamma g(t); the test is the score
test of gamma = 0 (Biometrika 1994;81:515). As `cox.zph` of R's `survival` since version 3, with
`transform = "km"` and `terms = FALSE`: the exact information, not the older approximation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.cohort.chi_square import ChiSquareTest
from app.cohort.curves.risk_table import risk_table
from app.cohort.models.maximum import first_aliased

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.models.cox import CoxFit

    Floats: TypeAlias = NDArray[np.float64]

GLOBAL: Final = "GLOBAL"

SINGULAR: Final = 1e-10
"""The least pivot of the scaled information: sums with delayed entry leave noise of 1e-12."""


@dataclass(frozen=True, slots=True)
class ProportionalHazardsTest:
    """The test of one coefficient, or of all of them: then `term` is GLOBAL.

    None where deaths fall on too few days to tell a change over time from no change.
    """

    term: str
    test: ChiSquareTest | None


def check_proportional_hazards(fit: CoxFit) -> tuple[ProportionalHazardsTest, ...]:
    """The tests of a fit, one for each coefficient and GLOBAL."""
    time = _transformed_time(fit)
    score, information = _extended(fit, time)
    p = len(fit.names)
    alone = [_test(score, information, [i]) for i in range(p)]
    tests = [*alone, _test(score, information, list(range(p)))]
    names = (*fit.names, GLOBAL)
    return tuple(ProportionalHazardsTest(*pair) for pair in zip(names, tests, strict=True))


def _transformed_time(fit: CoxFit) -> Floats:
    """g of each bin: 1 - S(t-) of everybody together, centred at its mean over the deaths."""
    risk_sets = fit.sample.risk_sets
    table = risk_table(fit.sample.follow_up)
    left = np.cumprod(1 - np.divide(table.deaths, np.maximum(table.at_risk, 1)))
    before = np.concatenate(([1.0], left))[np.searchsorted(table.time, risk_sets.times)]
    time = 1 - before
    return np.asarray(time - time @ risk_sets.deaths / risk_sets.n_events)


def _extended(fit: CoxFit, time: Floats) -> tuple[Floats, Floats]:
    """The score of gamma, shape (p,), and the information of (beta, gamma), shape (2p, 2p)."""
    likelihood = fit.sample.likelihood
    risks, sums = likelihood.sums(fit.coefficients * fit.sample.scales)
    steps = likelihood.steps(sums)
    plain, once, twice = (
        likelihood.moments(risks, sums, steps, weights) for weights in (None, time, time * time)
    )
    top = np.hstack((plain.information, once.information))
    return once.score, np.vstack((top, np.hstack((once.information, twice.information))))


def _test(score: Floats, information: Floats, chosen: list[int]) -> ChiSquareTest | None:
    """The score test of some gammas; the score of beta is 0 at its estimate."""
    p = score.size
    kept = [*range(p), *(p + i for i in chosen)]
    inner = information[np.ix_(kept, kept)]
    if not np.diag(inner).min() > 0:
        return None
    scale = np.sqrt(np.diag(inner))
    scaled = inner / np.outer(scale, scale)
    if first_aliased(scaled, SINGULAR) is not None:
        return None
    full = np.concatenate((np.zeros(p), score[chosen])) / scale
    return ChiSquareTest(float(full @ np.linalg.solve(scaled, full)), len(chosen))
