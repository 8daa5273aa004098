"""Read the evidence: the list, and one file with all its numbers and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.answers.curves import survival_curves
from app.answers.effect import context, crossing, treatment_effect
from app.answers.numbers import basis, difference_at
from app.answers.phrases import phrases_for
from app.survival.estimate import Question, SurvivalEstimate, estimate_survival
from app.survival.level import CANONICAL_UNIT, Level

if TYPE_CHECKING:
    from app.evidence.library import Entry, Library
    from app.survival.encals import EncalsModel
    from app.survival.stratum import Range
    from app.survival.study import Interaction, Study

IN_SHORT: Final = (
    "id", "version", "kind", "title", "citation", "doi", "published_date", "superseded_by",
)  # fmt: skip
IN_EFFECT: Final = (
    "hazard_ratio", "risk_change_percent", "direction",
    "survival_difference", "number_needed_to_treat", "rmst_difference",
)  # fmt: skip

REFERENCE_LEVELS: Final = (750, 1500, 3000, 5000)
"""pg/mL at which the continuous effect is shown."""

REFERENCE_MONTHS: Final = (1, 6, 12, 24, 36, 60, 120)
"""Months since onset at which the baseline of a prognosis is shown."""


def list_evidence(*, library: Library) -> dict[str, Any]:
    """Every evidence file in short."""
    items = [_in_short(entry) for entry in library.entries.values()]
    return {"items": items, "next_cursor": None}


def read_evidence(evidence_id: str, *, library: Library) -> dict[str, Any]:
    """The checked file, and what is computed from it. Raises NotFound."""
    entry = library.entry(evidence_id)
    file = entry.file.model_dump(mode="json", exclude={"card"})
    found = file | _in_short(entry)
    if entry.study:
        found |= _follows_from_trial(entry.study)
    if entry.prognosis:
        found["baseline_values"] = _baseline_values(entry.prognosis)
    return found


def _in_short(entry: Entry) -> dict[str, Any]:
    file = entry.file
    short = {name: getattr(file, name) for name in IN_SHORT}
    path = f"/v1/evidence/{file.id}"
    links = {"self": path, "card": f"{path}/card"}
    if file.superseded_by:
        links["superseded_by"] = f"/v1/evidence/{file.superseded_by}"
    return short | {"digest": entry.digest, "links": links}


def _follows_from_trial(study: Study) -> dict[str, Any]:
    by_group = {stratum.id: _inside(stratum.range, study) for stratum in study.strata}
    lowest = by_group[study.strata[0].id]
    by_group["whole_trial"] = replace(
        lowest, status="estimate", reason=None, group=lowest.whole_trial
    )
    curves = [_curves(name, estimate) for name, estimate in by_group.items()]
    return {
        "effects": [*(_effect(*group) for group in by_group.items()), *_pooled(lowest)],
        "curves": [shown for shown in curves if shown],
        "continuous": _continuous(study.interaction) if study.interaction else None,
    }


def _inside(levels: Range, study: Study) -> SurvivalEstimate:
    """The estimate of a stratum, by a level inside it: which one does not matter here."""
    low = levels.lower or Decimal(0)
    high = levels.upper or 2 * low or Decimal(1)
    value = (low + high) / 2
    return estimate_survival(Question(Level(value, str(value), CANONICAL_UNIT)), study)


def _effect(name: str, estimate: SurvivalEstimate) -> dict[str, Any]:
    found = treatment_effect(estimate, phrases_for(estimate.study, "en")) or {}
    head = {"group": name, "status": estimate.status, "reason": estimate.reason}
    return head | {key: found.get(key) for key in IN_EFFECT}


def _pooled(lowest: SurvivalEstimate) -> list[dict[str, Any]]:
    """The strata that the press reported together, if the evidence has them."""
    name = "pooled_lower_group"
    found = context(lowest, phrases_for(lowest.study, "en")).get(name)
    head = {"group": name, "status": "estimate", "reason": None}
    return [head | {key: found.get(key) for key in IN_EFFECT}] if found else []


def _curves(name: str, estimate: SurvivalEstimate) -> dict[str, Any] | None:
    shown = survival_curves(estimate, phrases_for(estimate.study, "en"), arrays=False)
    if shown is None or estimate.group is None or estimate.group.modelled is None:
        return None
    rows = [difference_at(row) for row in estimate.group.modelled.differences]
    rests_on = basis(estimate.group.group, estimate.study)
    return {"group": name} | shown | {"differences_at": rows, "basis": rests_on}


def _continuous(interaction: Interaction) -> dict[str, Any]:
    model = interaction.model
    return {
        "kind": "modelled",
        "exploratory": True,
        "crosses_one_at": crossing(interaction),
        "values": [_at_level(x, interaction) for x in REFERENCE_LEVELS if model.serves(x)],
    }


def _at_level(level: int, interaction: Interaction) -> dict[str, Any]:
    at = interaction.model.effect(level)
    return {
        "pnfh": level,
        "hazard_ratio": at.hazard_ratio,
        "lower": at.lower,
        "upper": at.upper,
        "rounding_range": {"lower": at.rounding_lower, "upper": at.rounding_upper},
    }


def _baseline_values(model: EncalsModel) -> list[dict[str, Any]]:
    return [{"months": t, "log_odds": model.log_odds(t)} for t in REFERENCE_MONTHS]
