"""Textbook survival, slowly: loops over patients, fractions, and derivatives by complex steps.

Nothing is counted beforehand and nothing is sorted but the times. Standard errors are not looked
up: a patient's influence is the derivative of the estimate by that patient's weight, and the
variance is the sum of the squares (the infinitesimal jackknife).
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

TINY = 1e-30


@dataclass(frozen=True)
class Person:
    """Watched after `entry`, up to `days`; an entry before 0 is the beginning."""

    entry: float
    days: float
    event: int
    weight: complex = 1

    def is_at_risk(self, time):
        return self.entry < time <= self.days

    def has(self, time, *events):
        return self.days == time and self.event in events


def people_of(follow_up, rows):
    """Those patients whom the mask `rows` means."""
    late = follow_up.entry if follow_up.entry is not None else np.full(len(follow_up), -1.0)
    columns = (column[rows].tolist() for column in (late, follow_up.days, follow_up.event))
    return [Person(*each) for each in zip(*columns, strict=True)]


def times_of(people):
    return sorted({person.days for person in people})


def at_risk(people, time):
    return sum(person.weight for person in people if person.is_at_risk(time))


def ended(people, time, *events):
    return sum(person.weight for person in people if person.has(time, *events))


def survival(people, time, events=(1,), one=Fraction(1)):
    """The product of (n - d)/n over the times of the events up to `time`."""
    product = one
    for t in times_of(people):
        gone = ended(people, t, *events)
        if t <= time and gone:
            product = product * (at_risk(people, t) - gone) / at_risk(people, t)
    return product


def incidence(people, time, cause, one=Fraction(1)):
    """The sum of S(t-) d/n over the times of a cause up to `time`, S being free of any event."""
    total, before = 0 * one, one
    for t in times_of(people):
        if t <= time and ended(people, t, cause):
            total = total + before * ended(people, t, cause) / at_risk(people, t)
        before = survival(people, t, (1, 2), one)
    return total


def area(people, end, one=Fraction(1)):
    """The integral of survival from 0 to `end`."""
    steps = [0, *(t for t in times_of(people) if 0 < t < end), end]
    pieces = pairwise(steps)
    return sum(survival(people, start, one=one) * (stop - start) for start, stop in pieces)


def jackknife_error(estimate, people):
    """The standard error of `estimate(people)` from its derivatives by the weights."""
    influences = []
    for number, person in enumerate(people):
        changed = Person(person.entry, person.days, person.event, 1 + TINY * 1j)
        others = [*people[:number], changed, *people[number + 1 :]]
        influences.append(np.imag(estimate(others)) / TINY)
    return float(np.sqrt(np.sum(np.square(influences))))


def crossing(people, share):
    """Where survival falls to 1 - share, by its definition: exact, so without a tolerance."""
    level = 1 - share
    times = times_of(people)
    reached = [t for t in times if survival(people, t) <= level]
    if not reached:
        return None
    below = [t for t in times if survival(people, t) < level]
    if survival(people, reached[0]) < level:
        return reached[0]
    return (reached[0] + (below[0] if below else times[-1])) / 2


def log_rank(strata):
    """Excess deaths and their covariance, from the 2 x G table of every time of every stratum."""
    groups = len(strata[0])
    excess = [Fraction(0)] * groups
    covariance = [[Fraction(0)] * groups for _ in range(groups)]
    for stratum in strata:
        everybody = [person for group in stratum for person in group]
        for t in times_of(everybody):
            n, d = at_risk(everybody, t), ended(everybody, t, 1)
            if not d:
                continue
            shares = [Fraction(at_risk(group, t), n) for group in stratum]
            spread = Fraction(d * (n - d), max(n - 1, 1))
            for i in range(groups):
                excess[i] += ended(stratum[i], t, 1) - d * shares[i]
                for j in range(groups):
                    covariance[i][j] += spread * shares[i] * ((i == j) - shares[j])
    return excess, covariance


def solved(excess, covariance):
    """Give x' V^- x and the rank of V, by elimination in fractions: no tolerance decides."""
    rows = [[*row, value] for row, value in zip(covariance, excess, strict=True)]
    rank, statistic, left = 0, Fraction(0), list(range(len(rows)))
    while left:
        pivot = left.pop()
        value = rows[pivot][pivot]
        if value == 0:
            continue
        rank += 1
        statistic += rows[pivot][-1] ** 2 / value
        for i in left:
            factor = rows[i][pivot] / value
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[pivot], strict=True)]
    return float(statistic), rank
