"""Numbers as the document shows them: provenance beside each, nothing rounded but curve arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from app.survival.interval import LEVEL

if TYPE_CHECKING:
    from decimal import Decimal

    from app.survival.curve import DifferenceAt, RestrictedMean, SurvivalAt
    from app.survival.hazard import HazardRatio
    from app.survival.needed import NumberNeeded
    from app.survival.provenance import Estimand, Figure, Source
    from app.survival.study import Group, Study

CURVE_DECIMALS = 6


def source(value: Source) -> dict[str, Any]:
    """Where a number stands and how it was read; the evidence file explains the id in full."""
    return {"id": value.id, "certainty": value.certainty}


def estimand(value: Estimand) -> dict[str, Any]:
    """What a number is an estimate of."""
    return {
        "population": value.population,
        "contrast": value.contrast,
        "endpoint": value.endpoint,
        "time_origin": value.time_origin,
        "measure": value.measure,
        "adjustment": value.adjustment,
        "inferred": list(value.inferred),
    }


def figure(value: Figure) -> dict[str, Any]:
    """A number of the evidence."""
    return {
        "value": value.value,
        "lower": value.lower,
        "upper": value.upper,
        "kind": value.kind,
        "source": source(value.source),
    }


def hazard_ratio(value: HazardRatio) -> dict[str, Any]:
    """A published hazard ratio, with all that is known of it."""
    return {
        "value": value.value,
        "lower": value.lower,
        "upper": value.upper,
        "level": value.level,
        "p_value": value.p_value,
        "kind": value.kind,
        "estimand": estimand(value.estimand),
        "source": source(value.source),
    }


def number_needed(value: NumberNeeded) -> dict[str, Any]:
    """Number needed to treat; the interval may pass through infinity."""
    return {
        "time": number(value.time),
        "value": value.value,
        "type": value.type,
        "lower": {"value": value.lower.value, "type": value.lower.type},
        "upper": {"value": value.upper.value, "type": value.upper.type},
        "through_infinity": value.through_infinity,
    }


def survival_at(value: SurvivalAt) -> dict[str, Any]:
    """One row of survival, with what the assumed shape does to it."""
    outer = value.shape_sensitivity
    return {
        "time": number(value.time),
        "months": value.months,
        "survival": value.survival,
        "lower": value.lower,
        "upper": value.upper,
        "shape_sensitivity": {
            "lower": outer.lower,
            "upper": outer.upper,
            "band_lower": outer.band_lower,
            "band_upper": outer.band_upper,
        },
    }


def difference(value: DifferenceAt) -> dict[str, Any]:
    """Survival with treatment minus survival without it."""
    return {
        "time": number(value.time),
        "value": value.value,
        "lower": value.lower,
        "upper": value.upper,
        "kind": "modelled",
    }


def difference_at(value: DifferenceAt) -> dict[str, Any]:
    """A difference at a time asked for, with its number needed to treat."""
    outer = value.shape_sensitivity
    return difference(value) | {
        "shape_sensitivity": {
            "lower": outer.lower,
            "upper": outer.upper,
            "band_lower": outer.band_lower,
            "band_upper": outer.band_upper,
        },
        "number_needed_to_treat": number_needed(value.number_needed_to_treat),
    }


def restricted_mean(value: RestrictedMean) -> dict[str, Any]:
    """Restricted mean survival time, or a difference of two, in days."""
    return {
        "tau": number(value.tau),
        "value": value.value,
        "lower": value.lower,
        "upper": value.upper,
        "kind": "modelled",
    }


def curve(points: tuple[SurvivalAt, ...]) -> dict[str, Any]:
    """A curve column by column, to six decimals."""
    return {
        "time": [number(point.time) for point in points],
        "survival": [round(point.survival, CURVE_DECIMALS) for point in points],
        "lower": [round(point.lower, CURVE_DECIMALS) for point in points],
        "upper": [round(point.upper, CURVE_DECIMALS) for point in points],
        "level": LEVEL,
    }


def shape_sensitivity(points: tuple[SurvivalAt, ...]) -> dict[str, Any]:
    """What the assumed shape does to a curve and its band, column by column."""
    names = ("lower", "upper", "band_lower", "band_upper")
    outer = [point.shape_sensitivity for point in points]
    return {name: [round(getattr(at, name), CURVE_DECIMALS) for at in outer] for name in names}


def basis(group: Group, study: Study) -> dict[str, Any]:
    """What every `modelled` number beside it rests on; its estimand is that of the ratio."""
    shape = study.shape
    return {
        "shape": {
            "value": shape.value,
            "lower": shape.lower,
            "upper": shape.upper,
            "kind": study.shape_kind,
            "source": source(study.shape_source),
        },
        "baseline": figure(group.baseline) if group.baseline else None,
        "participants_per_arm": figure(group.participants) if group.participants else None,
    }


def number(value: float | Decimal) -> int | float:
    """A whole number without a point: days and cut points read better so."""
    return int(value) if value == int(value) else float(value)


def exact(text: str) -> orjson.Fragment:
    """A decimal written out, as a JSON number of just those digits."""
    return orjson.Fragment(text.encode())
