"""The treatment effect and its context, as the document shows them."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Any

from app.answers.numbers import (
    basis,
    difference,
    difference_at,
    figure,
    hazard_ratio,
    number_needed,
    restricted_mean,
    source,
)
from app.survival.stratum import Range

if TYPE_CHECKING:
    from app.answers.phrases import Phrases
    from app.survival.estimate import GroupEstimate, ModelledEffect, SurvivalEstimate
    from app.survival.study import Interaction, Ratio


def treatment_effect(estimate: SurvivalEstimate, phrases: Phrases) -> dict[str, Any] | None:
    """The effect in the level's stratum; None when there is no estimate."""
    if estimate.group is None:
        return None
    study, group = estimate.study, estimate.group.group
    return {
        "treatment": study.treatment,
        "control": study.control,
        "hazard_ratio": hazard_ratio(group.hazard_ratio),
        "risk_change_percent": group.hazard_ratio.risk_change_percent,
        "direction": group.hazard_ratio.direction,
        **_absolute(estimate.group, with_rows=True),
        "continuous": _continuous(estimate, phrases),
        "interaction": _interaction(study.interaction, phrases) if study.interaction else None,
        "basis": basis(group, study) if group.pairs else None,
    }


def context(estimate: SurvivalEstimate, phrases: Phrases) -> dict[str, Any]:
    """What must stand beside every answer.

    The primary result; unless the level is high, the pooled figure of the press too.
    """
    study, whole = estimate.study, estimate.whole_trial
    found = {
        "whole_trial": {
            "hazard_ratio": hazard_ratio(whole.group.hazard_ratio),
            "risk_change_percent": whole.group.hazard_ratio.risk_change_percent,
            "direction": whole.group.hazard_ratio.direction,
            **_absolute(whole, with_rows=False),
            "basis": basis(whole.group, study),
            "note": phrases.note("whole_trial"),
        }
    }
    pool = study.pool
    if pool and pool.range.meets(Range.of(estimate.reading.level)):
        found["pooled_lower_group"] = {
            "hazard_ratio": hazard_ratio(pool.hazard_ratio),
            "risk_change_percent": pool.hazard_ratio.risk_change_percent,
            "direction": pool.hazard_ratio.direction,
            "note": phrases.note("pooled_lower_group"),
        }
    return found


def _absolute(group: GroupEstimate, *, with_rows: bool) -> dict[str, Any]:
    """Differences in survival and in restricted means; nulls where no survival was published."""
    modelled = group.modelled
    names = ("survival_difference", "number_needed_to_treat", "rmst_difference")
    if modelled is None:
        return dict.fromkeys(names) | ({"differences_at": []} if with_rows else {})
    gap, seen = modelled.at_horizon, group.group.observed.difference
    rows = {"differences_at": [difference_at(row) for row in modelled.differences]}
    return {
        "survival_difference": difference(gap) | {"observed": figure(seen) if seen else None},
        "number_needed_to_treat": number_needed(gap.number_needed_to_treat),
        **(rows if with_rows else {}),
        "rmst_difference": _mean_difference(modelled),
    }


def _mean_difference(modelled: ModelledEffect) -> dict[str, Any]:
    outer = modelled.mean_difference_over_shapes
    return restricted_mean(modelled.mean_difference) | {
        "shape_sensitivity": {"lower": outer.lower, "upper": outer.upper}
    }


def _continuous(estimate: SurvivalEstimate, phrases: Phrases) -> dict[str, Any]:
    """The exploratory effect at the level itself, or why there is none."""
    interaction, at = estimate.study.interaction, estimate.reading.continuous
    silence = estimate.reading.kind.silence
    return {
        "hazard_ratio": at.hazard_ratio if at else None,
        "lower": at.lower if at else None,
        "upper": at.upper if at else None,
        "rounding_range": {"lower": at.rounding_lower, "upper": at.rounding_upper} if at else None,
        "crosses_one_at": crossing(interaction) if interaction else None,
        "kind": "modelled",
        "exploratory": True,
        "reason": phrases.reason(silence) if silence else None,
    }


def crossing(interaction: Interaction) -> dict[str, Any]:
    """The level at which the continuous hazard ratio is 1; nulls for an interval without ends."""
    value, interval = interaction.model.crossing()
    lower, upper = (interval.lower, interval.upper) if interval else (None, None)
    return {"value": value, "lower": lower, "upper": upper, "unit": "pg/mL"}


def _interaction(interaction: Interaction, phrases: Phrases) -> dict[str, Any]:
    per_unit, at_zero = interaction.per_unit, interaction.at_zero
    return {
        "ratio_per_unit": per_unit.value,
        "lower": per_unit.lower,
        "upper": per_unit.upper,
        "p_value": per_unit.p_value,
        "per_1000": _per_thousand(per_unit),
        "at_zero": {
            "hazard_ratio": at_zero.value,
            "lower": at_zero.lower,
            "upper": at_zero.upper,
            "p_value": at_zero.p_value,
            "label": phrases.note("at_zero"),
            "source": source(interaction.at_zero_source),
        },
        "kind": interaction.kind,
        "source": source(interaction.source),
    }


def _per_thousand(ratio: Ratio) -> dict[str, Any]:
    value, lower, upper = (exp(1000 * log(x)) for x in (ratio.value, ratio.lower, ratio.upper))
    return {"value": value, "lower": lower, "upper": upper, "kind": "derived"}
