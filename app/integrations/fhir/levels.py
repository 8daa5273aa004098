"""CSF pNFH levels out of Observations. What could be read in two ways is refused, not guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

from pydantic import ValidationError

from app.clinic.measurement import CSF, PNFH, MeasurementFacts
from app.errors import Fault, InvalidInput
from app.integrations.fhir.codes import ANTIBODIES, CSF_SPECIMENS, CSF_WORDS, UCUM
from app.integrations.fhir.element import Element, codings, is_coded
from app.schemas.measurements import MeasurementRequest
from app.schemas.validation import faults_of
from app.survival.level import FACTORS, parse_level

Codes = frozenset[tuple[str, str]]

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
    specimen, found = _specimen(observation, specimens or {})
    faults += found
    unit, found = _unit(observation["valueQuantity"])
    faults += found
    stated = {
        "biomarker": PNFH,
        "value": observation["valueQuantity"]["value"].value,
        "unit": unit,
        "specimen": specimen,
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


def latest(read: Iterable[tuple[Element, MeasurementFacts]]) -> tuple[Element, MeasurementFacts]:
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


def _unit(quantity: Element) -> tuple[str | None, list[Fault]]:
    """The unit by its UCUM code; by its printed text only where there is no code."""
    code, printed, system = quantity["code"], quantity["unit"], quantity["system"]
    if not code.is_there:
        return printed.text, []
    if system.is_there and system.value != UCUM:
        detail = f"The unit's code must be of UCUM: {UCUM}."
        return None, [system.fault("unit_not_supported", detail)]
    said = FACTORS.get(printed.text or "")
    if code.text in FACTORS and said is not None and said != FACTORS[code.text]:
        detail = f"The unit's code says {code.text}, its text {printed.text}: which is meant?"
        return code.text, [printed.fault("unit_contradiction", detail)]
    return code.text, []


def _specimen(observation: Element, specimens: Mapping[str, Element]) -> tuple[str, list[Fault]]:
    """CSF, unless the Observation states another specimen or one that it does not bring along."""
    stated = observation["specimen"]
    if not stated.is_there:
        return CSF, []
    known = {**_contained(observation), **specimens}
    reference = stated["reference"].text
    resource = known.get(reference or "")
    words = [stated["display"].text]
    if resource is not None:
        if is_coded(resource["type"], CSF_SPECIMENS):
            return CSF, []
        words += [resource["type"]["text"].text, *_displays(resource["type"])]
    told = [word for word in words if word]
    if any(word.casefold() in CSF_WORDS for word in told):
        return CSF, []
    if not told and resource is None:
        detail = (
            "The specimen is not told: send its type along (contained, or in the Bundle), write "
            "its display, or leave it out, since the code says CSF."
        )
        return CSF, [stated.fault("specimen_unknown", detail)]
    detail = (
        "The specimen must be cerebrospinal fluid: SNOMED CT 258450006, or CSF of v2-0487. "
        "Levels in serum and plasma cannot be converted."
    )
    return CSF, [stated.fault("specimen_not_applicable", detail)]


def _contained(observation: Element) -> dict[str, Element]:
    return {
        f"#{one['id'].text}": one
        for one in observation["contained"].each()
        if one.kind == "Specimen" and one["id"].text
    }


def _displays(concept: Element) -> list[str | None]:
    return [one["display"].text for one in codings(concept)]


def _assay(method: Element) -> str | None:
    words = [method["text"].text, *_displays(method)]
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
    if field == "value" and not observation["valueQuantity"].is_there:
        place = "/valueQuantity"
    if field == "unit" and not observation["valueQuantity"]["code"].is_there:
        place = "/valueQuantity/unit"
    return Fault(f"{observation.pointer}{place}", fault.code, fault.detail)
