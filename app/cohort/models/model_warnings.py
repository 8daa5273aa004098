"""What a reader must know of a fit that was not refused: few events, near collinearity."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.models.cox import CoxFit

    Floats: TypeAlias = NDArray[np.float64]

FEW_EVENTS: Final = "few_events"
NEARLY_COLLINEAR: Final = "nearly_collinear"

EVENTS_EACH: Final = 10
"""Events that each coefficient should have (Peduzzi et al., J Clin Epidemiol 1995;48:1503)."""

INFLATION: Final = 10.0
"""The variance inflation from which on a term can hardly be told from the others."""

CONDITION: Final = 1e8
"""The condition number of the information from which on digits are lost in the whole model."""


@dataclass(frozen=True, slots=True)
class ModelWarning:
    """A caution about a fit: its code, the terms it is about, and a sentence."""

    code: str
    terms: tuple[str, ...]
    detail: str


def warnings_of(fit: CoxFit) -> tuple[ModelWarning, ...]:
    """All cautions about a fit."""
    return (*_few_events(fit), *_collinear(fit))


def _few_events(fit: CoxFit) -> tuple[ModelWarning, ...]:
    p = len(fit.names)
    if fit.n_events >= EVENTS_EACH * p:
        return ()
    detail = f"{fit.n_events} deaths for {p} coefficients: fewer than {EVENTS_EACH} for each."
    return (ModelWarning(FEW_EVENTS, (), detail),)


def _collinear(fit: CoxFit) -> tuple[ModelWarning, ...]:
    told = _inflated_terms(fit) or _ill_conditioned(fit)
    if not told:
        return ()
    detail = f"{', '.join(told)} can hardly be told from the other terms of the model."
    return (ModelWarning(NEARLY_COLLINEAR, told, detail),)


def _inflated_terms(fit: CoxFit) -> tuple[str, ...]:
    """Coefficients of main terms whose generalised variance inflation is too large.

    det R11 det R22 / det R, per degree of freedom (Fox & Monette, JASA 1992;87:178). Interactions
    are left out: uncentred, they go along with their own main terms without any harm.
    """
    sizes = fit.sample.design.term_sizes
    if len(sizes) < 2:
        return ()
    kept = sum(sizes)
    columns = fit.sample.likelihood.columns[:kept]
    correlation = columns @ columns.T / columns.shape[1]
    told: list[str] = []
    for start, stop in pairwise(np.cumsum((0, *sizes)).tolist()):
        own = list(range(start, stop))
        if _inflation(correlation, own) > INFLATION ** (stop - start):
            told += fit.names[start:stop]
    return tuple(told)


def _inflation(correlation: Floats, own: list[int]) -> float:
    others = [i for i in range(correlation.shape[0]) if i not in own]
    logs = [
        float(np.linalg.slogdet(part)[1])
        for part in (correlation[np.ix_(own, own)], correlation[np.ix_(others, others)])
    ]
    return float(np.exp(min(sum(logs) - float(np.linalg.slogdet(correlation)[1]), 700.0)))


def _ill_conditioned(fit: CoxFit) -> tuple[str, ...]:
    """Coefficients that an almost empty direction of the information is made of."""
    errors = fit.standard_errors
    correlation = fit.covariance / np.outer(errors, errors)
    values, vectors = np.linalg.eigh(correlation)
    if values[-1] < CONDITION * values[0]:
        return ()
    share = np.abs(vectors[:, -1])
    return tuple(name for name, part in zip(fit.names, share, strict=True) if part > 0.1)
