"""Routes that speak FHIR: which media types they read and write, and how they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Body, Query, Request, Response

from app.api.addresses import base_of
from app.api.dialects import FHIR, FHIR_DOOR, JSON
from app.api.negotiation import choose_media_type, header, holds
from app.api.records.record_route import RecordRoute
from app.api.records.reply import NO_STORE, write_json
from app.errors import NotAcceptable, UnsupportedMediaType
from app.integrations.fhir.element import Element
from app.integrations.fhir.searchset import weak_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.clinic.audit import Head
    from app.db.audit import AuditRepository
    from app.errors import Fault

FORMATS: Final = {
    "json": FHIR, FHIR: FHIR, JSON: JSON,
    "application/fhir json": FHIR,  # a + that nobody encoded
}  # fmt: skip
"""Value of `_format` -> the media type of the answer."""

VERSION: Final = "4.0"
VERSIONS: Final = {VERSION, "4.0.1"}
"""How R4 is called in a media type: by the standard, and by some."""

ANSWERED: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string", "description": "which resource it is"}},
    "additionalProperties": True,
}
"""A resource in OpenAPI: its shape is FHIR's, and stands in the specification."""

Format = Annotated[
    str | None,
    Query(alias="_format", description="json or its media types, in the place of Accept"),
]
Sent = Annotated[dict[str, Any], Body(media_type=FHIR)]


class FhirResponse(Response):
    """A resource."""

    media_type = FHIR


class FhirRoute(RecordRoute):
    """A route about a clinic's records that speaks FHIR."""

    media_types = (FHIR, JSON)

    async def read_sent(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        """Choose the form of the answer, then read what was sent."""
        negotiate(request)
        return await super().read_sent(request, model, heeded(faults, request))


class FhirAskingRoute(FhirRoute):
    """Reads, though it is a POST: waits for no writer, and keeps none of its answers."""

    remembers = False
    changes_cohort = False

    async def take_turn(self, request: Request, audit: AuditRepository) -> Head | None:
        """Let writers go on."""
        del request, audit
        return None


def negotiate(request: Request, sent: str | None = None) -> None:
    """Choose the answer's media type: by `_format`, perhaps of a form that was sent, or by Accept.

    Raises NotAcceptable and UnsupportedMediaType for XML, and for versions other than R4.
    """
    accepted = header(request.scope["headers"], b"accept")
    if _names_another_version(accepted):
        raise NotAcceptable(f"This speaks FHIR R4: fhirVersion={VERSION}.")
    if _names_another_version(request.headers.get("content-type", "")):
        raise UnsupportedMediaType(f"This reads FHIR R4: fhirVersion={VERSION}.")
    written = request.query_params.get("_format", sent)
    if written is None:
        request.state.media_type = choose_media_type(accepted, (FHIR, JSON))
        return
    kind = FORMATS.get(written.partition(";")[0].strip().lower())
    if kind is None or _names_another_version(written):
        raise NotAcceptable(f"This can be had as {FHIR}, {JSON} or json, in R4.")
    request.state.media_type = kind


def _names_another_version(written: str) -> bool:
    """Whether a media type asks for a FHIR version that is not this one."""
    parameters = [part.strip() for part in written.replace(",", ";").split(";")]
    named = {one.partition("=")[2].strip('" ') for one in parameters if _is_version(one)}
    return bool(named - VERSIONS)


def _is_version(parameter: str) -> bool:
    return parameter.partition("=")[0].strip().lower() == "fhirversion"


def is_lenient(request: Request) -> bool:
    """Whether the caller would rather have unknown parameters passed over (R4, 3.1.1.1)."""
    wishes = header(request.scope["headers"], b"prefer").replace(";", ",").split(",")
    return "handling=lenient" in [wish.strip().lower() for wish in wishes]


def heeded(faults: list[Fault], request: Request) -> list[Fault]:
    """The faults of the address that the caller would not rather have passed over."""
    lenient = is_lenient(request)
    return [fault for fault in faults if not (lenient and fault.code == "unknown_field")]


def note_whose(request: Request, patient_ids: Iterable[str]) -> None:
    """Have the audit name the patient, where the records that are told or kept are of one alone."""
    whose = set(patient_ids)
    if len(whose) == 1:
        request.state.patient_id = whose.pop()


def door_of(request: Request) -> str:
    """The address of the FHIR door, as links and references begin."""
    return base_of(request) + FHIR_DOOR


def resource_of(body: dict[str, Any], request: Request) -> Element:
    """The resource that was sent; faults are told from its name on."""
    sent = Element(body)
    request.state.root = sent.kind or ""
    return sent


def answer(
    request: Request, resource: Mapping[str, Any], status: int = 200, **headers: str
) -> Response:
    """Answer with a resource, in the form that was chosen."""
    media_type: str = request.state.media_type
    return Response(write_json(resource), status, NO_STORE | headers, media_type)


def answer_version(
    request: Request, resource: Mapping[str, Any], version: int, if_none_match: str | None
) -> Response:
    """Answer with a resource in a version, or 304 if the caller has it already."""
    tag = weak_tag(version)
    if if_none_match and holds(if_none_match, tag.removeprefix("W/")):
        return Response(status_code=304, headers=NO_STORE | {"etag": tag})
    return answer(request, resource, etag=tag)


def told(description: str, status: int = 200) -> dict[Any, Any]:
    """Describe in OpenAPI an answer that is a resource; its example is added when it is asked."""
    return {status: {"description": description, "content": {FHIR: {"schema": ANSWERED}}}}
