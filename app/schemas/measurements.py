"""Measurements on the wire: a level as the laboratory reports it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.free_text import REACHES_NOBODY
from app.schemas.values import SAFE, Between, DayOrInstant, as_stated

Word = Annotated[str, Field(max_length=64), SAFE]


EXAMPLE: Final[dict[str, Any]] = {
    "biomarker": "pnfh",
    "value": 1.5,
    "unit": "ng/mL",
    "specimen": "csf",
    "collected_at": "2024-03-04",
}
KEPT_EXAMPLE: Final[dict[str, Any]] = {
    "id": "0f0c8a52-5c0e-4f53-8d2e-4b6a4f6d5a90",
    "patient_id": "6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11",
    **EXAMPLE,
    "comparator": None,
    "assay": None,
    "created_at": "2024-03-05T09:31:00Z",
}


class MeasurementRequest(BaseModel):
    """A level of a patient. The number is kept with the digits it was written with."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    biomarker: Word = Field(
        description="what was measured", json_schema_extra={"enum": ["pnfh"]}, examples=["pnfh"]
    )
    value: Annotated[Decimal, Between()] = Field(
        description="the number as reported, greater than 0", examples=[1500, 1.5]
    )
    unit: Word = Field(
        description="UCUM unit of the number, case-sensitive",
        json_schema_extra={"enum": ["pg/mL", "ng/L", "ng/mL", "ug/L"]},
        examples=["pg/mL"],
    )
    specimen: Word = Field(
        description="what it was measured in: cerebrospinal fluid alone",
        json_schema_extra={"enum": ["csf"]},
        examples=["csf"],
    )
    comparator: Word | None = Field(
        None,
        description="if only a bound was reported: the level is below or above the number",
        json_schema_extra={"enum": ["<", "<=", ">", ">=", None]},
        examples=["<"],
    )
    assay: Annotated[str, Field(max_length=200), SAFE, REACHES_NOBODY] | None = Field(
        None, description="the assay's name", examples=["ELISA kit, lot 7"]
    )
    collected_at: DayOrInstant | None = Field(
        None,
        description="day or instant of collection; without it the measurement sorts as the oldest",
        examples=["2024-01-15", "2024-01-15T09:30:00Z"],
    )


class MeasurementResponse(BaseModel):
    """A measurement as the service keeps it. It never changes."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="the service's own identifier: a UUID")
    patient_id: str = Field(description="whose level it is")
    biomarker: str = as_stated(MeasurementRequest, "biomarker")
    value: float = as_stated(MeasurementRequest, "value")
    unit: str = as_stated(MeasurementRequest, "unit")
    specimen: str = as_stated(MeasurementRequest, "specimen")
    comparator: str | None = as_stated(MeasurementRequest, "comparator")
    assay: str | None = as_stated(MeasurementRequest, "assay")
    collected_at: date | datetime | None = as_stated(MeasurementRequest, "collected_at")
    created_at: datetime = Field(description="when the measurement was kept, UTC")


class MeasurementPage(BaseModel):
    """Some of a patient's measurements, in order of creation."""

    items: list[MeasurementResponse] = Field(description="the measurements of this page")
    next_cursor: str | None = Field(description="goes on after these; null at the end")
