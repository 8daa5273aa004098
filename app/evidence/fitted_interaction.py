"""The interaction of arm and level, as a document of own evidence tells it."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Any, Final

from app.survival.continuous import ContinuousModel
from app.survival.hazard import log_standard_error

if TYPE_CHECKING:
    from app.cohort.evidence.fitted_groups import FittedInteraction

UNROUNDED: Final = 1e-12
"""A fitted coefficient is not rounded; the format asks for half a unit of its last digit."""


def interaction_entry(
    found: FittedInteraction, per_unit: dict[str, Any], at_zero: dict[str, Any], source: str
) -> dict[str, Any] | None:
    """The entry; None where the levels span no range, or the ratios leave that of numbers."""
    # Two digits are enough, and no patient's own level is told.
    lowest, highest = float(f"{found.lowest:.2g}"), float(f"{found.highest:.2g}")
    if not 0 < lowest < highest or not _is_finite(found, lowest, highest):
        return None
    level = {"unit": "pg/mL", "kind": "fitted", "source": source}
    note = "5th and 95th percentile of the levels, to two digits"
    return {
        "per_unit": per_unit | {"rounding": UNROUNDED * min(1.0, found.per_unit.value)},
        "at_zero": at_zero | {"rounding": UNROUNDED * min(1.0, found.at_zero.value)},
        "correlation": {
            "value": found.correlation,
            "central": found.correlation,
            "unit": "correlation",
            "kind": "fitted",
            "source": source,
        },
        "served_from": level | {"value": lowest, "note": note},
        "served_to": level | {"value": highest, "note": note},
    }


def _is_finite(found: FittedInteraction, lowest: float, highest: float) -> bool:
    """Whether every number that is served of it can be written down."""
    per_unit, at_zero = found.per_unit, found.at_zero
    try:
        model = ContinuousModel(
            at_zero.value,
            log_standard_error(at_zero.lower, at_zero.upper),
            UNROUNDED * min(1.0, at_zero.value),
            per_unit.value,
            log_standard_error(per_unit.lower, per_unit.upper),
            UNROUNDED * min(1.0, per_unit.value),
            found.correlation,
            lowest,
            highest,
        )
        limits = [model.effect(level).lower for level in (lowest, highest)]
        model.crossing()
        limits += [exp(1000 * log(x)) for x in (per_unit.value, per_unit.lower, per_unit.upper)]
    except (ArithmeticError, ValueError):
        return False
    return min(limits) > 0
