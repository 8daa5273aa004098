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

OAUTH_FAULTS: Final = {"invalid_scope", "unsupported_grant_type"}
OAUTH_ERRORS: Final = {
    "unauthorized": "invalid_client",
    "unavailable": "temporarily_unavailable",
    "internal-error": "server_error",
}
"""Slug of a problem -> the word of RFC 6749; of all others, the request is invalid."""


def tell(request: Request, problem: Mapping[str, Any]) -> tuple[bytes, str, int]:
    """Write a problem in the language of the door, and say which media type and status that has.

    A CDS Hooks call that is not let in is told nothing at all: 401, and no reason.
    """
    path, status = str(request.scope["path"]), int(problem["status"])
    if _is_under(path, FHIR_DOOR):
        return orjson.dumps(operation_outcome(problem, _root(request))), FHIR, status
    if _is_under(path, CDS_DOOR):
        told = b"" if status == 401 else orjson.dumps(operation_outcome(problem))
        return told, JSON, status
    if path == TOKEN_DOOR:
        refusal = {"error": _oauth_error(problem), "error_description": problem["detail"]}
        return orjson.dumps(refusal), JSON, 400 if status == 422 else status
    return orjson.dumps(problem), PROBLEM, status


def _oauth_error(problem: Mapping[str, Any]) -> str:
    codes = [fault["code"] for fault in problem.get("errors", ())]
    if len(codes) == 1 and codes[0] in OAUTH_FAULTS:
        return str(codes[0])
    slug = str(problem["type"]).rpartition("/")[2]
    return OAUTH_ERRORS.get(slug, "invalid_request")


def _is_under(path: str, door: str) -> bool:
    return path == door or path.startswith(f"{door}/")


def _root(request: Request) -> str:
    """The resource that pointers start from, once a route has read which one was sent."""
    return str(getattr(request.state, "root", "") or "")
