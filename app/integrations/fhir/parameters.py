"""The resources and the wishes of an operation, out of a Bundle or out of Parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.errors import Fault, TooLarge
from app.integrations.fhir.bundle import Entry, bundle_faults, entries_of, member_faults
from app.integrations.fhir.element import Element
from app.integrations.fhir.shapes import misunderstood
from app.integrations.fhir.wishes import is_wish

TYPES: Final = ("collection", "searchset", "document", "message")
ADVICE: Final = "What is to be kept goes to POST /fhir as a transaction."
MOST_WISHES: Final = 200

RESOURCES: Final = {
    "bundle": "Bundle",
    "patient": "Patient",
    "observation": "Observation",
    "specimen": "Specimen",
}
"""Parameter that brings a resource -> its kind. Under any other name the kind speaks for itself."""


def entries_asked(bundle: Element, most: int, faults: list[Fault]) -> list[Entry]:
    """Give the entries of a Bundle; what is wrong with it becomes faults. Raises TooLarge."""
    entries = entries_of(bundle, most)
    faults += bundle_faults(bundle, TYPES, ADVICE)
    return entries


def read_parameters(
    body: Element, most: int, faults: list[Fault]
) -> tuple[list[Entry], list[Element]]:
    """Give the resources, and the parameters that bring none. Raises TooLarge."""
    faults += [*member_faults(body, "Parameters"), *misunderstood(body)]
    entries: list[Entry] = []
    wishes: list[Element] = []
    for one in _parameters(body, faults):
        resource = one["resource"]
        if is_wish(one) or not (resource.is_there or _brings(one)):
            wishes.append(one)
        elif resource.kind == "Bundle":
            entries += entries_asked(resource, most, faults)
        else:
            entries.append(Entry(one))
        if len(entries) > most or len(wishes) > MOST_WISHES:
            detail = f"Parameters may bring {most} resources and {MOST_WISHES} wishes at most."
            raise TooLarge(detail)
    return entries, wishes


def _parameters(part: Element, faults: list[Fault]) -> Iterator[Element]:
    """The parameters, with the parts of those that are made of others in their place."""
    for one in part["parameter" if part.kind == "Parameters" else "part"].each():
        faults += [*member_faults(one, "parameter"), *misunderstood(one)]
        if one["part"].is_there:
            yield from _parameters(one, faults)
            continue
        faults += _name_faults(one)
        yield one


def _name_faults(one: Element) -> list[Fault]:
    """A parameter has a name; one that says which resource it brings must bring it."""
    kind = _brings(one)
    if one["resource"].is_there and not one["name"].text:
        return [one["name"].fault("missing", "A parameter has a name.")]
    if kind is not None and one["resource"].kind != kind:
        detail = f"The parameter {one['name'].told} brings a resource {kind}."
        return [one["resource"].fault("wrong_type", detail)]
    return []


def _brings(parameter: Element) -> str | None:
    """The kind of resource that a parameter of this name brings, where the name says it."""
    return RESOURCES.get(parameter["name"].text or "")
