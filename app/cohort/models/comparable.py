"""Pairs of patients of whom is known who dies first, counted within groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.models.risk_sets import RiskSets

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.intp]
    Weights: TypeAlias = NDArray[np.float64 | np.int32]


def comparable(
    risk_sets: RiskSets, groups: Ints, weights: Weights, rows: Ints | slice = slice(None)
) -> Floats:
    """The weight of all pairs within a group that each patient is part of, shape (n,).

    A pair is one who dies in a bin and one of the same group who is at risk then and does not die
    in it; it weighs what the bin weighs (`weights`, shape (K,)). `groups` are integers >= 0 and
    lie within strata. `rows` are the n patients that are asked about, without it all.
    """
    keys, first = risk_sets.keys[rows], risk_sets.first
    base = groups.astype(np.int64) * (2 * weights.size)
    leave = base + keys
    enter = base if first is None else base + 2 * first[rows]
    dying = np.flatnonzero(keys & 1 == 0)
    weight = weights[keys[dying] >> 1]
    # Who is in a later group comes and goes later: the two counts cancel.
    still_there = _later(leave, leave[dying]) - _later(enter, leave[dying])
    total = _weight_between(leave[dying], weight, enter, leave)
    total[dying] += weight * still_there
    return total


def _later(keys: Ints, than: Ints) -> Ints:
    """How many keys are greater than each of some."""
    return np.asarray(keys.size - np.searchsorted(np.sort(keys), than, side="right"))


def _weight_between(deaths: Ints, weight: Weights, enter: Ints, leave: Ints) -> Floats:
    """The weight of the deaths from `enter` on and before `leave`, for each patient."""
    order = np.argsort(deaths, kind="stable")
    sums = np.concatenate(([0.0], np.cumsum(weight[order])))
    ordered = deaths[order]
    until, since = (np.searchsorted(ordered, edge, side="left") for edge in (leave, enter))
    return np.asarray(sums[until] - sums[since])
