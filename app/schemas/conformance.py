"""Test vectors on the wire: one case told in two dialects, and what must come of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from app.schemas.answers import Comparator
from app.schemas.numbers import Described, sometimes

Dialect = Literal["native", "fhir"]


class ExpectedRatio(Described):
    """The hazard ratio that is published for the stratum."""

    value: float = Field(description="the ratio")
    lower: float = Field(description="lower 95 % limit")
    upper: float = Field(description="upper 95 % limit")


class ExpectedLevel(Described):
    """The level as it must have been used."""

    value: float = Field(description="pg/mL")
    comparator: Comparator = sometimes("only if the level is a bound")


class ExpectedProblem(Described):
    """The refusal that must come."""

    slug: str = Field(description="the problem's kind", examples=["unit-not-supported"])
    code: str = sometimes("code of the fault in the native dialect")
    pointer: str = sometimes("JSON Pointer to the field at fault in the native body")
    fhir_code: str = sometimes("code of the issue in the OperationOutcome; any where left out")
    expression: str = sometimes("FHIRPath of the element at fault in the Bundle")


class Expectation(Described):
    """What must come of a vector: an answer, or a refusal."""

    status_code: int = Field(description="the HTTP status", examples=[200])
    status: Literal["estimate", "no_estimate", "indeterminate"] = sometimes("of an answer")
    reason: str = sometimes("code of the reason why there is no estimate")
    stratum: str = sometimes("id of the stratum")
    possible_strata: list[str] = sometimes("ids, where a bound leaves several possible")
    hazard_ratio: ExpectedRatio = sometimes("only beside an estimate")
    used: ExpectedLevel = sometimes("of an answer")
    problem: ExpectedProblem = sometimes("of a refusal")


class VectorResponse(Described):
    """One case."""

    id: str = Field(description="stable name of the case", examples=["ng-ml-1.5"])
    title: str = Field(description="the case in words")
    catches: str = Field(description="the fault of a mapping that this case finds")
    native: dict[str, Any] | None = Field(
        description="body for POST /v1/estimates; null where only FHIR can say it"
    )
    fhir: dict[str, Any] = Field(description="Bundle for POST /fhir/$pnfh-survival")
    expect: Expectation = Field(description="what must come of it in either dialect")


class DialectDoor(Described):
    """Where a dialect is spoken, and how."""

    method: Literal["POST"] = Field(description="the HTTP method")
    path: str = Field(description="path below the address of the system that is scored")
    media_type: str = Field(description="`Content-Type` of the body, and `Accept`")
    needs_key: bool = Field(description="whether this service asks for a key there")


class DialectDoors(Described):
    """Where each dialect is spoken."""

    native: DialectDoor = Field(description="where `native` of a vector is sent")
    fhir: DialectDoor = Field(description="where `fhir` of a vector is sent")

    def of(self, dialect: Dialect) -> DialectDoor:
        """Give the door of one dialect."""
        return self.native if dialect == "native" else self.fhir


class ConformanceResponse(Described):
    """Cases that a mapping of laboratory results must get right."""

    version: str = Field(description="a released vector never changes within it")
    digest: str = Field(
        description="SHA-256 of `vectors`, written as JSON with sorted names and no spaces"
    )
    dialects: DialectDoors = Field(description="where the vectors are to be sent")
    vectors: list[VectorResponse] = Field(description="the cases")
