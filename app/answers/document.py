"""The answer document: one estimate, in the order and the names of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from app.answers.curves import survival_curves
from app.answers.effect import context, treatment_effect
from app.answers.numbers import exact, number, source
from app.answers.presentation import presentation
from app.survival.level import CANONICAL_UNIT, SPECIMEN, plain

if TYPE_CHECKING:
    from app.answers.phrases import Phrases
    from app.survival.applicability import Applicability
    from app.survival.estimate import SurvivalEstimate
    from app.survival.level import Level
    from app.survival.reading import Reading
    from app.survival.study import Study

Detail: TypeAlias = Literal["full", "summary", "group"]

AROUND_A_PART = ("status", "reason", "possible_strata")
BESIDE_A_PART = ("context", "warnings", "notices", "evidence")


def document(
    estimate: SurvivalEstimate, phrases: Phrases, detail: Detail, version: str
) -> dict[str, Any]:
    """The whole answer; `summary` has no curve arrays, `group` no sizes of effect at all."""
    if detail == "group":
        return _group_document(estimate, phrases)
    return {
        **_opening(estimate, phrases),
        "input": level_input(estimate.reading.level),
        "stratum": _stratum(estimate, phrases),
        "treatment_effect": treatment_effect(estimate, phrases),
        "context": context(estimate, phrases),
        "survival_curves": survival_curves(estimate, phrases, arrays=detail == "full"),
        "applicability": applicability(estimate.applicability, phrases),
        "warnings": _warnings(estimate, phrases),
        "notices": _notices(estimate.study, phrases),
        "presentation": presentation(estimate, phrases),
        "evidence": evidence(estimate.study),
        "service": {"version": version},
    }


def part_document(
    estimate: SurvivalEstimate, phrases: Phrases, part: str, detail: Detail, version: str
) -> dict[str, Any]:
    """One part of the full answer, with what must stand beside it; `detail` is not `group`."""
    whole = document(estimate, phrases, detail, version)
    names = (*AROUND_A_PART, part, *BESIDE_A_PART)
    return {name: whole[name] for name in names if name in whole}


def _group_document(estimate: SurvivalEstimate, phrases: Phrases) -> dict[str, Any]:
    group = estimate.group
    return {
        **_opening(estimate, phrases),
        "stratum": _stratum(estimate, phrases),
        "direction": group.group.hazard_ratio.direction if group else None,
        "applicability": applicability(estimate.applicability, phrases),
        "notices": _notices(estimate.study, phrases),
        "presentation": presentation(estimate, phrases, sizes=False),
        "evidence": evidence(estimate.study),
    }


def _opening(estimate: SurvivalEstimate, phrases: Phrases) -> dict[str, Any]:
    code = estimate.reason
    reason = None if code is None else {"code": code, "message": phrases.reason(code)}
    opening: dict[str, Any] = {"status": estimate.status, "reason": reason}
    if estimate.status == "indeterminate":
        strata = estimate.reading.kind.strata
        opening["possible_strata"] = [estimate.study.strata[i].id for i in strata]
    return opening


def level_input(level: Level) -> dict[str, Any]:
    """The level as given and as used; exact."""
    bound = {"comparator": level.comparator} if level.comparator else {}
    used = {"value": exact(plain(level.value)), "unit": CANONICAL_UNIT, "specimen": SPECIMEN}
    return {"given": {"value": exact(level.text), "unit": level.unit} | bound, "used": used | bound}


def _stratum(estimate: SurvivalEstimate, phrases: Phrases) -> dict[str, Any] | None:
    found = estimate.reading.stratum(estimate.study)
    if found is None:
        return None
    limits, reading = found.range, estimate.reading
    return {
        "id": found.id,
        "label": phrases.stratum(found),
        "lower": None if limits.lower is None else number(limits.lower),
        "lower_inclusive": limits.lower_inclusive,
        "upper": None if limits.upper is None else number(limits.upper),
        "upper_inclusive": limits.upper_inclusive,
        "unit": CANONICAL_UNIT,
        "population_share": found.share.value,
        "population_share_provenance": {
            "kind": found.share.kind,
            "source": source(found.share.source),
        },
        "source": source(found.source),
        **_certainty(reading, estimate),
    }


def _certainty(reading: Reading, estimate: SurvivalEstimate) -> dict[str, Any]:
    """How sure the stratum is, given the assay; nothing of the kind for a bound."""
    study, given = estimate.study, not estimate.assay_cv_assumed
    chances = zip(study.strata, reading.probabilities or (), strict=False)
    spread: dict[str, Any] = {"assay_cv": reading.assay_cv}
    spread["assay_cv_provenance"] = (
        {"kind": "given", "source": None}
        if given
        else {"kind": study.assay_cv.kind, "source": source(study.assay_cv.source)}
    )
    cut, gap = reading.nearest_cut_point, reading.distance_to_cut_point
    return {
        "membership": None
        if reading.probabilities is None
        else [{"id": stratum.id, "probability": chance} for stratum, chance in chances],
        **spread,
        "nearest_cut_point": None if cut is None else number(cut),
        "distance_to_cut_point": None if gap is None else float(gap),
    }


def applicability(judged: Applicability, phrases: Phrases) -> dict[str, Any]:
    """Every entry criterion, answered, and the grade."""
    return {
        "grade": judged.grade,
        "criteria": [
            {
                "id": answer.id,
                "status": answer.status,
                "rule": phrases.criterion(answer.rule),
                "source": source(answer.source),
            }
            for answer in judged.criteria
        ],
    }


def _warnings(estimate: SurvivalEstimate, phrases: Phrases) -> list[dict[str, Any]]:
    return [
        {
            "code": caution.code,
            "severity": caution.severity,
            "message": phrases.warning(caution.code, estimate),
            "pointer": caution.pointer,
        }
        for caution in estimate.cautions
    ]


def _notices(study: Study, phrases: Phrases) -> list[dict[str, Any]]:
    return [{"code": code, "text": phrases.notice(code)} for code in study.notices]


def evidence(study: Study) -> dict[str, Any]:
    """Which evidence, and which version of it, an answer rests on."""
    return {
        "id": study.id,
        "version": study.version,
        "digest": study.digest,
        "citation": study.citation,
        "doi": study.doi,
    }
