"""The audit trail on the wire: who did what with which record, and whether the chain is whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from app.schemas.values import read_instant

_PATIENT = "6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EVENT_EXAMPLE = {
    "sequence": 118,
    "at": "2024-03-05T09:32:00.120000Z",
    "principal": "key:0b51a2f4-5b7f-4f0e-8d57-0c5c6d0c3c3e",
    "role": "editor",
    "action": "record_measurement",
    "patient_id": _PATIENT,
    "record_id": "4c2f5a38-93a5-4a2b-8a76-0b8f7f3d9f10",
    "request_id": "0f8fad5bd9cb469fa16570867728950e",
    "status": 201,
    "outcome": "success",
    "count": None,
    "digest": _DIGEST,
}
PAGE_EXAMPLE = {"items": [EVENT_EXAMPLE], "next_cursor": None}
REPORT_EXAMPLE = {
    "valid": False,
    "first_sequence": 1,
    "last_sequence": 118,
    "events": 117,
    "head_digest": _DIGEST,
    "checkpoints": {
        "status": "read",
        "read": 4,
        "damaged": 0,
        "newest_sequence": 112,
        "newest_at": "2024-03-05T09:31:10.000000Z",
    },
    "faults_found": 1,
    "faults": [
        {
            "sequence": 17,
            "code": "events_missing",
            "detail": "Event 17 is missing. The next one cannot be checked.",
        }
    ],
}

Instant = Annotated[
    datetime,
    PlainValidator(read_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant with its zone (RFC 3339), in any year; it becomes UTC."""


class AuditQuery(BaseModel):
    """Which events are asked for. Nothing here tells of anybody's health."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(50, ge=1, le=200, description="most items to answer")
    cursor: str | None = Field(None, description="`next_cursor` of the page before, as it was")
    patient_id: UUID | None = Field(None, description="only events about this patient")
    action: str | None = Field(
        None,
        pattern=r"^[a-z_]{1,64}$",
        description="only this operation, by its `operationId`, or a command's name",
        examples=["get_patient"],
    )
    since: Instant | None = Field(
        None,
        description="only events at this time or later; with a zone",
        examples=["2024-03-05T00:00:00Z"],
    )
    until: Instant | None = Field(
        None, description="only events before this time", examples=["2024-03-06T00:00:00Z"]
    )


class AuditEvent(BaseModel):
    """One access: who, what, which record, when, and how it ended. Never a value of a patient."""

    model_config = ConfigDict(frozen=True)

    sequence: int = Field(description="place in the clinic's chain; without gaps", examples=[118])
    at: datetime = Field(description="when, UTC; later than every event before it")
    principal: str = Field(description="who: `key:…`, `token:…` or `command`")
    role: str = Field(description="as what: viewer, editor or admin")
    action: str = Field(description="what: the operation's id, or a command's name")
    patient_id: str | None = Field(description="about whom; null if about nobody in particular")
    record_id: str | None = Field(description="about which record of theirs, if one is named")
    request_id: str = Field(description="the request, as it was answered in `X-Request-ID`")
    status: int = Field(description="HTTP status of the answer", examples=[201])
    outcome: Literal["success", "refused", "failed"] = Field(description="how it ended")
    count: int | None = Field(description="how many records, where there can be several")
    digest: str = Field(description="seals this event and all before it: HMAC-SHA-256, hex")


class AuditPage(BaseModel):
    """A page of events, the newest first."""

    items: list[AuditEvent] = Field(description="the events of this page")
    next_cursor: str | None = Field(description="goes on after these; null at the end")


class Checkpoints(BaseModel):
    """The checkpoints of this clinic that are kept outside the database."""

    status: Literal["read", "missing", "damaged"] = Field(
        description="`missing`: no file yet; `damaged`: some lines are not as they were signed"
    )
    read: int = Field(description="how many of the clinic's checkpoints were compared")
    damaged: int = Field(description="how many lines of the file cannot be believed")
    newest_sequence: int | None = Field(description="the furthest event that a checkpoint knows")
    newest_at: datetime | None = Field(description="when that checkpoint was made, UTC")


class AuditFault(BaseModel):
    """One thing wrong with the chain."""

    sequence: int = Field(description="at which event", examples=[17])
    code: Literal[
        "head_missing", "head_changed", "event_changed", "events_missing", "event_surplus",
        "end_differs", "checkpoint_ahead", "checkpoint_differs", "begins_late",
    ] = Field(description="what is wrong")  # fmt: skip
    detail: str = Field(description="the same in words")


class AuditReport(BaseModel):
    """Whether a clinic's audit chain is whole."""

    valid: bool = Field(description="whether nothing at all is wrong")
    first_sequence: int = Field(description="the first event that is kept")
    last_sequence: int = Field(description="the last event, before this request's own")
    events: int = Field(description="how many were read")
    head_digest: str = Field(description="digest of the last event, as the chain's head names it")
    checkpoints: Checkpoints = Field(description="what the checkpoints were worth")
    faults_found: int = Field(description="how many faults there are")
    faults: list[AuditFault] = Field(description="the first hundred of them")
