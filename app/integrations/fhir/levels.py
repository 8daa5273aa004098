"""CSF pNFH levels out of Observations. What could be read in two ways is refused, not guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from app.clinic.measurement import CSF, PNFH, MeasurementFacts
from app.errors import Fault, InvalidInput
from app.integrations.fhir.codes import ANTIBODIES
from app.integrations.fhir.element import Element, codings, is_coded
from app.integrations.fhir.specimens import (
    MUST_BE_CSF,
    says_another,
    specimen_faults,
    words_of,
)
from app.integrations.fhir.units import read_unit
from app.schemas.measurements import MeasurementRequest
from app.schemas.validation import faults_of
from app.survival.level import parse_level

Codes = frozenset[tuple[str, str]]
A_DAY: Final = (
    "The day is needed here: YYYY-MM-DD, or an instant. A year or a month alone is not read."
)

_PARTIAL: Final = re.compile(r"\d{4}(-\d\d)?", re.ASCII)
_OTHER_BIOMARKERS: Final = re.compile(
    r"\b(nf-?l|light[ -]chain|cha\u00eenes? l\u00e9g\u00e8res?|antibod(?:y|ies)|anticorps)\b"
)
_VALUE: Final = re.compile(r"value[A-Z][A-Za-z]*")

QUANTITY: Final = "valueQuantity"
NO_QUANTITY: Final = "not_a_quantity"

FINAL: Final = frozenset({"final", "amended", "corrected"})
"""Statuses of a result that stands."""

PLACES: Final = {
    "value": "/valueQuantity/value",
    "unit": "/valueQuantity/code",
    "comparator": "/valueQuantity/comparator",
    "assay": "/method",
    "specimen": "/specimen",
}
"""Field of a measurement -> where an Observation has it."""


def is_about_pnfh(observation: Element, codes: Codes) -> bool:
    """Whether an Observation says that it is a CSF pNFH level."""
    return observation.kind == "Observation" and is_coded(observation["code"], codes)


def is_meant(observation: Element, codes: Codes) -> bool:
    """Whether it is a level, or is taken for one by its code: then it is refused, not passed by."""
    return is_about_pnfh(observation, codes) or is_coded(observation["code"], ANTIBODIES)


def value_of(observation: Element) -> str | None:
    """The name of the element that has the value: of several the quantity, which is then read."""
    members = observation.value if isinstance(observation.value, dict) else {}
    there = [name for name in members if _VALUE.fullmatch(name) and members[name] is not None]
    return QUANTITY if QUANTITY in there else next(iter(there), None)


def read_level(
    observation: Element, codes: Codes, specimens: Mapping[str, Element] | None = None
) -> MeasurementFacts:
    """Read the level, with the digits it was written with.

    `specimens` are the Specimen resources that were sent along, by the references to them.
    Raises InvalidInput with every fault, each at its element.
    """
    faults = [*_code_faults(observation, codes), *_status_faults(observation)]
    faults += specimen_faults(observation, specimens or {})
    faults += _value_faults(observation)
    unit, found = read_unit(observation["valueQuantity"])
    faults += found
    stated = {
        "biomarker": PNFH,
        "value": observation["valueQuantity"]["value"].value,
        "unit": unit,
        "specimen": CSF,
        "comparator": observation["valueQuantity"]["comparator"].value,
        "assay": _assay(observation["method"]),
        "collected_at": collected_of(observation),
    }
    read, judged = _judged({name: value for name, value in stated.items() if value is not None})
    known = {fault.pointer for fault in faults}
    faults += [
        fault
        for fault in (_placed(one, observation) for one in judged)
        if fault.pointer not in known
    ]
    if faults or read is None:
        raise InvalidInput(faults)
    return MeasurementFacts(**dict(read))


def collected_of(observation: Element) -> Any:
    """When the sample was taken, as it was written; None where nothing is."""
    return _moment(observation).value


def collected_day(observation: Element) -> date | None:
    """The day as the laboratory wrote it, in whatever zone: the one in its report.

    Raises ValueError on what `read_level` refuses.
    """
    written = collected_of(observation)
    return None if written is None else date.fromisoformat(written[: len("YYYY-MM-DD")])


def _moment(observation: Element) -> Element:
    """Where it is written when the sample was taken: of a period its start, if it has one."""
    period = observation["effectivePeriod"]
    places = (
        observation["effectiveDateTime"],
        observation["effectiveInstant"],
        *(period["start"], period["end"], period),
        observation["effectiveTiming"],
    )
    return next((place for place in places if place.is_there), places[0])


def _code_faults(observation: Element, codes: Codes) -> list[Fault]:
    code = observation["code"]
    words = words_of(code)
    if is_coded(code, ANTIBODIES):
        detail = (
            "LOINC 78969-3 is the antibody against neurofilament heavy chain, not its level: "
            "there is no LOINC code for CSF pNFH."
        )
    elif not is_coded(code, codes):
        known = ", ".join(sorted("|".join(code) for code in codes))
        detail = f"The code does not say CSF pNFH. Known here: {known}."
    elif any(_OTHER_BIOMARKERS.search(word) for word in words):
        detail = "One code says CSF pNFH, the words beside it another biomarker: which is meant?"
    elif says_another(code, words):
        return [code.fault("specimen_not_applicable", MUST_BE_CSF)]
    else:
        return []
    return [code.fault("biomarker_not_supported", detail)]


def _status_faults(observation: Element) -> list[Fault]:
    status = observation["status"]
    if status.text in FINAL:
        return []
    detail = f"Only a result that stands is read: {', '.join(sorted(FINAL))}."
    return [status.fault("not_final", detail)]


def _value_faults(observation: Element) -> list[Fault]:
    """A level is a valueQuantity, and none of those that are said to be absent."""
    quantity, absent = observation[QUANTITY], observation["dataAbsentReason"]
    if not quantity.is_there:
        other = value_of(observation)
        detail = f"A level is read from {QUANTITY} alone: its value, and its unit's UCUM code."
        place, code = (quantity, "missing") if other is None else (observation[other], NO_QUANTITY)
        return [place.fault(code, detail)]
    if absent.is_there:
        detail = "FHIR R4 (obs-6): a result that has a value has no reason for its absence."
        return [absent.fault("contradiction", detail)]
    return []


def _assay(method: Element) -> str | None:
    words = [method["text"].text, *(one["display"].text for one in codings(method))]
    return next((word for word in words if word), None)


def _judged(stated: Mapping[str, Any]) -> tuple[MeasurementRequest | None, list[Fault]]:
    """The rules of a measurement and of a level, whoever states it."""
    faults: list[Fault] = []
    read = None
    try:
        read = MeasurementRequest.model_validate(stated)
    except ValidationError as error:
        faults += faults_of(error, MeasurementRequest)
    told = {fault.pointer for fault in faults}
    try:
        parse_level(stated.get("value"), stated.get("unit"), stated.get("comparator"))
    except InvalidInput as error:
        faults += [fault for fault in error.faults if fault.pointer not in told]
    return read, faults


def _placed(fault: Fault, observation: Element) -> Fault:
    """A fault of a measurement, at the Observation's element that states it."""
    field = fault.pointer.removeprefix("/").partition("/")[0]
    place = PLACES.get(field, "")
    if field == "collected_at":
        moment = _moment(observation)
        is_partial = _PARTIAL.fullmatch(moment.text or "") is not None
        return moment.fault(fault.code, A_DAY if is_partial else fault.detail)
    if field in {"value", "unit"} and not observation["valueQuantity"].is_there:
        place = f"/{value_of(observation) or QUANTITY}"
    elif field == "unit" and not observation["valueQuantity"]["code"].is_there:
        place = "/valueQuantity/unit"
    return Fault(f"{observation.pointer}{place}", fault.code, fault.detail)
