"""Feedback on cards: the wire form of the standard, and the summary of it in our own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.schemas.values import SAFE, Day, latest_day, read_instant

MOST_AT_ONCE: Final = 1_000
FEEDBACK_EXAMPLE: Final[dict[str, Any]] = {
    "feedback": [
        {
            "card": "0f0c8a52-5c0e-4f53-8d2e-4b6a4f6d5a90",
            "outcome": "overridden",
            "overrideReason": {
                "reason": {"system": "urn:neurostrata:override-reason", "code": "not-now"}
            },
            "outcomeTimestamp": "2026-11-28T10:05:31Z",
        }
    ]
}
SUMMARY_EXAMPLE: Final[dict[str, Any]] = {
    "since": "2026-11-01",
    "until": "2026-11-30",
    "cards": {"info": 41, "warning": 12, "none": 230},
    "outcomes": {"accepted": 3, "overridden": 17},
    "reasons": [
        {"system": "urn:neurostrata:override-reason", "code": "not-now", "count": 9},
        {"system": "urn:neurostrata:override-reason", "code": "unlike-the-trial", "count": 8},
    ],
    "with_comment": 2,
    "months": [
        {
            "month": "2026-11",
            "cards": {"info": 41, "warning": 12, "none": 230},
            "outcomes": {"accepted": 3, "overridden": 17},
        }
    ],
}


def _read_past_instant(value: object) -> datetime:
    instant = read_instant(value)
    if instant.date() > latest_day():
        raise PydanticCustomError("date_in_the_future", "This date lies in the future.")
    return instant


OutcomeInstant = Annotated[
    datetime,
    PlainValidator(_read_past_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
System = Annotated[str, Field(max_length=255), SAFE]
Code = Annotated[str, Field(max_length=64), SAFE]


class _Wire(BaseModel):
    """A part of the standard's wire form: it says that unknown members are to be ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, validate_by_name=False)


class ReasonCoding(_Wire):
    """The reason that was chosen. Its words are not kept, nor a code that is made of words."""

    code: Code = Field(
        description="code of the reason; what may be a text about a patient is kept as `other`"
    )
    system: System | None = Field(None, description="where the code is defined")


class OverrideReason(_Wire):
    """Why a card was set aside."""

    reason: ReasonCoding | None = Field(None, description="the reason chosen from a list")
    user_comment: str | None = Field(
        None,
        alias="userComment",
        max_length=65_536,
        description="a comment. It is not kept, since it can name a patient; that there was one is",
    )


class AcceptedSuggestion(_Wire):
    """A suggestion that was accepted. The service makes none."""

    id: str = Field(max_length=200, description="`uuid` of the suggestion")


class CardOutcome(_Wire):
    """What became of one card."""

    card: UUID = Field(description="`uuid` of the card")
    outcome: Literal["accepted", "overridden"] = Field(description="what the user did with it")
    accepted_suggestions: list[AcceptedSuggestion] | None = Field(
        None, alias="acceptedSuggestions", max_length=100, description="not kept"
    )
    override_reason: OverrideReason | None = Field(
        None, alias="overrideReason", description="why it was set aside, if that was told"
    )
    outcome_timestamp: OutcomeInstant = Field(
        alias="outcomeTimestamp", description="when it was done"
    )


class FeedbackRequest(_Wire):
    """Feedback on one card or more, as CDS Hooks has it."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, json_schema_extra={"examples": [FEEDBACK_EXAMPLE]}
    )

    feedback: list[CardOutcome] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="one entry for each card"
    )


class FeedbackResponse(BaseModel):
    """How much was taken in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"received": 1}]})

    received: int = Field(description="entries taken in", examples=[1])


class SummaryQuery(BaseModel):
    """Which days are asked about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Day | None = Field(None, description="first day, in UTC", examples=["2026-11-01"])
    until: Day | None = Field(None, description="last day, in UTC", examples=["2026-11-30"])


class CardNumbers(BaseModel):
    """Calls that were answered, by the card that was given."""

    info: int = Field(description="cards that inform")
    warning: int = Field(description="cards about a level at which more died with the treatment")
    none: int = Field(description="calls for which there was nothing to say")


class OutcomeNumbers(BaseModel):
    """Cards that feedback came for."""

    accepted: int = Field(description="cards that were accepted")
    overridden: int = Field(description="cards that were set aside")


class ReasonNumber(BaseModel):
    """How often a card was set aside for a reason."""

    system: str | None = Field(description="where the code is defined")
    code: str | None = Field(
        description="the reason; `other` for what was no code, null where none was told"
    )
    count: int = Field(description="cards set aside for it")


class MonthNumbers(BaseModel):
    """The numbers of one month."""

    month: str = Field(description="YYYY-MM, in UTC", examples=["2026-11"])
    cards: CardNumbers = Field(description="calls answered in this month")
    outcomes: OutcomeNumbers = Field(description="outcomes of this month")


class FeedbackSummaryResponse(BaseModel):
    """What became of a clinic's cards. Nothing here is about a patient."""

    model_config = ConfigDict(json_schema_extra={"examples": [SUMMARY_EXAMPLE]})

    since: date | None = Field(description="first day")
    until: date | None = Field(description="last day")
    cards: CardNumbers = Field(description="calls answered")
    outcomes: OutcomeNumbers = Field(description="the last word on each card")
    reasons: list[ReasonNumber] = Field(description="why cards were set aside, the commonest first")
    with_comment: int = Field(description="cards with a comment, which is not kept")
    months: list[MonthNumbers] = Field(description="the same by month")
