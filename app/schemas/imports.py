"""Imports on the wire: what of a file was kept, and what was wrong with the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE: Final[dict[str, Any]] = {
    "id": "3b1f0c52-8d3e-4c55-9a55-0f9d2c6b7e10",
    "created_at": "2024-03-05T09:30:00Z",
    "mode": "skip_invalid",
    "on_duplicate": "reject",
    "rows_total": 3,
    "rows_accepted": 2,
    "rows_rejected": 1,
    "patients_added": 1,
    "patients_changed": 0,
    "measurements_added": 2,
    "errors": [
        {
            "row": 4,
            "column": "alsfrs_r",
            "code": "less_than_equal",
            "detail": "This must be less than or equal to 48.",
        }
    ],
}


class ImportFault(BaseModel):
    """One thing wrong with a file."""

    model_config = ConfigDict(extra="forbid")

    row: int | None = Field(
        description="line of the file; the header is line 1; null if it is about the whole file"
    )
    column: str | None = Field(description="column; null if the fault is in none of them")
    code: str = Field(description="stable code of the rule")
    detail: str = Field(description="what would help")


class ImportResponse(BaseModel):
    """How an import went."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="the service's own identifier: a UUID")
    created_at: datetime = Field(description="when it was carried out, UTC")
    mode: Literal["all_or_nothing", "skip_invalid"] = Field(description="as asked for")
    on_duplicate: Literal["reject", "update"] = Field(description="as asked for")
    rows_total: int = Field(description="rows of the file, without the header and blank ones")
    rows_accepted: int = Field(description="rows that were kept, or say what is kept already")
    rows_rejected: int = Field(description="rows with a fault")
    patients_added: int = Field(description="patients who are new")
    patients_changed: int = Field(description="patients who have a new version")
    measurements_added: int = Field(description="measurements that are new")
    errors: list[ImportFault] = Field(description="faults by row and column; 10,000 are told")
