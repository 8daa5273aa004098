"""CSF pNFH levels out of Observations. What could be read in two ways is refused, not guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from app.clinic.measurement import CSF, PNFH, MeasurementFacts
from app.errors import Fault, InvalidInput
from app.integrations.fhir.codes import ANTIBODIES
from app.integrations.fhir.element import Element, codings, is_coded
from app.integrations.fhir.specimens import specimen_faults
from app.integrations.fhir.units import read_unit
from app.schemas.measurements import MeasurementRequest
from app.schemas.validation import faults_of
from app.survival.level import parse_level

Codes = frozenset[tuple[str, str]]
T = TypeVar("T")

FINAL: Final = frozenset({"final", "amended", "corrected"})
"""Statuses of a result that stands."""

PLACES: Final = {
    "value": "/valueQuantity/value",
    "unit": "/valueQuantity/code",
    "comparator": "/valueQuantity/comparator",
    "assay": "/method",
    "collected_at": "/effectiveDateTime",
    "specimen": "/specimen",
}
"""Field of a measurement -> where an Observation has it."""


def is_about_pnfh(observation: Element, codes: Codes) -> bool:
    """Whether an Observation says that it is a CSF pNFH level."""
    return observation.kind == "Observation" and is_coded(observation["code"], codes)


def stands(observation: Element) -> bool:
    """Whether a result is final and has a value: others are not read where one is looked for."""
    return observation["status"].text in FINAL and observation["valueQuantity"].is_there


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
    """When the sample was taken, as it was written."""
    period = observation["effectivePeriod"]["start"]
    places = (observation["effectiveDateTime"], observation["effectiveInstant"], period)
    return next((place.value for place in places if place.is_there), None)


def latest(read: Iterable[tuple[T, MeasurementFacts]]) -> tuple[T, MeasurementFacts]:
    """The level collected last: undated ones are the oldest, of equal ones the last one sent."""
    return max(enumerate(read), key=lambda one: (_instant(one[1][1].collected_at), one[0]))[1]


def _instant(collected: date | datetime | None) -> datetime:
    if collected is None:
        return datetime.min.replace(tzinfo=UTC)
    if isinstance(collected, datetime):
        return collected
    return datetime.combine(collected, time.min, UTC)


def _code_faults(observation: Element, codes: Codes) -> list[Fault]:
    if is_coded(observation["code"], ANTIBODIES):
        detail = (
            "LOINC 78969-3 is the antibody against neurofilament heavy chain, not its level: "
            "there is no LOINC code for CSF pNFH."
        )
        return [observation["code"].fault("biomarker_not_supported", detail)]
    if not is_coded(observation["code"], codes):
        known = ", ".join(sorted("|".join(code) for code in codes))
        detail = f"The code does not say CSF pNFH. Known here: {known}."
        return [observation["code"].fault("biomarker_not_supported", detail)]
    return []


def _status_faults(observation: Element) -> list[Fault]:
    status = observation["status"]
    if status.text in FINAL:
        return []
    detail = f"Only a result that stands is read: {', '.join(sorted(FINAL))}."
    return [status.fault("not_final", detail)]


def _value_faults(observation: Element) -> list[Fault]:
    """A level is a valueQuantity, and none of those that are said to be absent."""
    quantity, absent = observation["valueQuantity"], observation["dataAbsentReason"]
    if not quantity.is_there:
        detail = "A level is read from valueQuantity alone: its value, and its unit's UCUM code."
        return [quantity.fault("missing", detail)]
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
    if field in {"value", "unit"} and not observation["valueQuantity"].is_there:
        place = "/valueQuantity"
    elif field == "unit" and not observation["valueQuantity"]["code"].is_there:
        place = "/valueQuantity/unit"
    return Fault(f"{observation.pointer}{place}", fault.code, fault.detail)
