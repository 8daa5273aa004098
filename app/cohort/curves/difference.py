"""The difference of two estimates from different patients, with Wald's interval and test."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING

from app.cohort.tails import critical_value, two_sided_p

if TYPE_CHECKING:
    from app.cohort.curves.kaplan_meier import SurvivalReading
    from app.cohort.curves.restricted_mean import RestrictedMean


@dataclass(frozen=True, slots=True)
class Difference:
    """A group minus its reference, in the unit of both. None is not defined.

    Without an estimate in both groups there is no difference; without a standard error in both,
    or where both are 0, there is no test.
    """

    value: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    p_value: float | None


NOT_DEFINED = Difference(None, None, None, None, None)


def survival_difference(
    group: SurvivalReading, reference: SurvivalReading, level: float
) -> Difference:
    """Survival at a time, group minus reference, by Greenwood's standard errors."""
    return _difference(
        (group.survival, group.standard_error),
        (reference.survival, reference.standard_error),
        level,
    )


def mean_difference(group: RestrictedMean, reference: RestrictedMean, level: float) -> Difference:
    """Restricted mean survival time, group minus reference, in days."""
    return _difference(
        (group.value, group.standard_error),
        (reference.value, reference.standard_error),
        level,
    )


def _difference(
    group: tuple[float | None, float | None],
    reference: tuple[float | None, float | None],
    level: float,
) -> Difference:
    if group[0] is None or reference[0] is None:
        return NOT_DEFINED
    value = group[0] - reference[0]
    if group[1] is None or reference[1] is None:
        return Difference(value, None, None, None, None)
    error = hypot(group[1], reference[1])
    width = critical_value(level) * error
    p_value = two_sided_p(value / error) if error > 0 else None
    return Difference(value, error, value - width, value + width, p_value)
