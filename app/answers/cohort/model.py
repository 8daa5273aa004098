"""A model of a cohort laid out as CohortModelResponse describes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.cohort.models.basis import Number

if TYPE_CHECKING:
    from app.cohort.chi_square import ChiSquareTest
    from app.cohort.models.basis import Basis
    from app.cohort.models.concordance import Concordance
    from app.cohort.models.design import Blueprint
    from app.cohort.models.effect import EffectCurve
    from app.cohort.models.fitting import Fitted, Measured
    from app.cohort.models.stepp import Window
    from app.survival.interval import Interval


def show_fit(found: Fitted) -> dict[str, Any]:
    """Lay out every number of a fit."""
    model = found.model
    return {
        "terms": show_terms(model.sample.design.blueprint),
        "coefficients": [asdict(row) for row in model.table(found.level)],
        "covariance": model.covariance.tolist(),
        "log_likelihood": {"null": model.log_likelihood_null, "model": model.log_likelihood},
        "likelihood_ratio": show_test(model.likelihood_ratio),
        "interaction_test": None if found.interaction is None else show_test(found.interaction),
        "concordance": show_concordance(found.concordance),
        "proportional_hazards": [
            {"term": row.term} | show_test(row.test) for row in found.proportional_hazards
        ],
        "effect_by_biomarker": [row for curve in found.effects for row in show_effect(curve)],
        "accuracy": None if found.measured is None else show_accuracy(found.measured),
        "stepp": None if found.windows is None else show_windows(found.windows),
        "warnings": [
            {"code": one.code, "message": one.detail, "term": term}
            for one in found.warnings
            for term in one.terms or (None,)
        ],
    }


def show_terms(blueprint: Blueprint | None) -> list[dict[str, Any]]:
    """Lay out how each variable entered: its reference, its scale, and the knots of a spline."""
    return [] if blueprint is None else [_show_basis(basis) for basis in blueprint.bases]


def _show_basis(basis: Basis) -> dict[str, Any]:
    head = {"variable": basis.variable, "coefficients": list(basis.names)}
    if not isinstance(basis, Number):
        return head | {"reference": basis.reference, "scale": None, "knots": []}
    scale = "linear" if not basis.is_log else "log2" if basis.base == 2 else "log"
    return head | {"reference": None, "scale": scale, "knots": list(basis.knots)}


def show_test(test: ChiSquareTest | None) -> dict[str, Any]:
    """Lay out a test; nulls where the data allow none."""
    if test is None:
        return {"statistic": None, "degrees_of_freedom": None, "p_value": None}
    return {
        "statistic": test.statistic,
        "degrees_of_freedom": test.degrees_of_freedom,
        "p_value": test.p_value,
    }


def show_concordance(found: Concordance | None) -> dict[str, Any] | None:
    """Lay out a share of pairs; null where of no pair is known who died first."""
    if found is None:
        return None
    return {"value": found.value, "standard_error": found.standard_error}


def show_effect(curve: EffectCurve) -> list[dict[str, Any]]:
    """Lay out the hazard ratio along the level."""
    head = {"term": f"{curve.variable}[{curve.level}]", "reference": curve.reference}
    return [
        {
            "pnfh": point.value,
            "hazard_ratio": point.hazard_ratio,
            "lower": point.lower,
            "upper": point.upper,
        }
        | head
        | ({"held_at": curve.held_at} if curve.held_at else {})
        for point in curve.points
    ]


def show_accuracy(measured: Measured) -> dict[str, Any]:
    """Lay out how well a model predicts in its own patients, which is better than in others."""
    found, asked = measured.resampling, measured.asked
    brier = found.brier if found and found.brier else (None,) * len(measured.brier or ())
    return {
        "apparent": True,
        "tau": asked.tau,
        "uno_concordance": (show_concordance(measured.uno) or {"value": None})
        | _limits(found.uno if found else None),
        "brier": [
            {"time": score.day, "value": score.score} | _limits(limits)
            for score, limits in zip(measured.brier or (), brier, strict=True)
        ],
        "integrated_brier": {"value": measured.integrated}
        | _limits(found.integrated if found else None),
        "bootstrap": None
        if found is None
        else {
            "method": "percentile, refitted",
            "generator": "PCG64",
            "seed": found.seed,
            "resamples": found.count,
            "fitted": found.fitted,
            "level": found.level,
            "reason": found.reason,
        },
    }


def show_windows(windows: tuple[Window, ...]) -> dict[str, Any]:
    """Lay out the effect in windows along the level."""
    return {
        "adjusted": False,
        "windows": [
            {
                "pnfh": {"lower": one.lower, "upper": one.upper, "median": one.median},
                "n": one.n,
                "events": one.events,
                "hazard_ratio": one.hazard_ratio,
                "lower": one.ratio_lower,
                "upper": one.ratio_upper,
                "reason": one.code,
            }
            for one in windows
        ],
    }


def _limits(interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {"lower": None, "upper": None}
    return {"lower": interval.lower, "upper": interval.upper}
