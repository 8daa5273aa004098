"""Problem details (RFC 9457): what every error looks like."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ProblemFault(BaseModel):
    """One thing wrong with the request."""

    model_config = ConfigDict(extra="forbid")

    pointer: str = Field(description="JSON Pointer to the field", examples=["/pnfh/unit"])
    code: str = Field(description="stable code of the rule", examples=["unit_not_supported"])
    detail: str = Field(description="what would help", examples=["The unit must be pg/mL …"])
    row: int | None = Field(default=None, description="line of an imported file")
    column: str | None = Field(default=None, description="column of an imported file")


class Problem(BaseModel):
    """What went wrong, and what would help. Nothing of the request's content is repeated."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="address of a readable page", examples=["/problems/not-found"])
    title: str = Field(description="the kind of problem in words")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="this occurrence in words")
    instance: str = Field(description="the path that was asked")
    request_id: str = Field(description="to quote when asking for help")
    errors: list[ProblemFault] = Field(default=[], description="every fault at once")
