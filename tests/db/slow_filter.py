"""The second opinion on filters and orders: plain Python, row by row, with exact decimals."""

import operator
from functools import cmp_to_key

COMPARE = {"lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}


def holds(condition, known):
    """Whether a condition holds for a patient."""
    value, wanted = _stated(condition.field, known), condition.value
    if condition.operator == "exists":
        return (value is not None) == wanted
    if condition.operator == "any_of":
        return value in wanted
    if value is None:
        return False
    if condition.operator == "ne":
        return value != wanted
    if condition.operator == "prefix":
        return value.startswith(wanted)
    return not isinstance(value, str) and COMPARE[condition.operator](value, wanted)


def by_slow_sort(patients, order):
    """Sort by each field in turn; what is not stated last; then by id, as the last field goes."""

    def compare(one, other):
        for by in order:
            here, there = _fact(one, by.field), _fact(other, by.field)
            if here == there:
                continue
            if here is None or there is None:
                return 1 if here is None else -1
            return -1 if (here < there) != by.descending else 1
        return -1 if (one.id < other.id) != order[-1].descending else 1

    return sorted(patients, key=cmp_to_key(compare))


def _stated(field, known):
    if field.startswith("x_"):
        return known.patient.facts.covariates.get(field[2:])
    return getattr(known, field) if hasattr(known, field) else _fact(known.patient, field)


def _fact(patient, field):
    return getattr(patient if hasattr(patient, field) else patient.facts, field)
