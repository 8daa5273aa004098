"""The model card as it leaves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.schemas.answers import NoticeResponse
from app.schemas.evidence_file import FileFigureResponse
from app.schemas.numbers import Described


class AttributeResponse(Described):
    """One of the 31 source attributes of 45 CFR 170.315(b)(11)(iv)(B) (HTI-1)."""

    number: int = Field(description="1 to 31, in the order of the rule")
    id: str = Field(description="stable name", examples=["intended_use"])
    category: str = Field(description="the rule's category", examples=["purpose"])
    label: str = Field(description="what is asked, in words")
    reference: str = Field(description="its place in the rule", examples=["(2)(i)"])
    status: Literal["stated", "not_known", "not_applicable"] = Field(description="how it is known")
    value: str = Field(description="the attribute, or why there is none")


class InputsResponse(Described):
    """What must be known, and what may be."""

    required: list[str] = Field(description="inputs without which there is no answer")
    optional: list[str] = Field(description="inputs that sharpen the answer")


class ValidationResponse(Described):
    """What was done to find out whether the numbers hold."""

    internal: str = Field(description="against the source's own data")
    external: str = Field(description="against other data; says so if there was none")
    measures: dict[str, FileFigureResponse] = Field(description="published measures, by name")


class CredibilityAnswerResponse(Described):
    """One question about a subgroup finding, answered."""

    id: str = Field(description="stable name", examples=["prior_evidence"])
    instrument: Literal["iceman", "further"] = Field(
        description="iceman: a question of ICEMAN for one trial; further: beyond it"
    )
    question: str = Field(description="what is asked")
    answer: Literal["definitely_no", "probably_no_or_unclear", "probably_yes", "definitely_yes"] = (
        Field(description="a yes speaks for the finding")
    )
    because: str = Field(description="what the answer rests on")
    source: str | None = Field(description="key in the evidence's `sources`; null without one")


class CredibilityResponse(Described):
    """How far the finding that subgroups differ can be believed."""

    claim: str = Field(description="the finding")
    answers: list[CredibilityAnswerResponse] = Field(description="ICEMAN's five questions first")
    overall: Literal["very_low", "low", "moderate", "high"] = Field(description="the rating")
    judgement: str = Field(description="the same in words, and whose rating it is")


class CardResponse(Described):
    """What a reader must know before trusting the numbers. Its words are English."""

    id: str = Field(description="the evidence")
    version: str = Field(description="its version")
    kind: Literal["treatment_effect", "prognosis", "fitted"] = Field(
        description="what it lets one compute"
    )
    title: str = Field(description="what it is about")
    citation: str = Field(description="the publication")
    doi: str | None = Field(description="its DOI; null without one")
    digest: str = Field(description="SHA-256 of the evidence file")
    source_attributes: list[AttributeResponse] = Field(description="all 31")
    inputs: InputsResponse = Field(description="what is asked of the caller")
    validation: ValidationResponse = Field(description="whether the numbers hold")
    subgroup_credibility: CredibilityResponse | None = Field(
        description="null where no subgroups are compared"
    )
    limits: list[str] = Field(description="what the numbers cannot do")
    safety: str | None = Field(description="adverse events as reported; null for a prognosis")
    notices: list[NoticeResponse] = Field(description="what every answer says")
