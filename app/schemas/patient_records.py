"""What is kept beyond a patient's facts, on the wire: the past, all that is held, a tombstone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from app.schemas.kept_estimates import KeptEstimateResponse
from app.schemas.measurements import MeasurementResponse
from app.schemas.patients import PatientRequest, PatientResponse


class PatientPatch(BaseModel):
    """A JSON Merge Patch (RFC 7396): what is sent is changed, null takes away, the rest stays."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe it by the fields that may be changed; their rules are judged on the whole."""
        del schema, handler
        whole = PatientRequest.model_json_schema()
        return {
            "title": "PatientPatch",
            "description": cls.__doc__,
            "type": "object",
            "properties": whole["properties"],
            "additionalProperties": False,
            "examples": [{"vital_status": "dead", "follow_up_days": 412, "arm": None}],
        }


class PatientVersion(BaseModel):
    """A patient as they were in one version, and who made it."""

    model_config = ConfigDict(frozen=True)

    version: int = Field(description="counts the changes, from 1", examples=[1])
    change: Literal["created", "imported", "updated", "deleted"] = Field(
        description="what was done", examples=["created"]
    )
    changed_at: datetime = Field(description="when, UTC", examples=["2024-03-05T09:30:00Z"])
    changed_by: str = Field(
        description="by whom: `key:…`, `token:…`, `command`, or `unknown` before this was kept",
        examples=["key:6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11"],
    )
    patient: PatientResponse = Field(description="the patient in this version")


class PatientHistory(BaseModel):
    """The versions of a patient, the first one first."""

    items: list[PatientVersion] = Field(description="the versions of this page")
    next_cursor: str | None = Field(description="goes on after these; null at the end")


class HeldMeasurement(MeasurementResponse):
    """A measurement, deleted or not."""

    deleted_at: datetime | None = Field(description="when it was deleted, UTC; null if it was not")


class HeldEstimate(KeptEstimateResponse):
    """An estimate that was kept for the patient, with the question it answers."""

    question: dict[str, Any] = Field(description="all that the answer was computed from")


class Access(BaseModel):
    """One access to the patient's record, from the audit chain."""

    model_config = ConfigDict(frozen=True)

    sequence: int = Field(description="place in the clinic's audit chain")
    at: datetime = Field(description="when, UTC")
    principal: str = Field(description="who")
    action: str = Field(description="what: the operation's id")
    outcome: Literal["success", "refused", "failed"] = Field(description="how it ended")


class Holdings(BaseModel):
    """Everything that is held on one patient."""

    patient_id: str = Field(description="whom this is about")
    versions: list[PatientVersion] = Field(description="every version, the first one first")
    measurements: list[HeldMeasurement] = Field(description="every measurement, deleted ones too")
    estimates: list[HeldEstimate] = Field(description="every kept estimate")
    accesses: list[Access] = Field(description="every access so far, this one not included")


class Tombstone(BaseModel):
    """What is left of a patient who was erased."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "patient_id": "6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11",
                    "erased_at": "2024-03-05T09:32:00Z",
                    "erased_by": "key:0b51a2f4-5b7f-4f0e-8d57-0c5c6d0c3c3e",
                }
            ]
        },
    )

    patient_id: str = Field(description="who was erased")
    erased_at: datetime = Field(description="when, UTC")
    erased_by: str = Field(description="by whom")
