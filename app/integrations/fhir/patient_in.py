"""A FHIR Patient on its way into a clinic's records: pseudonym and facts, and never who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from app.clinic.patient import PatientFacts
from app.errors import Fault, InvalidInput
from app.integrations.fhir.element import Element
from app.integrations.fhir.extensions import (
    COVARIATE,
    PATIENT,
    parts_of,
    patient_url,
    stated_in,
)
from app.integrations.fhir.facts import birth_year
from app.schemas.patients import PatientRequest
from app.schemas.validation import faults_of

OURS: Final = {patient_url(field) for field in PATIENT} | {COVARIATE}
KEPT: Final = {"resourceType", "id", "meta", "identifier", "gender", "birthDate", "extension"}
DECEASED: Final = {"deceasedBoolean", "deceasedDateTime"}
VITAL: Final = {True: "dead", False: "alive"}


@dataclass(frozen=True, slots=True)
class Left:
    """Something that was sent and is not kept, by its place; its value is never repeated."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class PatientRead:
    """What a Patient says that can be kept, and what it says besides."""

    facts: PatientFacts
    left: tuple[Left, ...]
    identifier: Element


def read_patient(patient: Element, system: str) -> PatientRead:
    """Read a Patient whose pseudonym is the identifier of this system, or its only identifier.

    Raises InvalidInput with every fault, each at its element.
    """
    faults: list[Fault] = []
    identifier = _pseudonym(patient, system, faults)
    found = stated_in(patient, PATIENT, faults)
    stated = {field: one.value for field, one in found.items()}
    places = {field: one.pointer for field, one in found.items()}
    stated["birth_year"] = birth_year(patient, faults)
    covariates = _covariates(patient, places, faults)
    stated["identifier"] = identifier.value
    stated["sex"] = patient["gender"].value
    stated["covariates"] = covariates
    _say_whether_alive(patient, stated, places, faults)
    places |= {
        "identifier": identifier.pointer,
        "sex": patient["gender"].pointer,
        "birth_year": patient["birthDate"].pointer,
    }
    request = _judged(stated, places, patient, faults)
    if faults or request is None:
        raise InvalidInput(faults)
    return PatientRead(
        PatientFacts(**dict(request)), _left(patient, identifier, system), identifier
    )


def _pseudonym(patient: Element, system: str, faults: list[Fault]) -> Element:
    """The value of the one identifier that is meant."""
    listed = list(patient["identifier"].each())
    named = [one for one in listed if one["system"].value == system]
    meant = named or listed
    if len(meant) == 1:
        value = meant[0]["value"]
        if not value.text:
            faults.append(value.fault("missing", "The identifier needs a value."))
        return value
    if meant:
        detail = f"Which identifier is the pseudonym? Give one of them the system {system}."
        faults.append(patient["identifier"].fault("which_identifier", detail))
    else:
        detail = f"A pseudonym is required: an identifier of the system {system}."
        faults.append(patient["identifier"].fault("missing", detail))
    return Element(None, patient["identifier"].pointer)


def _covariates(patient: Element, places: dict[str, str], faults: list[Fault]) -> dict[str, Any]:
    covariates: dict[str, Any] = {}
    for one in patient["extension"].each():
        if one["url"].value != COVARIATE:
            continue
        parts = dict(parts_of(one))
        name, value = parts.get("name"), parts.get("value")
        stated = value and next(
            (value[m] for m in ("valueDecimal", "valueString") if value[m].is_there), None
        )
        if name is None or name["valueString"].text is None or stated is None:
            detail = "A covariate has the parts name (valueString) and value (decimal or string)."
            faults.append(one.fault("wrong_type", detail))
        elif name["valueString"].value in covariates:
            faults.append(one.fault("repeated", "This covariate is stated twice."))
        else:
            covariates[name["valueString"].value] = stated.value
            places[f"covariates/{name['valueString'].value}"] = stated.pointer
    return covariates


def _say_whether_alive(
    patient: Element, stated: dict[str, Any], places: dict[str, str], faults: list[Fault]
) -> None:
    """Read deceased[x]: a day of death also ends the follow-up, unless that is stated itself."""
    told, day = patient["deceasedBoolean"], patient["deceasedDateTime"]
    status = VITAL.get(told.value) if isinstance(told.value, bool) else None
    place = told
    if day.is_there:
        status, place = "dead", day
        if len(day.text or "") >= len("YYYY-MM-DD") and not _has_follow_up(stated):
            stated["follow_up_date"] = str(day.value)[: len("YYYY-MM-DD")]
            places["follow_up_date"] = day.pointer
    if status is None:
        return
    if stated.get("vital_status", status) != status:
        detail = "This and the extension vital_status contradict each other."
        faults.append(place.fault("contradiction", detail))
    stated["vital_status"] = status
    places.setdefault("vital_status", place.pointer)


def _has_follow_up(stated: Mapping[str, Any]) -> bool:
    return "follow_up_date" in stated or "follow_up_days" in stated


def _judged(
    stated: Mapping[str, Any], places: Mapping[str, str], patient: Element, faults: list[Fault]
) -> PatientRequest | None:
    """The rules of a patient, whoever states it; faults stand at the FHIR elements."""
    present = {name: value for name, value in stated.items() if value is not None}
    try:
        return PatientRequest.model_validate(present)
    except ValidationError as error:
        known = {fault.pointer for fault in faults}
        for fault in faults_of(error, PatientRequest):
            field = fault.pointer.removeprefix("/")
            place = places.get(field, places.get(field.partition("/")[0], patient.pointer))
            if place not in known:
                faults.append(Fault(place, fault.code, fault.detail))
        return None


def _left(patient: Element, identifier: Element, system: str) -> tuple[Left, ...]:
    """What a clinic's records have no room for, so that whoever sent it knows."""
    left = [
        Left(patient[name].pointer, "This is not kept: only the pseudonym and facts are.")
        for name in patient.value
        if name not in KEPT | DECEASED
    ]
    left += [
        Left(one.pointer, "This identifier is not kept: it is no pseudonym here.")
        for one in patient["identifier"].each()
        if not identifier.pointer.startswith(f"{one.pointer}/")
    ]
    left += [
        Left(one["system"].pointer, f"This is not kept: pseudonyms have the system {system} here.")
        for one in patient["identifier"].each()
        if one["value"].pointer == identifier.pointer and one["system"].value not in {None, system}
    ]
    left += [
        Left(one.pointer, "This extension is not known here, and not kept.")
        for one in patient["extension"].each()
        if one["url"].text not in OURS
    ]
    for name, kept in (("birthDate", "YYYY"), ("deceasedDateTime", "YYYY-MM-DD")):
        if len(patient[name].text or "") > len(kept):
            left.append(Left(patient[name].pointer, f"Only {kept} of this is kept."))
    died = patient["deceasedDateTime"]
    if died.is_there and len(died.text or "") < len("YYYY-MM-DD"):
        left.append(Left(died.pointer, "Only that the patient died is kept: it names no day."))
    return (*left, *left_of_meta(patient))


def left_of_meta(resource: Element) -> tuple[Left, ...]:
    """What `meta` says besides the version, which is the service's own: labels, tags, profiles."""
    meta = resource["meta"]
    members = meta.value if isinstance(meta.value, dict) else {}
    return tuple(
        Left(meta[name].pointer, "This is not kept.")
        for name in members
        if name not in {"versionId", "lastUpdated"}
    )
