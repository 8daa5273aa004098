"""The shape of a resource by the specification: which elements there are, and of what type.

Judged by `fhir.resources` (R4B, whose Patient, Observation and Specimen are those of R4). It turns
62.10 into 62.1: values are read from the resource as it was sent, never from its models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from app.errors import Fault
from app.integrations.fhir.element import Element
from app.schemas.validation import pointer_to
from app.schemas.wording import words_of

MOST_FAULTS: Final = 50
"""Faults told of the shape of one resource."""

_KIND: Final = re.compile(r"[A-Z][A-Za-z]{2,60}")
_NOT_PLACES: Final = {"root", "[key]"}
"""Words in the place of a fault that name no element."""

MEANINGS: Final = {
    "extra_forbidden": (
        "unknown_element",
        "FHIR R4 has no such element here: it is misspelt, or of another version.",
    ),
    "model_field_validation.missing": ("missing", "This element is required."),
    "json_invalid": ("not_an_object", "This must be a JSON object."),
    "date_from_datetime_parsing": ("not_a_date", "This must be a date of the calendar."),
    "date_parsing": ("not_a_date", "This must be a date of the calendar."),
    "datetime_from_date_parsing": ("not_a_date", "This must be a date or an instant."),
    "datetime_parsing": ("not_a_date", "This must be a date or an instant."),
    "model_validation_format": (
        "wrong_type",
        "This must be one JSON object of the element's type.",
    ),
}
"""What the library finds, in words that name none of its classes."""


def is_known(kind: str | None) -> bool:
    """Whether R4 has a resource of this name."""
    return _model(kind or "") is not None


def shape_faults(resource: Element) -> list[Fault]:
    """Find what is wrong with a resource's shape, each fault at its element."""
    kinds = _kind_faults(resource)
    if kinds:
        return kinds
    try:
        _model(resource.kind or "").model_validate(resource.value)
    except ValidationError as error:
        found = [_fault(one, resource) for one in error.errors()[:MOST_FAULTS]]
        return found + misunderstood(resource)
    return misunderstood(resource)


def together(of_shape: list[Fault], others: Iterable[Fault]) -> list[Fault]:
    """All faults, but one for each place: what has not its shape is not judged a second time."""
    told = [fault.pointer for fault in of_shape]
    return of_shape + [one for one in others if not any(_is_near(one.pointer, at) for at in told)]


def _is_near(pointer: str, other: str) -> bool:
    """Whether one place is the other, lies in it, or holds it."""
    return f"{pointer}/".startswith(f"{other}/") or f"{other}/".startswith(f"{pointer}/")


def _kind_faults(resource: Element) -> list[Fault]:
    """Resources that R4 does not know, here and contained: the library would stumble over them."""
    if not resource.kind:
        detail = "This must be a resource: an object with a resourceType."
        return [resource["resourceType"].fault("missing", detail)]
    found = []
    for one in (resource, *resource["contained"].each()):
        if not is_known(one.kind):
            detail = f"FHIR R4 has no resource {one['resourceType'].told}."
            found.append(one["resourceType"].fault("unknown_resource", detail))
    return found


def misunderstood(resource: Element) -> list[Fault]:
    """Elements that change what all others mean, which nobody may overlook (R4, 2.1.0.4)."""
    detail = "This changes the meaning of the resource in a way that is not understood here."
    places = (resource["implicitRules"], resource["modifierExtension"])
    return [place.fault("not_understood", detail) for place in places if place.is_there]


def _fault(found: Any, resource: Element) -> Fault:
    place = [step for step in found["loc"] if step not in _NOT_PLACES]
    told = MEANINGS.get(found["type"]) or words_of(found)
    return Fault(pointer_to(place), *told).under(resource.pointer)


@lru_cache(maxsize=256)
def _model(kind: str) -> Any:
    """The library's class of a resource; None if R4 has none of that name."""
    from fhir.resources.R4B import get_fhir_model_class
    from fhir.resources.R4B.resource import Resource

    if not _KIND.fullmatch(kind):
        return None
    try:
        found = get_fhir_model_class(kind)
    except ValueError:
        return None
    return found if issubclass(found, Resource) else None
