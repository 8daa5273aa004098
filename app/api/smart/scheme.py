"""How the OpenAPI document says that a client's token opens a door."""

from __future__ import annotations

from typing import Any, Final

from app.api.dialects import TOKEN_DOOR
from app.api.smart.configuration import SCOPES

NAME: Final = "SmartToken"
_KEY: Final[dict[str, list[str]]] = {"ApiKey": []}
_ADMINS: Final = {"erase", "list_audit", "verify_audit"}

_DEEDS: Final = {"rs": "read and search", "cruds": "read, search, create, change and delete"}
_SCHEME: Final[dict[str, Any]] = {
    "type": "oauth2",
    "description": "A token of a registered client (SMART Backend Services), good for five "
    "minutes. Under `/fhir` its scopes are for the kind of resource. Elsewhere reading needs "
    "`system/*.rs` and writing `system/*.cruds`. An admin's deeds need a key.",
    "flows": {
        "clientCredentials": {
            "tokenUrl": TOKEN_DOOR,
            "scopes": {scope: _DEEDS[scope.rpartition(".")[2]] for scope in SCOPES},
        }
    },
}


def show_tokens(openapi: dict[str, Any]) -> None:
    """Say of every operation that a key opens that a token does too, but for an admin's."""
    openapi["components"]["securitySchemes"][NAME] = _SCHEME
    for path in openapi["paths"].values():
        for operation in path.values():
            if _KEY in operation["security"] and operation["operationId"] not in _ADMINS:
                operation["security"] = [*operation["security"], {NAME: []}]
