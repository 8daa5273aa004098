"""What may be asked of an estimate, in a query or in a body."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.schemas.values import SAFE, Between, Day, DayOrInstant

DEFAULT_EVIDENCE: Final = "mirocals-2025"

Detail = Literal["full", "summary", "group"]
Word = Annotated[str, Field(max_length=64)]
Number = Annotated[Decimal, Between()]


class WishesQuery(BaseModel):
    """What is wished beside the level, as a query string."""

    model_config = ConfigDict(extra="forbid")

    evidence: Word = Field(
        DEFAULT_EVIDENCE, description="id of the evidence", examples=["mirocals-2025"]
    )
    assay_cv: str | None = Field(
        None, description="the assay's coefficient of variation, in (0, 1]", examples=["0.08"]
    )
    times: str | None = Field(
        None,
        description="days for which survival is given, separated by commas",
        examples=["90,180,365"],
        max_length=1000,
    )
    alive_at: str | None = Field(
        None, description="a day the patient is known to be alive at", examples=["200"]
    )
    extrapolate: Literal["true", "false"] | None = Field(
        None, description="true also answers for days past follow-up, in a block of its own"
    )
    detail: Detail = Field("full", description="how much is answered")


class EstimateQuery(WishesQuery):
    """A level and what is wished, as a query string."""

    pnfh: str = Field(
        description="CSF pNFH level: a decimal number greater than 0",
        examples=["1500"],
        max_length=64,
        json_schema_extra={"pattern": r"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"},
    )
    unit: Word | None = Field(
        None,
        description="pg/mL, ng/L, ng/mL or ug/L; without it pg/mL is assumed, with a warning",
        examples=["pg/mL"],
    )
    specimen: Word = Field("csf", description="cerebrospinal fluid alone", examples=["csf"])
    comparator: Word | None = Field(
        None, description="<, <=, > or >= when only a bound is known", examples=["<"]
    )


class LevelRequest(BaseModel):
    """A CSF pNFH level. The number is read exactly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Annotated[Decimal, Between(digits=None)] = Field(
        description="the level, greater than 0", examples=[1500]
    )
    unit: str = Field(
        description="pg/mL, ng/L, ng/mL or ug/L, written exactly so", examples=["pg/mL"]
    )
    comparator: str | None = Field(
        None, description="<, <=, > or >= when only a bound is known", examples=["<"]
    )
    specimen: str = Field("csf", description="cerebrospinal fluid alone", examples=["csf"])
    assay: Annotated[str, Field(max_length=200), SAFE] | None = Field(
        None, description="name of the assay; kept out of the calculation", examples=["ELISA"]
    )
    assay_cv: Annotated[Decimal, Between()] | None = Field(
        None, description="the assay's coefficient of variation, in (0, 1]", examples=[0.08]
    )
    collected_at: DayOrInstant | None = Field(
        None, description="when the sample was taken", examples=["2026-03-01"]
    )


class PatientFactsRequest(BaseModel):
    """What is known of the patient, for the trial's entry criteria. Nothing is imputed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    el_escorial: Literal["definite", "probable", "probable_lab", "possible", "suspected"] | None = (
        Field(None, description="revised El Escorial category", examples=["probable"])
    )
    age: Annotated[Decimal, Between(0, 120)] | None = Field(
        None, description="age in years", examples=[61]
    )
    age_at_baseline: Annotated[Decimal, Between(0, 120)] | None = Field(
        None, description="age in years; the patient record's name for it", examples=[61]
    )
    birth_year: Annotated[int, Between(1900, 2100, whole=True)] | None = Field(
        None, description="year of birth", examples=[1964]
    )
    onset_date: Day | None = Field(
        None, description="day of the first symptom", examples=["2025-06-01"]
    )
    symptom_months: Annotated[Decimal, Between(0, 1200)] | None = Field(
        None, description="months since the first symptom", examples=[14]
    )
    svc_percent: Annotated[Decimal, Between(0, 200)] | None = Field(
        None, description="slow vital capacity, % of predicted", examples=[85]
    )
    riluzole_start: Day | None = Field(
        None, description="day riluzole was begun", examples=["2025-11-01"]
    )
    riluzole_weeks: Annotated[Decimal, Between(0, 2000)] | None = Field(
        None, description="weeks on riluzole", examples=[14]
    )
    baseline_date: Day | None = Field(
        None, description="day the facts are judged on", examples=["2026-02-10"]
    )
    csf_after_run_in: StrictBool | None = Field(
        None, description="whether the CSF was taken after the riluzole run-in", examples=[True]
    )
    excluded_condition: StrictBool | None = Field(
        None,
        description="whether an exclusion applies (autoimmune disease or others)",
        examples=[False],
    )


class WishesRequest(BaseModel):
    """What is wished beside the level."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    evidence: Word = Field(
        DEFAULT_EVIDENCE, description="id of the evidence", examples=["mirocals-2025"]
    )
    times: Annotated[list[Number], Field(max_length=50)] | None = Field(
        None, description="days for which survival is given", examples=[[90, 180, 365]]
    )
    alive_at: Number | None = Field(
        None, description="a day the patient is known to be alive at", examples=[200]
    )
    extrapolate: StrictBool = Field(
        False, description="true also answers for days past follow-up, in a block of its own"
    )
    detail: Detail = Field("full", description="how much is answered")


class EstimateRequest(WishesRequest):
    """A level, what is known of the patient, and what is wished. Nothing of it is stored."""

    pnfh: LevelRequest = Field(description="the level")
    patient: PatientFactsRequest | None = Field(
        None, description="facts for the trial's entry criteria"
    )

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "pnfh": {"value": 1.5, "unit": "ng/mL", "collected_at": "2026-03-01"},
                    "patient": {"age": 61, "el_escorial": "probable", "svc_percent": 85},
                }
            ]
        },
    )


class BatchItem(BaseModel):
    """One level of a batch, with a name of the caller's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ref: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="comes back beside the answer", examples=["row-1"]
    )
    pnfh: LevelRequest
    patient: PatientFactsRequest | None = None


class BatchRequest(WishesRequest):
    """Levels to be answered in order; a faulty one fails alone."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"ref": "row-1", "pnfh": {"value": 1500, "unit": "pg/mL"}},
                        {"ref": "row-2", "pnfh": {"value": 5.2, "unit": "ng/mL"}},
                    ],
                    "detail": "summary",
                }
            ]
        },
    )

    items: list[Any] = Field(description="levels, each judged alone", min_length=1)
