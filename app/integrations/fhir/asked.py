"""What `$pnfh-survival` is asked: a patient, a level and wishes, in a Bundle or in Parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.clinic.measurement import MeasurementFacts
from app.errors import Fault, InvalidInput
from app.integrations.fhir.bundle import Entry, circle_faults, contained_circles, full_reference
from app.integrations.fhir.codes import PNFH_CODE, PNFH_SYSTEM
from app.integrations.fhir.element import Element
from app.integrations.fhir.facts import is_deceased, read_facts
from app.integrations.fhir.latest import has_newer_draft, is_result, read_latest
from app.integrations.fhir.levels import Codes, is_meant, read_level
from app.integrations.fhir.parameters import RESOURCES, entries_asked, read_parameters
from app.integrations.fhir.shapes import is_known
from app.integrations.fhir.wishes import Asked, read_wishes
from app.survival.applicability import Facts


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: entries with resources, what is wished, and the element they stand under."""

    entries: tuple[Entry, ...]
    wishes: Asked
    root: Element

    def of_kind(self, kind: str) -> list[Entry]:
        """The entries with resources of a kind."""
        return [entry for entry in self.entries if entry.resource.kind == kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The patient's facts, the level that is used, the references to both, and what to remark."""

    facts: Facts
    level: MeasurementFacts
    observation: Element
    subject: Mapping[str, Any]
    basis: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)
    remarks: tuple[str, ...] = ()


def read_sent(body: Element, most: int) -> Sent:
    """Take a body apart. Raises InvalidInput with every fault, TooLarge for too many entries."""
    faults: list[Fault] = []
    if body.kind == "Bundle":
        sent = Sent(tuple(entries_asked(body, most, faults)), Asked(), body)
    elif body.kind == "Parameters":
        entries, wishes = read_parameters(body, most, faults)
        sent = Sent(tuple(entries), read_wishes(wishes, RESOURCES, faults), body)
    else:
        detail = "Send a Bundle or Parameters with a Patient and CSF pNFH Observations."
        code = "unknown_resource" if body.kind else "missing"
        raise InvalidInput([body["resourceType"].fault(code, detail)])
    faults += [
        entry.resource["resourceType"].fault(
            "unknown_resource", "This must be a resource of FHIR R4."
        )
        for entry in sent.entries
        if not is_known(entry.resource.kind)
    ]
    if faults:
        raise InvalidInput(faults)
    return sent


def used_by(sent: Sent, codes: Codes) -> list[Element]:
    """The resources that an estimate is made of: their shape matters, that of others does not."""
    levels = [entry.resource for entry in sent.of_kind("Observation")]
    others = [*sent.of_kind("Patient"), *sent.of_kind("Specimen")]
    return [entry.resource for entry in others] + [one for one in levels if is_meant(one, codes)]


def read_asked(sent: Sent, codes: Codes) -> Read:
    """Read the facts and the latest level that stands. Raises InvalidInput with every fault."""
    used = used_by(sent, codes)
    places = {one.pointer for one in used}
    faults = circle_faults([entry for entry in sent.entries if entry.resource.pointer in places])
    faults += [fault for one in used for fault in contained_circles(one)]
    patient = _the_patient(sent, faults)
    levels = [one for one in sent.of_kind("Observation") if is_meant(one.resource, codes)]
    chosen = [one for one in levels if is_result(one.resource)] or levels
    if not chosen:
        detail = f"No Observation says that it is CSF pNFH: {PNFH_SYSTEM}|{PNFH_CODE}, for one."
        raise InvalidInput([*faults, _list_of(sent.root).fault("missing", detail)])
    specimens = sent.of_kind("Specimen")
    faults += _faults_of_subjects(chosen, patient, specimens)
    read = partial(read_level, codes=codes, specimens=_specimens(specimens))
    try:
        observation, level = read_latest([one.resource for one in chosen], read)
    except InvalidInput as error:
        raise InvalidInput([*faults, *error.faults]) from None
    if faults or patient is None:
        raise InvalidInput(faults)
    entry = next(one for one in chosen if one.resource.pointer == observation.pointer)
    return Read(
        facts=read_facts(patient.resource, level.collected_date),
        level=level,
        observation=observation,
        subject=_subject(observation, patient),
        basis=tuple(basis for basis in (_reference(entry), _reference(patient)) if basis),
        remarks=tuple(_remarks(patient.resource, observation, levels)),
    )


