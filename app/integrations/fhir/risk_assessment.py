"""An estimate as a RiskAssessment, laid out from the answer document and from nothing else.

The document's numbers are Decimals here: a percentage has exactly the digits of the fraction.

`probabilityDecimal` is a percentage. The trial's hazard ratio is no `relativeRisk`: that is the
risk against the general population. Nothing here prescribes: there is no `mitigation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from app.clinic.fitted_evidence import is_own_id
from app.integrations.fhir.codes import UCUM
from app.integrations.fhir.extensions import (
    PREDICTION,
    RISK,
    extension,
    url_of,
    with_parts,
)
from app.integrations.fhir.resources_out import stated
from app.integrations.fhir.risk_words import notes_of, say

ASSESSMENTS: Final = "urn:neurostrata:assessment"
ASSESSMENT: Final = "pnfh-survival"
OUTCOMES: Final = "urn:neurostrata:outcome"
ALIVE: Final = "alive"
DEVICE: Final = "neurostrata"

NOT_SIGNIFICANT: Final = "primary_result_not_significant"
"""The notice of the trial's primary result."""

RATIO_PARTS: Final = {
    "value": "value", "lower": "lower", "upper": "upper", "level": "level", "p_value": "p-value",
}  # fmt: skip
"""Member of a hazard ratio in the answer -> part of the extension."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """About whom an estimate is, on which resources it rests, and when it was given."""

    subject: Json
    basis: tuple[Json, ...]
    at: datetime
    language: str
    id: str | None = None
    remarks: tuple[str, ...] = ()


def show_risk(answer: Json, occasion: Occasion, version: str) -> dict[str, Any]:
    """Lay out an answer that the service of this version gave."""
    evidence, language = answer["evidence"], occasion.language
    meta = {"versionId": "1", "lastUpdated": occasion.at} if occasion.id else None
    resource: dict[str, Any] = {
        "resourceType": "RiskAssessment",
        "id": occasion.id,
        "meta": meta,
        "language": language,
        "contained": [_device(version)],
        "extension": _extensions(answer),
        "status": "final",
        "method": {
            "text": say(language, _origin(evidence), id=evidence["id"], version=evidence["version"])
        },
        "code": {
            "coding": [{"system": ASSESSMENTS, "code": ASSESSMENT}],
            "text": say(language, "code"),
        },
        "subject": dict(occasion.subject),
        "occurrenceDateTime": occasion.at,
        "performer": {"reference": f"#{DEVICE}"},
        "basis": [dict(one) for one in occasion.basis],
        "prediction": list(_predictions(answer, language)),
        "note": [{"text": text} for text in notes_of(answer, language, occasion.remarks)],
    }
    return stated(resource)


def percent(probability: Decimal) -> Decimal:
    """A probability as FHIR writes it: the same digits, with the point two places further on."""
    shifted = probability.scaleb(2)
    whole = shifted.to_integral_value()
    return whole.quantize(Decimal(1)) if shifted == whole else shifted


def _device(version: str) -> dict[str, Any]:
    name = {"name": "neurostrata", "type": "user-friendly-name"}
    return {
        "resourceType": "Device",
        "id": DEVICE,
        "deviceName": [name],
        "version": [{"value": version}],
    }


def _origin(evidence: Json) -> str:
    """What the numbers come from: published aggregates, or a clinic's own patients."""
    return "fitted" if is_own_id(evidence["id"]) else "modelled"


def _extensions(answer: Json) -> list[dict[str, Any]]:
    effect = answer.get("treatment_effect") or {}
    whole = (answer.get("context") or {}).get("whole_trial") or {}
    used = (answer.get("input") or {}).get("used")
    found = [
        _one("status", answer["status"]),
        _one("reason", (answer["reason"] or {}).get("code")),
        _stratum(answer),
        _one("level", used and _quantity(used["value"], "pg/mL", used.get("comparator"))),
        _one("direction", answer.get("direction", effect.get("direction"))),
        _ratio("hazard-ratio", effect.get("hazard_ratio")),
        _ratio("whole-trial-hazard-ratio", whole.get("hazard_ratio")),
        _applicability(answer["applicability"]),
        _evidence(answer["evidence"]),
    ]
    return [one for one in found if one is not None]


def _one(name: str, value: Any) -> dict[str, Any] | None:
    return None if value is None else extension(url_of(name), RISK[name].member, value)


