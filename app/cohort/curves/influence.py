"""The variance of a cumulative incidence by the infinitesimal jackknife, as in R's `survfit`.

Each patient's influence U is the derivative of the incidence F by the patient's weight; the
variance of F(t) is the sum of U(t)^2. With A the sum of d/(n(n - d)) over all events, F the sum of
S(s-) d_k/n over those of the cause k, and G that of (A(s-) - 1/n) dF(s), a patient who entered at e
and leaves at x has

    U(t) = G(t) - G(e) - A(e) (F(t) - F(e))        while watched, and after x
    U(t) = U(x) + c (F(t) - F(x)),                 c = A(x) - A(e) - [any event at x]/(n - d),

where an event of the cause adds S(x-)/n to U(x). Sums of a few products by time of entry and of
leaving therefore give all variances at once, without a matrix of patients by times. F is counted
back from its last value: near the end, where A and c grow without bound, F is then near 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from app.cohort.follow_up import CENSORED, COMPETING, DEATH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.curves.risk_table import RiskTable
    from app.cohort.follow_up import FollowUp


@dataclass(frozen=True, slots=True, eq=False)
class Leavers:
    """Patients by row of entry (-1: the beginning), row of leaving and ending, and how many."""

    entered: NDArray[np.intp]
    left: NDArray[np.intp]
    ending: NDArray[np.int8]
    number: NDArray[np.float64]

    @classmethod
    def of(cls, risk: RiskTable, late: FollowUp | None) -> Self:
        """The patients of a risk table; `late` is their follow-up where entry was delayed."""
        if late is None or late.entry is None:
            rows, endings = risk.time.size, np.array([CENSORED, DEATH, COMPETING], np.int8)
            numbers = np.concatenate((risk.censored, risk.deaths, risk.competing))
            left = np.tile(np.arange(rows), endings.size)
            return cls(
                np.full_like(left, -1), left, np.repeat(endings, rows), numbers.astype(np.float64)
            )
        entered = np.searchsorted(risk.time, late.entry, side="right") - 1
        left = np.searchsorted(risk.time, late.days)
        return cls(entered, left, late.event, np.ones(left.size, np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class IncidencePath:
    """A, F and G of the module's equations at each row, and what an event does to U and c.

    `incidence` is F itself, `short` is F less its last value.
    """

    hazard_variance: NDArray[np.float64]
    incidence: NDArray[np.float64]
    short: NDArray[np.float64]
    weighted: NDArray[np.float64]
    jump: NDArray[np.float64]
    loss: NDArray[np.float64]

    @classmethod
    def of(cls, risk: RiskTable, events: NDArray[np.int64], before: NDArray[np.float64]) -> Self:
        """The path of the cause with these events, given S(s-) at each row."""
        ends = risk.deaths + risk.competing
        watched, kept = np.maximum(risk.at_risk, 1.0), risk.at_risk - ends
        loss = np.divide(1.0, kept, out=np.zeros(before.shape), where=kept > 0)
        terms = ends / watched * loss
        hazard_variance = np.cumsum(terms)
        jump = before / watched
        steps = jump * events
        incidence = np.cumsum(steps)
        weighted = np.cumsum((hazard_variance - terms - 1 / watched) * steps)
        short = incidence - incidence[-1]
        return cls(hazard_variance, incidence, short, weighted, jump, loss)


def incidence_variance(path: IncidencePath, leavers: Leavers, cause: int) -> NDArray[np.float64]:
    """The variance of the incidence of `cause` at each row of the path."""
    a = _at_entry(path.hazard_variance, leavers)
    b = _at_entry(path.weighted, leavers) - a * _at_entry(path.short, leavers)
    total = _of_those_gone(path, leavers, cause, a, b) + _of_those_watched(path, leavers, a, b)
    return total.clip(min=0)


def _at_entry(values: NDArray[np.float64], leavers: Leavers) -> NDArray[np.float64]:
    """The value at each patient's entry; from the beginning on, A = G = 0, and F is not needed."""
    return np.concatenate(([0.0], values))[leavers.entered + 1]


def _of_those_gone(
    path: IncidencePath,
    leavers: Leavers,
    cause: int,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The sum of (u + c F(t))^2 over those who left by each row."""
    x = leavers.left
    c = path.hazard_variance[x] - a - np.where(leavers.ending != CENSORED, path.loss[x], 0)
    u = path.weighted[x] - a * path.short[x] - b - c * path.short[x]
    u += np.where(leavers.ending == cause, path.jump[x], 0)

    def gone(products: NDArray[np.float64]) -> NDArray[np.float64]:
        by_row = np.bincount(x, leavers.number * products, minlength=path.short.size)
        return np.cumsum(by_row)

    return gone(u * u) + path.short * (2 * gone(u * c) + path.short * gone(c * c))


def _of_those_watched(
    path: IncidencePath, leavers: Leavers, a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The sum of (G(t) - a F(t) - b)^2 over those who entered by each row and left later."""
    f, g = path.short, path.weighted

    def watched(products: NDArray[np.float64]) -> NDArray[np.float64]:
        weights = leavers.number * products
        entered = np.bincount(leavers.entered.clip(min=0), weights, minlength=f.size)
        return np.cumsum(entered - np.bincount(leavers.left, weights, minlength=f.size))

    squares = g * g * watched(np.ones_like(a)) + f * f * watched(a * a) + watched(b * b)
    return squares - 2 * g * (f * watched(a) + watched(b)) + 2 * f * watched(a * b)
