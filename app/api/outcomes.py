"""How a door that tells errors as OperationOutcomes documents them."""

from __future__ import annotations

from typing import Any, Final

from app.api.dialects import FHIR
from app.api.problems import KINDS, example_of
from app.integrations.fhir.operation_outcome import operation_outcome

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    },
}


def outcome_responses(*statuses: int, media_type: str = FHIR) -> dict[int | str, dict[str, Any]]:
    """The OperationOutcomes a route may answer with, for its OpenAPI description."""
    return {status: _documented(status, media_type) for status in statuses}


def _documented(status: int, media_type: str) -> dict[str, Any]:
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    examples = {
        kind.slug: {"summary": kind.title, "value": operation_outcome(example_of(kind))}
        for kind in kinds
    }
    return {
        "description": "; ".join(kind.title for kind in kinds),
        "content": {media_type: {"schema": SCHEMA, "examples": examples}},
    }
