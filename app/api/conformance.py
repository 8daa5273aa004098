"""`/v1/conformance`: cases that a mapping of laboratory results must get right."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request, Response

from app.api.json_route import JsonRoute
from app.api.negotiation import choose_media_type, header, holds
from app.api.problems import UNCHANGED, problem_responses
from app.integrations.conformance.vectors import read_vectors
from app.schemas.conformance import ConformanceResponse

JSON: Final = "application/json"
CACHING: Final = {"cache-control": "no-cache", "vary": "accept", "content-language": "en"}

router = APIRouter(tags=["operations"], route_class=JsonRoute)


def example() -> dict[str, Any]:
    """An answer and a refusal of the vectors."""
    document = read_vectors().document
    shown = [one for one in document["vectors"] if one["id"] in {"ng-ml-1.5", "unit-small-ml"}]
    return document | {"vectors": shown}


@router.get(
    "/v1/conformance",
    summary="Read the test vectors",
    response_description="all vectors of this version",
    response_model=ConformanceResponse,
    responses=UNCHANGED
    | problem_responses(406, 422)
    | {200: {"content": {JSON: {"example": example()}}}},
)
async def read_conformance(request: Request) -> Response:
    """Cases with what must come of them, each as a native body and as a FHIR Bundle.

    Units, cut points from both sides, comparators, refusals, and which of several levels is used.
    `python -m app conformance URL` plays them against another system and scores it.
    """
    sent = request.scope["headers"]
    choose_media_type(header(sent, b"accept"), (JSON,))
    body, etag = _written()
    headers = CACHING | {"etag": etag}
    if holds(header(sent, b"if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, JSON)


@cache
def _written() -> tuple[bytes, str]:
    """Write the vectors once: they never change while the service runs."""
    body = orjson.dumps(read_vectors().document)
    return body, f'"{sha256(body).hexdigest()[:32]}"'
