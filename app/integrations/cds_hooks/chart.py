"""The resources of one patient: what is anybody else's is refused, and the level is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Final
from urllib.parse import parse_qs, urlsplit

from app.clinic.measurement import MeasurementFacts
from app.errors import Fault, InvalidInput, TooLarge
from app.integrations.fhir.codes import ANTIBODIES
from app.integrations.fhir.element import Element, is_coded
from app.integrations.fhir.levels import FINAL, Codes, collected_of, is_about_pnfh, read_level

NEWEST_FIRST: Final = "-date"
QUANTITY: Final = "valueQuantity"

_WRITTEN: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(.+))?)?)?", re.ASCII)
_UNREADABLE: Final = datetime.max.replace(tzinfo=UTC)
_VALUE: Final = re.compile(r"value[A-Z][A-Za-z]*")
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
                faults += _owner_faults(resource, self.owner)
                self.observations.append(resource)
            elif resource.kind == "Specimen":
                self._keep(resource, address)
            elif resource.kind == "Patient":
                faults += patient_faults(resource, self.owner)
        if faults:
            raise InvalidInput(faults)

    def candidates(self) -> list[Element]:
        """The results that are looked at: those that stand, newest first.

        One with the antibody's code, or with a value that is no quantity, is among them, so that
        it is refused and not passed over. Of those with the same time the last one sent comes
        first, as everywhere here.
        """
        found = [one for one in self.observations if _has_a_value(one) and self._is_meant(one)]
        found.reverse()
        return sorted(found, key=_collected, reverse=True)

    def read(self, observation: Element) -> MeasurementFacts:
        """Read the level. Raises InvalidInput with every fault, each at its element."""
        written = _value_of(observation)
        if written not in {QUANTITY, None}:
            detail = f"A level is read from a {QUANTITY} alone: its number, unit and comparator."
            raise InvalidInput([observation[str(written)].fault("not_a_quantity", detail)])
        return read_level(observation, self.codes, self.specimens)

    def _is_meant(self, observation: Element) -> bool:
        is_antibody = is_coded(observation["code"], ANTIBODIES)
        return is_about_pnfh(observation, self.codes) or is_antibody

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
            if entry["resource"].kind is None:
                detail = "Each entry must have a resource that says what it is."
                faults.append(entry["resource"]["resourceType"].fault("missing", detail))
            yield entry["resource"], entry["fullUrl"].text

    def _keep(self, specimen: Element, address: str | None) -> None:
        names = (address, specimen["id"].text and f"Specimen/{specimen['id'].text}")
        self.specimens |= {name: specimen for name in names if name}


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
    days = [_collected(one) for one in resources if one.kind == "Observation"]
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
    return []


def is_deceased(patient: Element | None) -> bool:
    """Whether the Patient is known to have died: there is nothing to advise then."""
    if patient is None:
        return False
    return patient["deceasedBoolean"].value is True or patient["deceasedDateTime"].is_there


def is_failure(sent: Element) -> bool:
    """Whether the client says that it could not fetch this."""
    return sent.kind == "OperationOutcome"


def _has_a_value(observation: Element) -> bool:
    """Whether a result is final and says something: others are not looked at."""
    return observation["status"].text in FINAL and _value_of(observation) is not None


def _value_of(observation: Element) -> str | None:
    """The name of the element that has the value: of several the quantity, which is then read."""
    members = observation.value if isinstance(observation.value, dict) else {}
    there = [name for name in members if _VALUE.fullmatch(name) and members[name] is not None]
    return QUANTITY if QUANTITY in there else next(iter(there), None)


def _owner_faults(observation: Element, owner: Owner) -> Iterable[Fault]:
    reference = observation["subject"]["reference"]
    if owner.is_meant_by(reference.text):
        return []
    if not reference.is_there:
        return [reference.fault("missing", "An Observation must say whose it is.")]
    return [reference.fault("another_patient", "This is of another patient than the context's.")]


def _collected(observation: Element) -> datetime:
    """When the sample was taken, for the order alone: undated oldest, unreadable newest.

    So what cannot be read is never passed over in favour of something older.
    """
    written = collected_of(observation)
    if written is None:
        return datetime.min.replace(tzinfo=UTC)
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        return _UNREADABLE
    try:
        if found[4]:
            instant = datetime.fromisoformat(written.upper())
            return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        day = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return _UNREADABLE
    return datetime.combine(day, time.min, UTC)
