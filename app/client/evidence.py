"""Calls about what the estimates rest on; with a key, the clinic's own evidence too."""

from __future__ import annotations

from app.client.call import Call
from app.client.reading import as_model
from app.client.writing import write_path, write_query
from app.schemas.card import CardResponse
from app.schemas.evidence import (
    EvidenceDifferenceResponse,
    EvidenceListResponse,
    EvidenceResponse,
)


def list_evidence() -> Call[EvidenceListResponse]:
    """All evidence in short."""
    return Call("GET", "/v1/evidence", as_model(EvidenceListResponse))


def read_evidence(evidence_id: str) -> Call[EvidenceResponse]:
    """One evidence file, number by number."""
    return Call("GET", write_path("v1", "evidence", evidence_id), as_model(EvidenceResponse))


def read_card(evidence_id: str) -> Call[CardResponse]:
    """The model card: what to know before trusting the numbers."""
    path = write_path("v1", "evidence", evidence_id, "card")
    return Call("GET", path, as_model(CardResponse))


def compare_evidence(
    evidence_id: str, other: str, *, levels: str | None = None
) -> Call[EvidenceDifferenceResponse]:
    """What differs between two, and at levels (pg/mL, commas between)."""
    path = write_path("v1", "evidence", evidence_id, "diff", other)
    query = write_query(pnfh=levels)
    return Call("GET", path, as_model(EvidenceDifferenceResponse), query=query)
