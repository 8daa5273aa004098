"""Cox's model in the words of the textbook: loops over deaths, everybody at risk looked up anew."""

import numpy as np

from app.cohort.follow_up import DEATH


def at_risk_at(day, follow_up, strata, stratum):
    entry = np.zeros(len(follow_up)) if follow_up.entry is None else follow_up.entry
    late = entry < day if follow_up.entry is not None else True
    return (follow_up.days >= day) & late & (strata == stratum)


def denominators(design, follow_up, strata):
    """For each death and Efron's j: who dies together, who is at risk, j/d."""
    strata = np.zeros(len(follow_up), int) if strata is None else strata
    is_death = follow_up.event == DEATH
    for stratum in np.unique(strata):
        for day in np.unique(follow_up.days[is_death & (strata == stratum)]):
            risk = at_risk_at(day, follow_up, strata, stratum)
            dying = risk & is_death & (follow_up.days == day)
            d = np.count_nonzero(dying)
            for j in range(d):
                yield np.flatnonzero(dying)[j], dying, risk, j / d


def slow_likelihood(beta, design, follow_up, strata=None):
    """Log partial likelihood, score and information at beta (Efron 1977)."""
    x = design.matrix
    w = np.exp(x @ beta)
    value, score, information = 0.0, np.zeros(beta.size), np.zeros((beta.size, beta.size))
    for who, dying, risk, part in denominators(design, follow_up, strata):
        weight = w * (risk - part * dying)
        total = weight.sum()
        mean = weight @ x / total
        value += x[who] @ beta - np.log(total)
        score += x[who] - mean
        information += (x - mean).T @ ((x - mean) * weight[:, np.newaxis]) / total
    return value, score, information


def slow_concordance(scores, follow_up, strata=None):
    """Pairs one by one: C, and its standard error by leaving weight off each patient in turn."""
    strata = np.zeros(len(follow_up), int) if strata is None else strata
    is_death = follow_up.event == DEATH
    n = scores.size
    right, total = np.zeros(n), np.zeros(n)
    for i in np.flatnonzero(is_death):
        risk = at_risk_at(follow_up.days[i], follow_up, strata, strata[i])
        for j in np.flatnonzero(risk & ~(is_death & (follow_up.days == follow_up.days[i]))):
            share = 1.0 if scores[i] > scores[j] else 0.5 * (scores[i] == scores[j])
            for one in (i, j):
                right[one] += share
                total[one] += 1
    if total.sum() == 0:
        return None
    value = right.sum() / total.sum()
    influence = (right - value * total) / (total.sum() / 2)
    return value, np.sqrt(influence @ influence)
