"""Parametric families laid out: each with its curve, and how far they lie apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from app.cohort.families.extrapolation import Extrapolation, FamilyFit, FittedCurve, Spread

ASSUMPTION: Final = (
    "Past the last follow-up nothing was observed: each curve is what its family assumes, and "
    "the spread between families is not the whole uncertainty."
)


def show_extrapolation(found: Extrapolation) -> dict[str, Any]:
    """Lay out the families of one group."""
    return {
        "kind": "extrapolated",
        "assumption": ASSUMPTION,
        "observed_until": found.last_day,
        "n": found.n,
        "events": found.deaths,
        "events_moved_from_day_0": found.moved_deaths,
        "left_out_at_day_0": found.left_out,
        "families": [_show_family(fit) for fit in found.families],
        "spread": None if found.spread is None else _show_spread(found.spread),
        "spread_at": None if found.spread_at is None else _show_spread(found.spread_at),
        "reason": None,
    }


def _show_family(fit: FamilyFit) -> dict[str, Any]:
    return {
        "family": fit.family,
        "converged": fit.converged,
        "reason": fit.reason,
        "warnings": list(fit.warnings),
        "parameters": dict(fit.parameters),
        "knots": list(fit.knots_days),
        "log_likelihood": fit.log_likelihood,
        "aic": fit.aic,
        "curve": None if fit.curve is None else _show_curve(fit.curve),
        "survival_at": None if fit.survival_at is None else _show_rows(fit.survival_at),
    }


def _show_curve(curve: FittedCurve) -> dict[str, Any]:
    return {
        "time": curve.time,
        "survival": curve.survival,
        "lower": curve.lower,
        "upper": curve.upper,
    }


def _show_rows(curve: FittedCurve) -> list[dict[str, float]]:
    names = ("time", "survival", "lower", "upper")
    columns = (curve.time, curve.survival, curve.lower, curve.upper)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _show_spread(spread: Spread) -> dict[str, Any]:
    return {"time": spread.time, "lowest": spread.lowest, "highest": spread.highest}
