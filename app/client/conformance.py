"""The call for the test vectors of a mapping."""

from __future__ import annotations

from app.client.call import Call
from app.client.reading import as_model
from app.schemas.conformance import ConformanceResponse


def read_conformance() -> Call[ConformanceResponse]:
    """All vectors: cases that a mapping of laboratory results must get right."""
    return Call("GET", "/v1/conformance", as_model(ConformanceResponse))
