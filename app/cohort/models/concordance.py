"""How often who was predicted to die first did: Harrell's and Uno's concordance.

As `concordance` of R's `survival`, with its standard error by the infinitesimal jackknife
(Therneau & Watson, 2017, technical report 85, Mayo Clinic). The coefficients are taken as known.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from app.cohort.models.censoring import uncensored
from app.cohort.models.comparable import comparable
from app.cohort.models.dominance import dominance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.models.cox import CoxFit
    from app.cohort.models.risk_sets import RiskSets

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.intp]
    Weights: TypeAlias = NDArray[np.float64 | np.int32]


@dataclass(frozen=True, slots=True)
class Concordance:
    """The share of pairs in the order of their scores, ties of the score as one half.

    `pairs` is the weight of all pairs of whom is known who died first.
    """

    value: float
    standard_error: float
    pairs: float


def harrell(fit: CoxFit) -> Concordance | None:
    """Harrell's C (JAMA 1982;247:2543); None where of no pair is known who died first."""
    risk_sets = fit.sample.risk_sets
    return _concordance(fit, np.ones(risk_sets.times.size, np.int32))


def uno(fit: CoxFit, tau: float) -> Concordance | None:
    """Uno's C of deaths until day `tau` (Stat Med 2011;30:1105), within strata.

    Each pair weighs 1 / G(t-)^2, with G of the stratum. None also with delayed entry, where G is
    not known.
    """
    if fit.sample.follow_up.entry is not None:
        return None
    weights = _uno_weights(fit)
    weights[fit.sample.risk_sets.times > tau] = 0.0
    return _concordance(fit, weights)


def _uno_weights(fit: CoxFit) -> Floats:
    sample, risk_sets = fit.sample, fit.sample.risk_sets
    weights = np.ones(risk_sets.times.size)
    for span, code in zip(risk_sets.spans(), risk_sets.strata, strict=True):
        if int(risk_sets.deaths[span].sum()) < 2:
            continue  # R weighs a stratum with one death by 1
        codes = sample.strata_codes
        follow_up = sample.follow_up if codes is None else sample.follow_up.of(codes == code)
        weights[span] = uncensored(follow_up).before(risk_sets.times[span]) ** -2.0
    return weights


def _concordance(fit: CoxFit, weights: Weights) -> Concordance | None:
    risk_sets = fit.sample.risk_sets
    strata = _strata_of(risk_sets)
    total = comparable(risk_sets, strata, weights)
    pairs = float(total.sum()) / 2
    if pairs <= 0:
        return None
    groups = _score_groups(fit.sample.scores(fit.standardised), strata)
    tied = _tied(risk_sets, groups, weights)
    ordered = _ordered(risk_sets, groups, weights) + tied / 2
    value = float(ordered.sum()) / 2 / pairs
    influence = (ordered - value * total) / pairs
    return Concordance(value, sqrt(float(influence @ influence)), pairs)


def _strata_of(risk_sets: RiskSets) -> Ints:
    """The number of each patient's stratum."""
    return np.asarray(np.searchsorted(risk_sets.edges, risk_sets.last, side="right") - 1)


def _score_groups(scores: Floats, strata: Ints) -> Ints:
    """A number for each distinct pair of stratum and score, ascending by both."""
    order = np.argsort(scores) if not strata.any() else np.lexsort((scores, strata))
    changes = np.diff(scores[order], prepend=np.inf) != 0
    changes |= np.diff(strata[order], prepend=-1) != 0
    groups = np.empty(scores.size, dtype=np.int64)
    groups[order] = np.cumsum(changes) - 1
    return groups


def _tied(risk_sets: RiskSets, groups: Ints, weights: Weights) -> Floats:
    """The weight of the pairs of equal score that each patient is part of."""
    tied = np.zeros(groups.size)
    rows = np.flatnonzero((np.bincount(groups) > 1)[groups])
    tied[rows] = comparable(risk_sets, groups[rows], weights, rows)
    return tied


def _ordered(risk_sets: RiskSets, groups: Ints, weights: Weights) -> Floats:
    """The weight of the pairs in which the higher score died first, for each patient.

    Those who die together stand in ascending order of the score, so that none of them comes before
    a lower one; who enters after a death is counted with it first, and taken out again.
    """
    deaths = weights[risk_sets.last] * risk_sets.is_death
    all_of = np.ones(groups.size, weights.dtype)
    everybody = _in_sequence(risk_sets.keys, groups, deaths, all_of)
    if risk_sets.first is None:
        return everybody
    dying = np.flatnonzero(risk_sets.is_death)
    keys = np.concatenate((risk_sets.keys[dying], 2 * risk_sets.first - 1))
    both = np.concatenate((groups[dying], groups))
    nothing = np.zeros(dying.size, weights.dtype)
    late = _in_sequence(
        keys,
        both,
        np.concatenate((deaths[dying], 0 * all_of)),
        np.concatenate((nothing, all_of)),
    )
    everybody[dying] -= late[: dying.size]
    return everybody - late[dying.size :]


def _in_sequence(keys: NDArray[np.int32], groups: Ints, earlier: Weights, later: Weights) -> Floats:
    """Dominance of the groups in the order of the keys, then of the groups."""
    size = int(groups.max()) + 1
    order = np.argsort(keys.astype(np.int64) * size + groups)
    by_rank = np.argsort(groups[order] * groups.size + np.arange(groups.size))
    ranks = np.empty(groups.size, dtype=np.intp)
    ranks[by_rank] = np.arange(groups.size)
    sums = np.empty(groups.size)
    sums[order] = dominance(ranks, earlier[order], later[order])
    return sums
