"""The vectors: read from their file once, and laid out in both dialects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

import orjson
import yaml

from app.integrations.conformance.bundle import lay_out_bundle

FILE: Final = "vectors.yaml"
BOTH: Final = ("native", "fhir")
ELEMENTS: Final = {
    "value": "valueQuantity.value",
    "unit": "valueQuantity.code",
    "specimen": "specimen",
    "collected_at": "effectiveDateTime",
}
"""Field of a level -> the element of an Observation that holds it."""

Case = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Vectors:
    """All vectors as `ConformanceResponse` describes them."""

    document: dict[str, Any]


@cache
def read_vectors() -> Vectors:
    """Read the vectors. They are part of the package, so a fault in them is one of ours."""
    text = files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    stated = yaml.safe_load(text)
    laid_out = [_lay_out(case, stated) for case in stated["vectors"]]
    digest = sha256(orjson.dumps(laid_out, option=orjson.OPT_SORT_KEYS)).hexdigest()
    head = {"version": stated["version"], "digest": f"sha256:{digest}"}
    return Vectors(head | {"dialects": stated["doors"], "vectors": laid_out})


def _lay_out(case: Case, stated: Case) -> dict[str, Any]:
    is_native = "native" in case.get("dialects", BOTH)
    native = case.get("native") or {"pnfh": case.get("pnfh")}
    return {
        "id": case["id"],
        "title": case["title"],
        "catches": case["catches"],
        "native": native if is_native else None,
        "fhir": lay_out_bundle(case.get("observations") or [case["pnfh"]], stated["codings"]),
        "expect": _refusal(case["refuse"], is_native=is_native)
        if "refuse" in case
        else _answer(case, stated["outcomes"][case["expect"]]),
    }


def _answer(case: Case, outcome: Case) -> dict[str, Any]:
    bound = case["pnfh"].get("comparator")
    used = {"value": case["used"]} | ({"comparator": bound} if bound else {})
    possible = {"possible_strata": case["possible"]} if "possible" in case else {}
    return {"status_code": 200, **outcome, **possible, "used": used}


def _refusal(refuse: Case, *, is_native: bool) -> dict[str, Any]:
    field = refuse.get("at")
    element = refuse.get("element") or ELEMENTS.get(str(field))
    native = {"code": refuse["code"], "pointer": refuse.get("pointer", f"/pnfh/{field}")}
    code = refuse.get("fhir_code", refuse["code"])
    problem = {
        "slug": refuse["slug"],
        **(native if is_native else {}),
        **({"fhir_code": code} if code else {}),
        "expression": refuse.get("expression", f"Bundle.entry[1].resource.{element}"),
    }
    return {"status_code": 422, "problem": problem}
