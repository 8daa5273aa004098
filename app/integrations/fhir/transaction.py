"""A transaction that was sent: Patients and Observations to be kept, all of them or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.clinic.measurement import MeasurementFacts
from app.clinic.patient import PatientFacts
from app.errors import Fault, InvalidInput
from app.integrations.fhir.bundle import Entry, bundle_faults, circle_faults, contained_circles
from app.integrations.fhir.element import Element
from app.integrations.fhir.levels import Codes, read_level
from app.integrations.fhir.patient_in import Left, left_of_meta, read_patient
from app.integrations.fhir.shapes import is_known

KINDS: Final = ("Patient", "Observation")
TYPES: Final = ("transaction",)
ADVICE: Final = "Only transactions are kept: all of their entries, or none."
KEPT: Final = {
    "resourceType", "id", "meta", "status", "category", "code", "subject", "specimen", "method",
    "contained", "effectiveDateTime", "effectiveInstant", "effectivePeriod", "valueQuantity",
}  # fmt: skip
"""What of an Observation is kept, or says what is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A resource that was read and can be kept."""

    resource: Element
    facts: PatientFacts | MeasurementFacts
    left: tuple[Left, ...]
    identifier: Element | None = None
    full_url: str | None = None
    if_none_exist: Element | None = None

    @property
    def subject(self) -> Element:
        """The reference to the patient, of an Observation."""
        return self.resource["subject"]["reference"]


def transaction_faults(bundle: Element, entries: list[Entry]) -> list[Fault]:
    """Find what is wrong with a transaction around its resources, and circles among entries."""
    faults = bundle_faults(bundle, TYPES, ADVICE)
    for entry in entries:
        faults += _request_faults(entry)
    return faults + circle_faults(entries)


def read_draft(
    resource: Element,
    codes: Codes,
    system: str,
    *,
    full_url: str | None = None,
    condition: Element | None = None,
) -> Draft:
    """Read one resource, perhaps of an entry. Raises InvalidInput with every fault.

    `system` is that of the pseudonym, `condition` the search that must find nothing.
    """
    if resource.kind == "Patient":
        read = read_patient(resource, system)
        return Draft(
            resource=resource,
            facts=read.facts,
            left=read.left,
            identifier=read.identifier,
            full_url=full_url,
            if_none_exist=condition,
        )
    return Draft(
        resource=resource,
        facts=_read_level(resource, codes),
        left=_left(resource),
        full_url=full_url,
        if_none_exist=condition,
    )


def _read_level(resource: Element, codes: Codes) -> MeasurementFacts:
    faults = contained_circles(resource)
    if resource["subject"]["reference"].text is None:
        detail = "Say whose level it is: subject.reference, such as Patient/…."
        faults.append(resource["subject"].fault("missing", detail))
    try:
        facts = read_level(resource, codes)
    except InvalidInput as error:
        raise InvalidInput([*faults, *error.faults]) from None
    if faults:
        raise InvalidInput(faults)
    return facts


def contradictions(draft: Draft, met: PatientFacts | MeasurementFacts) -> list[Fault]:
    """Find why whom a condition met is somebody else than the Patient that was sent.

    To take one for the other would give the levels beside it to the wrong patient.
    """
    sent = draft.facts
    if not isinstance(sent, PatientFacts) or not isinstance(met, PatientFacts):
        return []
    places = {
        "identifier": draft.identifier or draft.resource["identifier"],
        "sex": draft.resource["gender"],
        "birth_year": draft.resource["birthDate"],
    }
    detail = "The condition meets a patient of whom something else is known here."
    pairs = [(getattr(sent, name), getattr(met, name), place) for name, place in places.items()]
    return [
        place.fault("contradiction", detail)
        for stated, known, place in pairs
        if stated is not None and known is not None and stated != known
    ]


def kind_faults(entry: Entry) -> list[Fault]:
    """Find fault with resources that are not kept here, or that nobody knows."""
    kind = entry.resource["resourceType"]
    if entry.resource.kind in KINDS:
        return []
    if not kind.is_there:
        return [entry.resource.fault("missing", "An entry brings a resource to be kept.")]
    known = is_known(entry.resource.kind)
    detail = f"{kind.told} is not kept here: " if known else f"FHIR R4 has no {kind.told}: "
    advice = " Send it contained in its Observation." if entry.resource.kind == "Specimen" else ""
    detail += f"there is {' and '.join(KINDS)}.{advice}"
    return [kind.fault("unknown_resource", detail)]


def _request_faults(entry: Entry) -> list[Fault]:
    request = entry.element["request"]
    faults = []
    if request["method"].value != "POST":
        detail = "Entries of a transaction are created here: the method must be POST."
        faults.append(request["method"].fault("not_supported", detail))
    if entry.resource.kind in KINDS and request["url"].value != entry.resource.kind:
        detail = f"The address of this entry's request must be {entry.resource.kind}."
        faults.append(request["url"].fault("wrong_address", detail))
    known = {"method", "url", "ifNoneExist", "id", "extension"}
    if isinstance(request.value, dict):
        faults += [
            request[name].fault("not_supported", "This is not supported for what is created.")
            for name in request.value
            if name not in known
        ]
    return faults


def _left(resource: Element) -> tuple[Left, ...]:
    detail = "This is not kept: a level has a value, a unit, a day, an assay and a patient."
    left = [Left(resource[name].pointer, detail) for name in resource.value if name not in KEPT]
    if resource["status"].value != "final":
        left.append(Left(resource["status"].pointer, "Only that the result stands is kept."))
    period = resource["effectivePeriod"]
    if period["start"].is_there and period["end"].is_there:
        left.append(Left(period["end"].pointer, "Only the start of the period is kept."))
    return (*left, *left_of_meta(resource))