def _stratum(answer: Json) -> dict[str, Any] | None:
    found = answer["stratum"]
    possible = answer.get("possible_strata", ())
    if found is None:
        parts = [extension("possible", "valueCode", one) for one in possible]
        return with_parts(url_of("stratum"), *parts) if parts else None
    label = extension("label", "valueString", found["label"])
    return with_parts(url_of("stratum"), extension("id", "valueCode", found["id"]), label)


def _ratio(name: str, ratio: Json | None) -> dict[str, Any] | None:
    if ratio is None:
        return None
    parts = [
        extension(part, "valueDecimal", ratio[member])
        for member, part in RATIO_PARTS.items()
        if ratio.get(member) is not None
    ]
    return with_parts(url_of(name), *parts, extension("kind", "valueCode", ratio["kind"]))


def _applicability(judged: Json) -> dict[str, Any]:
    answers = [
        extension(one["status"].replace("_", "-"), "valueCode", one["id"])
        for one in judged["criteria"]
    ]
    grade = extension("grade", "valueCode", judged["grade"])
    return with_parts(url_of("applicability"), grade, *answers)


def _evidence(evidence: Json) -> dict[str, Any]:
    parts = (extension(name, "valueString", evidence[name]) for name in ("id", "version", "digest"))
    return with_parts(url_of("evidence"), *parts)


def _predictions(answer: Json, language: str) -> Iterator[dict[str, Any]]:
    """One for each arm and horizon; those from a later day, and past follow-up, come last."""
    curves = answer.get("survival_curves")
    if curves is None:
        return
    rationale = _rationale(answer)
    since, later = curves.get("conditional"), curves.get("extrapolated")
    for arms, more in (
        (curves["arms"], {}),
        (since["arms"] if since else (), {"alive-at": since and since["alive_at"]}),
        (later["arms"] if later else (), {"extrapolated": True}),
    ):
        for arm in arms:
            for row in arm["survival_at"]:
                yield _prediction(arm, row, more, language) | {"rationale": rationale}


def _rationale(answer: Json) -> str:
    """The ratio; and the primary result, for whoever shows a prediction and none of the notes."""
    notices = {one["code"]: one["text"] for one in answer["notices"]}
    said = (answer["presentation"]["clinician"][0], notices.get(NOT_SIGNIFICANT))
    return " ".join(text for text in said if text)


def _prediction(arm: Json, row: Json, more: Json, language: str) -> dict[str, Any]:
    key = {"alive-at": "alive_since", "extrapolated": "alive_later"}
    name = next((key[word] for word in more), "alive")
    day, start = _plain(row["time"]), more.get("alive-at", 0)
    words = say(language, name, day=day, arm=arm["id"], since=_plain(start))
    return {
        "extension": list(_about(arm, row, more)),
        "outcome": {"coding": [{"system": OUTCOMES, "code": ALIVE}], "text": words},
        "probabilityDecimal": percent(row["survival"]),
        "whenRange": {"low": _quantity(start, "d"), "high": _quantity(row["time"], "d")},
    }


def _about(arm: Json, row: Json, more: Json) -> Iterator[dict[str, Any]]:
    shapes = row.get("shape_sensitivity") or {}
    values = {
        "arm": arm["id"],
        "kind": arm["kind"],
        "interval": _range(row["lower"], row["upper"]),
        "interval-level": arm.get("level"),
        "shape-range": _range(shapes.get("lower"), shapes.get("upper")),
        "outer-band": _range(shapes.get("band_lower"), shapes.get("band_upper")),
        **more,
    }
    for name, value in values.items():
        if value is not None:
            yield extension(url_of(name), PREDICTION[name].member, value)


def _range(lower: Decimal | None, upper: Decimal | None) -> dict[str, Any] | None:
    """A range in percent; None where no end of it is known."""
    ends = {"low": lower, "high": upper}
    found = {name: _quantity(percent(end), "%") for name, end in ends.items() if end is not None}
    return found or None


def _quantity(value: Any, unit: str, comparator: str | None = None) -> dict[str, Any]:
    bound = {"comparator": comparator} if comparator else {}
    return {"value": value} | bound | {"unit": unit, "system": UCUM, "code": unit}


def _plain(days: Decimal | int) -> str:
    return f"{float(days):g}"
