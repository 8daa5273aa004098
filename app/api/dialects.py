"""In which language an error is told: that of the door that was knocked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from app.integrations.fhir.operation_outcome import operation_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

PROBLEM: Final = "application/problem+json"
FHIR: Final = "application/fhir+json"
JSON: Final = "application/json"

FHIR_DOOR: Final = "/fhir"
CDS_DOOR: Final = "/cds-services"
TOKEN_DOOR: Final = "/oauth/token"  # noqa: S105 - an address

OAUTH_ERRORS: Final = {
    "unauthorized": "invalid_client",
    "unavailable": "temporarily_unavailable",
    "internal-error": "server_error",
}
"""Slug of a problem -> the word of RFC 6749; of all others, the request is invalid."""


def tell(request: Request, problem: Mapping[str, Any]) -> tuple[bytes, str]:
    """Write a problem in the language of the door, and say which media type that is.

    A CDS Hooks call that is not let in is told nothing at all: 401, and no reason.
    """
    path = str(request.scope["path"])
    if _is_under(path, FHIR_DOOR):
        return orjson.dumps(operation_outcome(problem, _root(request))), FHIR
    if _is_under(path, CDS_DOOR):
        if problem["status"] == 401:
            return b"", JSON
        return orjson.dumps(operation_outcome(problem)), JSON
    if path == TOKEN_DOOR:
        slug = str(problem["type"]).rpartition("/")[2]
        error = OAUTH_ERRORS.get(slug, "invalid_request")
        return orjson.dumps({"error": error, "error_description": problem["detail"]}), JSON
    return orjson.dumps(problem), PROBLEM


def _is_under(path: str, door: str) -> bool:
    return path == door or path.startswith(f"{door}/")


def _root(request: Request) -> str:
    """The resource that pointers start from, once a route has read which one was sent."""
    return str(getattr(request.state, "root", "") or "")