def _remarks(patient: Element, chosen: Element, levels: Iterable[Entry]) -> Iterator[str]:
    """What a reader should know beside the numbers, by the names of its words."""
    if is_deceased(patient):
        yield "has_died"
    if has_newer_draft(chosen, (one.resource for one in levels)):
        yield "newer_draft"


def _the_patient(sent: Sent, faults: list[Fault]) -> Entry | None:
    found = sent.of_kind("Patient")
    if len(found) == 1:
        return found[0]
    detail = "An estimate is about one patient: send one resource Patient."
    place = found[1].resource if found else _list_of(sent.root)
    faults.append(place.fault("repeated" if found else "missing", detail))
    return None


def _list_of(root: Element) -> Element:
    return root["entry" if root.kind == "Bundle" else "parameter"]


def _faults_of_subjects(
    levels: Iterable[Entry], patient: Entry | None, specimens: Sequence[Entry]
) -> list[Fault]:
    """Levels, and the specimens they refer to, of another patient than the one that was sent."""
    if patient is None:
        return []
    named = {one.resource["specimen"]["reference"].text for one in levels}
    about = [*levels, *(one for one in specimens if named & one.names)]
    return [fault for one in about for fault in _faults_of_subject(one, patient)]


def _faults_of_subject(one: Entry, patient: Entry) -> list[Fault]:
    """A level, or its specimen, whose subject is stated must be of the patient that was sent."""
    subject = one.resource["subject"]
    reference, identifier = subject["reference"], subject["identifier"]
    if reference.is_there:
        place, is_meant = reference, _means(reference.text or "", one.full_url, patient)
    elif identifier["value"].is_there:
        place, is_meant = identifier, _is_called(identifier, patient.resource)
    else:
        return []
    detail = "This is not the Patient that was sent: it is of somebody else."
    return [] if is_meant else [place.fault("another_patient", detail)]


def _means(reference: str, full_url: str | None, patient: Entry) -> bool:
    """Whether a reference leads to the patient.

    Where it does not tell a server, or the patient does not, the patient of that id is meant.
    """
    meant, place = full_reference(reference, full_url), patient.full_url or ""
    if meant.startswith("http") and place.startswith("http"):
        return meant == place
    own = patient.resource["id"].text
    return meant == place or (own is not None and f"/{meant}".endswith(f"/Patient/{own}"))


def _is_called(identifier: Element, patient: Element) -> bool:
    """Whether the patient has this identifier."""
    return any(
        (one["system"].value, one["value"].value)
        == (identifier["system"].value, identifier["value"].value)
        for one in patient["identifier"].each()
    )


def _specimens(entries: Iterable[Entry]) -> dict[str, Element]:
    return {name: entry.resource for entry in entries for name in entry.names}


def _subject(observation: Element, patient: Entry) -> Mapping[str, Any]:
    """As the Observation says it; else by the Patient's name."""
    stated = observation["subject"]["reference"].text
    reference = {"reference": stated} if stated else _reference(patient)
    return reference or {"type": "Patient", "display": "the patient that was sent"}


def _reference(entry: Entry) -> dict[str, str] | None:
    """A reference to what was sent, if it has a name."""
    known, kind = entry.resource["id"].text, entry.resource.kind
    if entry.full_url:
        return {"reference": entry.full_url}
    return {"reference": f"{kind}/{known}"} if known else None
