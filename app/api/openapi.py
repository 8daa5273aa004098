"""How the API introduces itself in its OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.api.problems import MEDIA_TYPE
from app.api.smart.scheme import show_tokens
from app.schemas.estimates import BatchItem, BatchRequest, WishesQuery

if TYPE_CHECKING:
    from collections.abc import Collection

    from fastapi.routing import APIRoute

DESCRIPTION = """\
Biomarker-guided survival estimates in ALS. Send a CSF pNFH level; the answer holds the stratum,
the estimated effect of low-dose interleukin-2 (MIROCALS, Lancet 2025), and survival with and
without it.

Every number comes with its source, its kind (`published`, `derived`, `modelled`, `fitted`) and its
interval. "No estimate" is an answer. The trial's primary result, which was not significant, stands
beside every other. For research use: not a medical device; interleukin-2 is not approved for ALS.

Errors are problem details (RFC 9457) that name every field at fault. Estimates and evidence are
open; everything about patients needs an API key and sees its own clinic alone.
"""

TAGS = [
    {"name": "estimates", "description": "Estimates from a level; nothing is stored."},
    {"name": "evidence", "description": "What the estimates rest on, number by number."},
    {"name": "prognosis", "description": "A personal prognosis without treatment (ENCALS)."},
    {"name": "patients", "description": "A clinic's patients, their levels and estimates."},
    {"name": "cohort", "description": "A clinic's own patients: how they fare, and why."},
    {"name": "transfer", "description": "Many patients at once: files in and out."},
    {"name": "audit", "description": "Who did what with which record, and the proof of it."},
    {
        "name": "clinic software",
        "description": "How a clinic's own systems come in: CDS Hooks, FHIR and SMART.",
    },
    {"name": "operations", "description": "Whether the service lives and can work."},
]

SCHEMAS = "#/components/schemas/"
CONTACT = {"name": "neurostrata contributors"}
LICENCE = {"name": "MIT", "identifier": "MIT"}


def operation_id(route: APIRoute) -> str:
    """The endpoint's own name: it stays when the path or the framework changes."""
    return route.name


def finish(openapi: dict[str, Any]) -> None:
    """Say what FastAPI leaves unsaid: which media type errors have, and that open is open."""
    for path in openapi["paths"].values():
        for operation in path.values():
            operation.setdefault("security", [])
            for status, response in operation["responses"].items():
                if status >= "400" and _is_problem(response):
                    _as_problem(response)
    show_tokens(openapi)
    schemas = openapi["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    # Bodies that are read item by item are declared by hand; these are their shapes.
    for model in (BatchItem, BatchRequest):
        schema = model.model_json_schema(ref_template=SCHEMAS + "{model}")
        found = schema.pop("$defs", {}) | {model.__name__: schema}
        schemas |= {name: _without_null_defaults(one) for name, one in found.items()}
    schemas["BatchRequest"]["properties"]["items"]["items"] = {"$ref": f"{SCHEMAS}BatchItem"}


def declared_parameters(names: Collection[str]) -> list[dict[str, Any]]:
    """Query parameters of a route that reads its query itself, as WishesQuery describes them.

    Without their defaults: generated clients send those, and a JSON batch has no query.
    """
    found = WishesQuery.model_json_schema()["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema.pop("description"),
            "schema": {word: said for word, said in schema.items() if word != "default"},
        }
        for name, schema in found.items()
        if name in names
    ]


def _without_null_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """Take away defaults that are null, as FastAPI does: what may be left out is not required."""
    for member in schema["properties"].values():
        if member.get("default", ...) is None:
            del member["default"]
    return schema


def _is_problem(response: dict[str, Any]) -> bool:
    """Whether it is told as a problem: other systems' doors tell errors in their own languages."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return bool(schema.get("$ref") == f"{SCHEMAS}Problem")


def _as_problem(response: dict[str, Any]) -> None:
    content = response["content"]
    schema = content.pop("application/json")["schema"]
    content[MEDIA_TYPE] = {"schema": schema} | content.get(MEDIA_TYPE, {})
