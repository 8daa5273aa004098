"""Why there is no token, in the words of OAuth, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from app.schemas.smart import CLIENT_CREDENTIALS, JWT_BEARER, OAuthError

FORM_EXAMPLE: Final = {
    "grant_type": CLIENT_CREDENTIALS,
    "client_assertion_type": JWT_BEARER,
    "client_assertion": "eyJhbGciOiJFUzM4NCJ9.e30.c2lnbmF0dXJl",
    "scope": "system/Patient.rs",
}

_TOLD: Final = {
    400: ("invalid_scope", "The form or the scopes are wrong", "There is no such scope."),
    401: ("invalid_client", "The client did not prove itself", "The assertion is not good."),
    408: ("invalid_request", "The form stopped arriving", "The body stopped arriving."),
    413: ("invalid_request", "The form is too large", "A body may hold 16777216 bytes at most."),
    415: ("invalid_request", "The body is no form", "Send a form, not encoded."),
    429: ("invalid_request", "Too many tries", "Too many wrong tokens came from this address."),
    503: ("temporarily_unavailable", "Something is away", "The database does not answer."),
}


def oauth_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals that a route may answer with, for its OpenAPI description."""
    return {status: _documented(*_TOLD[status]) for status in statuses}


def _documented(error: str, description: str, detail: str) -> dict[str, Any]:
    example = {"error": error, "error_description": detail}
    return {
        "model": OAuthError,
        "description": description,
        "content": {"application/json": {"example": example}},
    }
