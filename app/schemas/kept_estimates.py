"""Estimates that are kept, on the wire: what is asked, what is kept, what a replay tells."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from app.schemas.answers import EstimateResponse, ServiceResponse
from app.schemas.estimates import Detail, WishesRequest, Word
from app.schemas.numbers import Described, Direction
from app.schemas.values import Between

DIGEST: Final = "SHA-256, written `sha256:…`"
GROUNDS: Final[dict[str, Any]] = {
    "id": "3d0c5f0e-2f5b-4c1b-9a55-9c1f6f1f2b11",
    "patient_id": "6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11",
    "created_by": "key:0b51a2f4-5b7f-4f0e-8d57-0c5c6d0c3c3e",
    "measurement_id": "0f0c8a52-5c0e-4f53-8d2e-4b6a4f6d5a90",
    "patient_version": 1,
}


class KeepEstimateRequest(WishesRequest):
    """What is wished of an estimate from a patient's record."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"times": [180, 365], "detail": "summary"}]},
    )

    assay_cv: Annotated[Decimal, Between()] | None = Field(
        None, description="the assay's coefficient of variation, in (0, 1]", examples=[0.08]
    )
    measurement_id: Word | None = Field(
        None,
        description="the level it is made from; the latest CSF pNFH if left out",
        examples=["0f0c8a52-5c0e-4f53-8d2e-4b6a4f6d5a90"],
    )


class KeptEvidence(Described):
    """Evidence in one version, by the bytes of its file."""

    id: str = Field(description="the evidence", examples=["mirocals-2025"])
    version: str = Field(description="its version", examples=["1"])
    digest: str = Field(description=f"of the evidence file: {DIGEST}")


class EstimateGrounds(Described):
    """What a kept estimate rests on, and to whom it was given when."""

    id: str = Field(description="the estimate's UUID")
    patient_id: str = Field(description="whose estimate it is")
    created_at: datetime = Field(description="when it was given, UTC")
    created_by: str = Field(description="to whom it was given: `key:…` or `token:…`")
    measurement_id: str = Field(description="the level it was made from")
    patient_version: int = Field(description="the patient's version whose facts were judged")
    evidence: KeptEvidence = Field(description="what it rests on")
    service: ServiceResponse = Field(description="who answered")


class KeptEstimateResponse(EstimateGrounds):
    """An estimate as it was given. It never changes."""

    language: Literal["en", "fr"] = Field(description="the language of its words")
    detail: Detail = Field(description="how much was asked for")
    digest: str = Field(description=f"of the bytes of `estimate`: {DIGEST}")
    estimate: EstimateResponse = Field(description="the answer, byte for byte")


class KeptEstimateItem(EstimateGrounds):
    """A kept estimate in a list: what it rests on, and in short what it says."""

    status: Literal["estimate", "no_estimate", "indeterminate"] = Field(
        description="as in the estimate"
    )
    stratum: str | None = Field(
        description="id of the stratum; null beside `indeterminate`", examples=["low"]
    )
    direction: Direction | None = Field(description="of the effect; null without an estimate")


class KeptEstimatePage(Described):
    """Some of a patient's kept estimates, in order of creation."""

    items: list[KeptEstimateItem] = Field(description="the estimates of this page")
    next_cursor: str | None = Field(description="goes on after these; null at the end")


class ReplayReason(Described):
    """Why the bytes are not the same."""

    code: Literal[
        "kept_bytes_changed",
        "evidence_not_there",
        "evidence_changed",
        "service_version_alone",
        "answer_differs",
    ] = Field(description="stable code")
    message: str = Field(description="the same in words")


class KeptSide(Described):
    """What was kept."""

    digest: str = Field(description=f"of the answer's bytes: {DIGEST}")
    evidence: KeptEvidence = Field(description="the evidence of then")
    service: ServiceResponse = Field(description="who answered then")


class ReplayedSide(Described):
    """What there is now."""

    digest: str | None = Field(description=f"of the answer's bytes, {DIGEST}; null without one")
    evidence: KeptEvidence | None = Field(description="the evidence of this id now, if there is")
    service: ServiceResponse = Field(description="who answers now")


class ReplayResponse(Described):
    """A kept estimate beside the same question answered now."""

    id: str = Field(description="the estimate")
    identical: bool = Field(description="whether every byte is the same")
    reason: ReplayReason | None = Field(description="null if identical")
    first_difference: str | None = Field(
        description="JSON Pointer into `estimate` of the first member that differs; null if none "
        "does, or if nothing could be computed",
        examples=["/service/version"],
    )
    kept: KeptSide = Field(description="as it was given")
    replayed: ReplayedSide = Field(description="as it is computed now")
