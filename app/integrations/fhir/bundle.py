"""Bundles that were sent: their entries, and which of them a reference leads to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.errors import Fault, TooLarge
from app.integrations.fhir.element import Element
from app.integrations.fhir.shapes import misunderstood

MEMBERS: Final = {
    "Bundle": "resourceType id meta implicitRules language identifier type timestamp total link "
    "entry signature",
    "entry": "id extension link fullUrl resource search request response",
    "Parameters": "resourceType id meta implicitRules language parameter",
    "parameter": "id extension modifierExtension name resource part",
}
"""What a Bundle, Parameters and each of theirs may have in R4; a parameter, a value[x] besides."""

_SERVER: Final = re.compile(r"(https?://.+/)[A-Z][A-Za-z]+/[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a Bundle."""

    element: Element

    @property
    def resource(self) -> Element:
        """The resource that it brings."""
        return self.element["resource"]

    @property
    def full_url(self) -> str | None:
        """The name by which other entries refer to it."""
        return self.element["fullUrl"].text

    @property
    def names(self) -> set[str]:
        """All names by which a reference may mean this entry's resource."""
        known, kind = self.resource["id"].text, self.resource.kind
        own = {f"{kind}/{known}"} if known and kind else set()
        return own | ({self.full_url} if self.full_url else set())


def entries_of(bundle: Element, most: int) -> list[Entry]:
    """Give the entries in order. Raises TooLarge if there are more than are read at once."""
    entries = [Entry(element) for element in bundle["entry"].each()]
    if len(entries) > most:
        raise TooLarge(f"A Bundle may hold {most} entries at most; send several.")
    return entries


def bundle_faults(bundle: Element, types: Collection[str], advice: str) -> list[Fault]:
    """Find what is wrong with a Bundle itself, and with its entries around their resources."""
    faults = [*member_faults(bundle, "Bundle"), *misunderstood(bundle)]
    kind = bundle["type"]
    if kind.value not in types:
        detail = f"This must be a Bundle of the type {' or '.join(types)}. {advice}"
        faults.append(kind.fault("wrong_bundle_type", detail))
    listed = bundle["entry"]
    if not isinstance(listed.value, list) or not listed.value:
        faults.append(listed.fault("missing", "The Bundle must have entries: a JSON list."))
    for element in listed.each():
        faults += member_faults(element, "entry")
    return faults + _twice_named(Entry(element) for element in listed.each())


def circle_faults(entries: Sequence[Entry]) -> list[Fault]:
    """Find references among entries that come back to their start."""
    names = {name: at for at, entry in enumerate(entries) for name in entry.names}
    return _circles(
        {
            at: [(ref, names.get(ref.value)) for ref in references_in(entry.resource)]
            for at, entry in enumerate(entries)
        }
    )


def contained_circles(resource: Element) -> list[Fault]:
    """Find circles among the resources that one contains. `#` alone, the container, makes none."""
    inner = list(resource["contained"].each())
    names = {f"#{one['id'].value}": at for at, one in enumerate(inner)}
    return _circles(
        {
            at: [(ref, names.get(ref.value)) for ref in references_in(one)]
            for at, one in enumerate(inner)
        }
    )


def references_in(part: Element) -> Iterator[Element]:
    """Every literal reference anywhere in a resource, but for those in what it contains."""
    if isinstance(part.value, Mapping):
        if part["reference"].text:
            yield part["reference"]
        for name in part.value:
            if name != "contained":
                yield from references_in(part[name])
    for inner in part.each():
        yield from references_in(inner)


def _circles(leads: Mapping[int, Sequence[tuple[Element, int | None]]]) -> list[Fault]:
    """Walk from everything along its references; meeting what is still being walked is a circle."""
    walked: set[int] = set()
    faults = []
    for start in leads:
        path, todo = {start}, [(start, iter(leads[start]))]
        while todo:
            here, references = todo[-1]
            reference, there = next(references, (None, None))
            if reference is None or here in walked:
                todo.pop()
                path.discard(here)
                walked.add(here)
            elif there in path:
                detail = f"The reference {reference.told} goes round in a circle."
                faults.append(reference.fault("circular_reference", detail))
            elif there is not None and there not in walked:
                path.add(there)
                todo.append((there, iter(leads[there])))
    return faults


def full_reference(reference: str, full_url: str | None) -> str:
    """A reference as R4 reads it in a Bundle: a relative one is to what is beside the referrer.

    `full_url` is that of the entry that refers. Which version is meant is left out.
    """
    versionless = reference.partition("/_history/")[0]
    server = _SERVER.fullmatch(full_url or "")
    is_relative = ":" not in versionless and not versionless.startswith("#")
    return f"{server[1]}{versionless}" if server and is_relative else versionless


def member_faults(element: Element, what: str) -> list[Fault]:
    """Find members that R4 does not know around resources."""
    if not isinstance(element.value, Mapping):
        return [element.fault("not_an_object", "This must be a JSON object.")]
    known = MEMBERS[what].split()
    detail = f"FHIR R4 has no such element here: there is {', '.join(known)}."
    return [
        element[name].fault("unknown_element", detail)
        for name in element.value
        if name.removeprefix("_") not in known
        and not (what == "parameter" and name.removeprefix("_").startswith("value"))
    ]


def _twice_named(entries: Iterator[Entry]) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for entry in entries:
        if entry.full_url in seen:
            detail = "Another entry has this fullUrl already: a reference would mean both."
            faults.append(entry.element["fullUrl"].fault("repeated", detail))
        seen |= {entry.full_url} if entry.full_url else set()
    return faults
