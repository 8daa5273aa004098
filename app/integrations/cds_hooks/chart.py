"""The resources of one patient: what is anybody else's is refused, and the level is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

from app.clinic.measurement import MeasurementFacts
from app.errors import Fault, InvalidInput, TooLarge
from app.integrations.fhir.element import Element
from app.integrations.fhir.latest import has_newer_draft, is_result, newest_first, span_of
from app.integrations.fhir.levels import Codes, collected_of, is_meant, read_level
from app.integrations.fhir.shapes import misunderstood
from app.integrations.fhir.specimens import specimen_of

NEWEST_FIRST: Final = "-date"

_VERSION: Final = re.compile(r"/_history/[A-Za-z0-9.-]{1,64}$")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose resources are looked at: the patient's id, and the server it is an id of, if known."""

    patient_id: str
    server: str | None = None

    def is_meant_by(self, reference: str | None) -> bool:
        """Whether a reference is to this patient: relative, or absolute on the same server."""
        path = _VERSION.sub("", reference or "")
        base, found, kind = path.rpartition(f"Patient/{self.patient_id}")
        if not found or kind:
            return False
        if not base:
            return True
        is_known = self.server is None and urlsplit(base).scheme in {"http", "https"}
        return base.endswith("/") and (is_known or base.rstrip("/") == self.server)


@dataclass(slots=True)
class Results:
    """Observations of one patient, and what came with them, page by page."""

    owner: Owner
    codes: Codes
    most_entries: int
    observations: list[Element] = field(default_factory=list)
    specimens: dict[str, Element] = field(default_factory=dict)
    _entries: int = 0

    def add(self, sent: Element) -> None:
        """Add an Observation, or a page of a search.

        Raises InvalidInput with the element that is somebody else's or nothing known, and TooLarge.
        """
        faults: list[Fault] = []
        for resource, address in self._resources(sent, faults):
            if resource.kind == "Observation":
                faults += _owner_faults(resource["subject"]["reference"], self.owner)
                self.observations.append(resource)
            elif resource.kind == "Specimen":
                faults += self.keep(resource, address)
            elif resource.kind == "Patient":
                faults += patient_faults(resource, self.owner)
        if faults:
            raise InvalidInput(faults)

    def candidates(self) -> list[Element]:
        """The results that are looked at: those that stand, newest first.

        One with the antibody's code, or with a value that is no quantity, is among them, so that
        it is refused and not passed over.
        """
        found = [one for one in self.observations if is_result(one) and self._is_meant(one)]
        return newest_first(found)

    def has_newer_draft(self, chosen: Element) -> bool:
        """Whether a newer result than this one is not final yet."""
        return has_newer_draft(chosen, filter(self._is_meant, self.observations))

    def read(self, observation: Element) -> MeasurementFacts:
        """Read the level. Raises InvalidInput with every fault, each at its element."""
        specimen = specimen_of(observation, self.specimens)
        faults = misunderstood(observation) + ([] if specimen is None else misunderstood(specimen))
        try:
            level = read_level(observation, self.codes, self.specimens)
        except InvalidInput as error:
            raise InvalidInput([*faults, *error.faults]) from None
        if faults:
            raise InvalidInput(faults)
        return level

    def _is_meant(self, observation: Element) -> bool:
        return is_meant(observation, self.codes)

    def _resources(
        self, sent: Element, faults: list[Fault]
    ) -> Iterator[tuple[Element, str | None]]:
        if sent.kind == "Observation":
            yield sent, None
            return
        if sent.kind != "Bundle":
            detail = "This must be an Observation, or a Bundle of a search for them."
            faults.append(sent["resourceType"].fault("unknown_resource", detail))
            return
        if sent["entry"].is_there and not isinstance(sent["entry"].value, list):
            faults.append(sent["entry"].fault("wrong_type", "This must be a list of entries."))
        for entry in sent["entry"].each():
            self._entries += 1
            if self._entries > self.most_entries:
                raise TooLarge(f"More than {self.most_entries} entries are not read.")
            faults += _kind_faults(entry["resource"])
            yield entry["resource"], entry["fullUrl"].text

    def keep(self, specimen: Element, address: str | None) -> list[Fault]:
        """Keep a Specimen by its names; give what is wrong with it: that it is somebody else's."""
        names = (address, specimen["id"].text and f"Specimen/{specimen['id'].text}")
        self.specimens |= {name: specimen for name in names if name}
        whose = specimen["subject"]["reference"]
        return _owner_faults(whose, self.owner) if whose.is_there else []


def next_page(page: Element) -> Element | None:
    """The address of the page after this one, if there is one."""
    return next(
        (link["url"] for link in page["link"].each() if link["relation"].value == "next"), None
    )


def is_newest_first(page: Element) -> bool:
    """Whether the server itself says that this page is in the order that was asked for."""
    written = _own_address(page)
    try:
        return written is not None and parse_qs(urlsplit(written).query).get("_sort") == [
            NEWEST_FIRST
        ]
    except ValueError:
        return False


def may_be_newest_first(page: Element) -> bool:
    """Whether nothing on a page says that it is in another order than the one asked for."""
    if _own_address(page) is not None:
        return is_newest_first(page)
    resources = (entry["resource"] for entry in page["entry"].each())
    days = [span_of(one).start for one in resources if one.kind == "Observation"]
    return days == sorted(days, reverse=True)


def _own_address(page: Element) -> str | None:
    links = (one["url"].text for one in page["link"].each() if one["relation"].value == "self")
    return next(links, None)


def is_dated(observation: Element) -> bool:
    """Whether it is known when the sample was taken."""
    return collected_of(observation) is not None


def patient_faults(patient: Element, owner: Owner) -> list[Fault]:
    """What is wrong with a Patient: another kind of resource, or somebody else."""
    if patient.kind != "Patient":
        detail = "This must be the Patient of the context."
        return [patient["resourceType"].fault("unknown_resource", detail)]
    if patient["id"].value != owner.patient_id:
        detail = "This is another patient than the context's."
        return [patient["id"].fault("another_patient", detail)]
    return misunderstood(patient)


def is_failure(sent: Element) -> bool:
    """Whether the client, or its server, says that this could not be had."""
    if sent.kind != "Bundle":
        return sent.kind == "OperationOutcome"
    found = [entry["resource"] for entry in sent["entry"].each()]
    is_empty = not any(one.kind == "Observation" for one in found)
    return is_empty and any(_is_error(one) for one in found if one.kind == "OperationOutcome")


def _is_error(outcome: Element) -> bool:
    return any(one["severity"].text in {"error", "fatal"} for one in outcome["issue"].each())


def _kind_faults(resource: Element) -> list[Fault]:
    """What is wrong with what an entry brings: nothing, or a Bundle whose results nobody sees."""
    kind = resource["resourceType"]
    if resource.kind is None:
        return [kind.fault("missing", "Each entry must have a resource that says what it is.")]
    if resource.kind == "Bundle":
        return [kind.fault("unknown_resource", "A Bundle in a Bundle is not read: send its own.")]
    return []


def _owner_faults(reference: Element, owner: Owner) -> list[Fault]:
    if owner.is_meant_by(reference.text):
        return []
    if not reference.is_there:
        return [reference.fault("missing", "An Observation must say whose it is.")]
    return [reference.fault("another_patient", "This is of another patient than the context's.")]
