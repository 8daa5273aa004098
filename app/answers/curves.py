"""The survival curves, as the document shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.answers.numbers import (
    basis,
    curve,
    difference_at,
    number,
    restricted_mean,
    shape_sensitivity,
    source,
    survival_at,
)
from app.survival.estimate import SIDES
from app.survival.interval import LEVEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.answers.phrases import Phrases
    from app.survival.curve import Median, SurvivalAt
    from app.survival.estimate import ArmEstimate, GroupEstimate, SurvivalEstimate
    from app.survival.study import Study

    Shown = Callable[[tuple[SurvivalAt, ...]], dict[str, Any]]


def survival_curves(
    estimate: SurvivalEstimate, phrases: Phrases, *, arrays: bool
) -> dict[str, Any] | None:
    """Both arms of the level's stratum; `arrays` adds the curves point by point."""
    group, study = estimate.group, estimate.study
    if group is None or group.modelled is None:
        return None
    found = {
        "time_unit": "day",
        "horizon": study.horizon,
        "time_origin": study.time_origin,
        "endpoint": study.endpoint,
        "arms": _arms(group, study, _arrays if arrays else _no_arrays),
    }
    if arrays:
        found["comparator"] = {
            "label": phrases.note("comparator"),
            "arms": _arms(estimate.whole_trial, study, curve),
            "basis": basis(estimate.whole_trial.group, study),
        }
    found["basis"] = basis(group.group, study)
    return found | _conditional(estimate, phrases) | _later(estimate, phrases, arrays=arrays)


def _arrays(points: tuple[SurvivalAt, ...]) -> dict[str, Any]:
    return curve(points) | {"shape_sensitivity": shape_sensitivity(points)}


def _no_arrays(_: tuple[SurvivalAt, ...]) -> dict[str, Any]:
    return {"level": LEVEL}


def _arms(group: GroupEstimate, study: Study, shown: Shown) -> list[dict[str, Any]]:
    arms = group.modelled.arms if group.modelled else ()
    return [_arm(arm, study, shown) for arm in arms]


def _arm(arm: ArmEstimate, study: Study, shown: Shown) -> dict[str, Any]:
    seen = arm.observed
    observed = seen and {
        "time": study.horizon,
        "survival": seen.value,
        "kind": seen.kind,
        "source": source(seen.source),
    }
    return {
        "id": _name(arm.side, study),
        "kind": "modelled",
        **shown(arm.curve),
        "survival_at": [survival_at(row) for row in arm.survival_at],
        "median": _median(arm.median),
        "rmst": restricted_mean(arm.restricted_mean),
        "observed": observed,
    }


def _median(value: Median) -> dict[str, Any]:
    bound = value.lower_bound
    return {
        "value": value.value,
        "lower": value.lower,
        "upper": value.upper,
        "reached": value.reached,
        "lower_bound": None if bound is None else number(bound),
        "kind": "modelled",
    }


def _conditional(estimate: SurvivalEstimate, phrases: Phrases) -> dict[str, Any]:
    """Only when asked: survival of those alive at a day, arm by arm, never their difference."""
    rows, since = estimate.conditional, estimate.wishes.alive_at
    if rows is None or since is None:
        return {}
    arms = [
        {
            "id": _name(side, estimate.study),
            "kind": "modelled",
            "level": LEVEL,
            "survival_at": [survival_at(row) for row in rows[side]],
        }
        for side in SIDES
    ]
    meaning = phrases.note("conditional")
    return {"conditional": {"alive_at": number(since), "meaning": meaning, "arms": arms}}


def _later(estimate: SurvivalEstimate, phrases: Phrases, *, arrays: bool) -> dict[str, Any]:
    """Only when asked: what lies past follow-up, in a block of its own."""
    later = estimate.later
    if later is None:
        return {}
    shown = _arrays if arrays else _no_arrays
    arms = [
        {
            "id": _name(side, estimate.study),
            "kind": "modelled",
            "extrapolated": True,
            **shown(later.curves[side]),
            "survival_at": [survival_at(row) for row in later.survival_at[side]],
        }
        for side in SIDES
    ]
    block = {
        "from": estimate.study.horizon,
        "horizon": number(later.horizon),
        "arms": arms,
        "differences_at": [difference_at(row) for row in later.differences],
        "assumption": phrases.note("extrapolated"),
    }
    return {"extrapolated": block}


def _name(side: str, study: Study) -> str:
    return study.control if side == "control" else study.treatment
