"""What was heard of a vector, in either dialect: one value to hold an expectation against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.integrations.fhir.extensions import url_of

Json = Mapping[str, Any]
SHORT: Final = 80
RATIO: Final = ("value", "lower", "upper")


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer or a refusal, in the words of an expectation; None is what was not said."""

    status_code: int
    status: Any = None
    reason: Any = None
    stratum: Any = None
    possible_strata: Any = None
    hazard_ratio: Any = None
    used: Any = None
    slug: Any = None
    faults: tuple[tuple[Any, Any], ...] = ()
    """Each fault's code, and where it is."""


def hear_native(status_code: int, content: bytes) -> Heard:
    """Read an answer of `POST /v1/estimates`, whatever it is."""
    body = _object(content)
    if status_code != 200:
        found = tuple((_at(one, "code"), _at(one, "pointer")) for one in _list(body, "errors"))
        slug = str(_at(body, "type") or "").rpartition("/")[2] or None
        return Heard(status_code, slug=slug, faults=found)
    ratio = _at(body, "treatment_effect", "hazard_ratio")
    used = _at(body, "input", "used")
    return Heard(
        status_code,
        _at(body, "status"),
        _at(body, "reason", "code"),
        _at(body, "stratum", "id"),
        _at(body, "possible_strata"),
        {name: _at(ratio, name) for name in RATIO} if ratio else None,
        _level(used, _at(used, "unit")),
    )


def hear_fhir(status_code: int, content: bytes) -> Heard:
    """Read an answer of `$pnfh-survival`: a RiskAssessment, or an OperationOutcome."""
    body = _object(content)
    if status_code != 200:
        return Heard(status_code, faults=tuple(map(_issue, _list(body, "issue"))))
    said = {_at(one, "url"): one for one in _list(body, "extension")}
    stratum = _parts(said.get(url_of("stratum")))
    ratio = _parts(said.get(url_of("hazard-ratio")))
    quantity = _at(said.get(url_of("level")), "valueQuantity")
    return Heard(
        status_code,
        _at(said.get(url_of("status")), "valueCode"),
        _at(said.get(url_of("reason")), "valueCode"),
        next(iter(stratum.get("id", [])), None),
        stratum.get("possible"),
        {name: next(iter(ratio.get(name, [])), None) for name in RATIO} if ratio else None,
        _level(quantity, _at(quantity, "code")),
    )


def _issue(issue: Any) -> tuple[Any, Any]:
    codes = _list(_at(issue, "details"), "coding")
    places = _list(issue, "expression")
    return _at(next(iter(codes), None), "code"), next(iter(places), None)


def _parts(extension: Any) -> dict[Any, list[Any]]:
    """The values of an extension that is made of parts, by their names."""
    found: dict[Any, list[Any]] = {}
    for part in _list(extension, "extension"):
        value = next((v for name, v in part.items() if name.startswith("value")), None)
        found.setdefault(_at(part, "url"), []).append(value)
    return found


def _level(level: Any, unit: Any) -> Any:
    """The level, if it is told in pg/mL."""
    if not isinstance(level, Mapping) or unit != "pg/mL":
        return None
    told = {"value": level.get("value"), "comparator": level.get("comparator")}
    return {name: value for name, value in told.items() if value is not None}


def _object(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _list(value: Any, name: str) -> list[Any]:
    found = _at(value, name)
    return (
        [one for one in found if isinstance(one, Mapping | str)] if isinstance(found, list) else []
    )
