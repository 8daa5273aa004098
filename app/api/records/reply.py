"""How what is kept is answered: its bytes, its ETag, pages with a Link, and never in a cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlencode

import orjson
from fastapi import Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.clinic.kept_estimate import KeptEstimate
from app.clinic.measurement import Measurement
from app.clinic.page import Page
from app.clinic.patient import Patient

Responses: TypeAlias = dict[int | str, dict[str, Any]]

NO_STORE: Final = {"cache-control": "no-store"}


class PageQuery(BaseModel):
    """Which part of a list is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(50, ge=1, le=200, description="most items to answer")
    cursor: str | None = Field(None, description="`next_cursor` of the page before, as it was")


PageDep = Annotated[PageQuery, Query()]
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="ETags you have already: 304 if nothing changed"),
]

_TAG: Final = {"description": "Changes whenever this does.", "schema": {"type": "string"}}
_PLACE: Final = {"description": "Where it is now.", "schema": {"type": "string"}}
_NEXT: Final = {"description": "The next page, if there is one.", "schema": {"type": "string"}}
_UNCHANGED: Final = {"description": "You have it already."}

CREATED: Final[Responses] = {201: {"headers": {"ETag": _TAG, "Location": _PLACE}}}
CHANGED: Final[Responses] = {200: {"headers": {"ETag": _TAG}}}
READ: Final[Responses] = {200: {"headers": {"ETag": _TAG}}, 304: _UNCHANGED}
LISTED: Final[Responses] = {200: {"headers": {"ETag": _TAG, "Link": _NEXT}}, 304: _UNCHANGED}


def show_patient(patient: Patient) -> dict[str, Any]:
    """Lay a patient out as PatientResponse describes it, covariates by name as they are kept."""
    facts = {field.name: getattr(patient.facts, field.name) for field in fields(patient.facts)}
    facts["covariates"] = dict(sorted(facts["covariates"].items()))
    times = {"created_at": patient.created_at, "updated_at": patient.updated_at}
    return {"id": patient.id} | facts | times


def show_measurement(measurement: Measurement) -> dict[str, Any]:
    """Lay a measurement out as MeasurementResponse describes it."""
    facts = measurement.facts
    shown = {field.name: getattr(facts, field.name) for field in fields(facts)}
    ids = {"id": measurement.id, "patient_id": measurement.patient_id}
    return ids | shown | {"created_at": measurement.created_at}


def show_kept_estimate(kept: KeptEstimate) -> dict[str, Any]:
    """Lay an estimate out as KeptEstimateResponse describes it, its answer byte for byte."""
    shown = show_grounds(kept)
    words = {"language": kept.question["language"], "detail": kept.question["detail"]}
    answer = {"digest": f"sha256:{kept.body_digest}", "estimate": orjson.Fragment(kept.body)}
    return shown | words | answer


def show_grounds(kept: KeptEstimate) -> dict[str, Any]:
    """Lay out what an estimate rests on, and to whom it was given when."""
    return {
        "id": kept.id,
        "patient_id": kept.patient_id,
        "created_at": kept.created_at,
        "created_by": kept.created_by,
        "measurement_id": kept.measurement_id,
        "patient_version": kept.patient_version,
        "evidence": show_evidence(kept),
        "service": {"version": kept.service_version},
    }


def show_evidence(kept: KeptEstimate) -> dict[str, str]:
    """Lay out the evidence of an estimate, in the version that was used."""
    evidence_id, version = kept.evidence_id, kept.evidence_version
    return {"id": evidence_id, "version": version, "digest": kept.evidence_digest}


def tag_of_digest(digest: str) -> str:
    """Write the tag of what never changes: it names its bytes."""
    return f'"{digest[:32]}"'


def tag_of_bytes(body: bytes) -> str:
    """Write the tag of what may change: it follows the content."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def answer_created(document: Mapping[str, Any], location: str, etag: str) -> Response:
    """Answer 201 with what was kept, where it is, and its tag."""
    headers = NO_STORE | {"location": location, "etag": etag}
    return Response(write_json(document), 201, headers, "application/json")


def answer_read(document: Mapping[str, Any], etag: str, if_none_match: str | None) -> Response:
    """Answer 200 with the document, or 304 if the caller has it already."""
    return _answer(write_json(document), NO_STORE | {"etag": etag}, if_none_match)


def answer_page(
    request: Request,
    items: list[dict[str, Any]],
    page: Page[Any],
    query: PageQuery,
    if_none_match: str | None,
) -> Response:
    """Answer a page of a list; `Link` asks for the next one, the tag follows the content.

    The audit event of the request tells how many items were shown.
    """
    request.state.count = len(items)
    body = write_json({"items": items, "next_cursor": page.next_cursor})
    headers = NO_STORE | {"etag": tag_of_bytes(body)}
    if page.next_cursor is not None:
        given = request.query_params.multi_items()
        kept = [(name, value) for name, value in given if name not in {"limit", "cursor"}]
        asked = urlencode([*kept, ("limit", query.limit), ("cursor", page.next_cursor)])
        headers["link"] = f'<{request.scope["path"]}?{asked}>; rel="next"'
    return _answer(body, headers, if_none_match)


def write_json(document: Mapping[str, Any]) -> bytes:
    """Write JSON in which every decimal has exactly the digits it came with."""
    return orjson.dumps(document, _digits, orjson.OPT_UTC_Z)


def _answer(body: bytes, headers: dict[str, str], if_none_match: str | None) -> Response:
    if _has(if_none_match or "", headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


def _has(if_none_match: str, etag: str) -> bool:
    given = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in given or etag in given


def _digits(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(type(value).__name__)
