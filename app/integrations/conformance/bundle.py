"""A case as FHIR: a Bundle with a made-up Patient and what a laboratory would send about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.integrations.fhir.codes import UCUM

PATIENT: Final = "urn:uuid:0d6c5f0e-2f5b-4c1b-9a55-9c1f6f1f2b11"
"""The Patient's address; that of an Observation ends with its number."""

OBSERVATION: Final = "urn:uuid:7a1e52f0-66cd-4b06-9d3c-0000000000"

Json = dict[str, Any]


def lay_out_bundle(
    observations: Iterable[Mapping[str, Any]], codings: Mapping[str, Mapping[str, str]]
) -> Json:
    """Lay out levels as the Bundle that `$pnfh-survival` takes."""
    entries = [{"fullUrl": PATIENT, "resource": {"resourceType": "Patient"}}]
    for number, stated in enumerate(observations, 1):
        resource = _observation(stated, codings)
        entries.append({"fullUrl": f"{OBSERVATION}{number:02d}", "resource": resource})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _observation(stated: Mapping[str, Any], codings: Mapping[str, Mapping[str, str]]) -> Json:
    specimen = stated.get("specimen")
    collected = stated.get("collected_at")
    return {
        "resourceType": "Observation",
        **(_contained(codings[specimen]) if specimen else {}),
        "status": stated.get("status", "final"),
        "code": {"coding": [dict(codings[stated.get("coding", "pnfh")])]},
        "subject": {"reference": PATIENT},
        **({"effectiveDateTime": collected} if collected else {}),
        "valueQuantity": _quantity(stated),
        **({"specimen": {"reference": "#specimen"}} if specimen else {}),
    }


def _contained(coding: Mapping[str, str]) -> Json:
    kind = {"coding": [dict(coding)]}
    return {"contained": [{"resourceType": "Specimen", "id": "specimen", "type": kind}]}


def _quantity(stated: Mapping[str, Any]) -> Json:
    quantity = {name: stated[name] for name in ("value", "comparator") if name in stated}
    if "unit" not in stated:
        return quantity
    unit = stated["unit"]
    return quantity | {"unit": stated.get("printed", unit), "system": UCUM, "code": unit}
