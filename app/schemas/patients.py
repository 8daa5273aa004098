"""Patients on the wire: what a clinic may state about one, and what it is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app.schemas.covariates import Covariate, CovariateName
from app.schemas.pseudonym import Pseudonym
from app.schemas.values import Between, Day, as_stated, latest_day

MOST_COVARIATES: Final = 100

NOT_BEFORE: Final = {
    "diagnosis_date": ("onset_date",),
    "riluzole_start": ("onset_date",),
    "baseline_date": ("onset_date",),
    "follow_up_date": ("onset_date", "diagnosis_date", "riluzole_start", "baseline_date"),
}
"""A day -> the days it cannot lie before."""


EXAMPLE: Final[dict[str, Any]] = {
    "identifier": "SITE-0042",
    "age_at_baseline": 61,
    "el_escorial": "probable",
    "onset_date": "2023-03-01",
    "riluzole_start": "2023-11-27",
    "svc_percent": 84,
    "baseline_date": "2024-03-04",
}
KEPT_EXAMPLE: Final[dict[str, Any]] = {
    "id": "6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11",
    **dict.fromkeys(("sex", "birth_year", "onset_site", "diagnosis_date", "alsfrs_r")),
    **dict.fromkeys(("c9orf72", "ftd", "arm", "entry_days", "follow_up_date", "follow_up_days")),
    **dict.fromkeys(("vital_status", "event_type")),
    **EXAMPLE,
    "covariates": {},
    "created_at": "2024-03-05T09:30:00Z",
    "updated_at": "2024-03-05T09:30:00Z",
}


class PatientRequest(BaseModel):
    """A patient as a clinic states them. All but the identifier may be left out or null."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    identifier: Pseudonym = Field(
        description="pseudonym, unique in the clinic; names, dates, e-mail and phone are refused",
        examples=["SITE-0042"],
    )
    sex: Literal["female", "male", "other", "unknown"] | None = Field(
        None, description="sex", examples=["female"]
    )
    birth_year: Annotated[int, Between(1900, 2100, whole=True)] | None = Field(
        None, description="year of birth; the full date is never kept", examples=[1961]
    )
    age_at_baseline: Annotated[Decimal, Between(0, 120)] | None = Field(
        None, description="age in years on `baseline_date`", examples=[62.5]
    )
    onset_date: Day | None = Field(
        None, description="day of the first symptom", examples=["2023-03-01"]
    )
    onset_site: Literal["limb", "bulbar", "respiratory", "other"] | None = Field(
        None, description="where the disease began", examples=["limb"]
    )
    diagnosis_date: Day | None = Field(
        None, description="day of the diagnosis", examples=["2023-11-20"]
    )
    el_escorial: Literal["definite", "probable", "probable_lab", "possible", "suspected"] | None = (
        Field(None, description="category of the El Escorial criteria", examples=["probable_lab"])
    )
    riluzole_start: Day | None = Field(
        None, description="first day on riluzole", examples=["2023-12-01"]
    )
    alsfrs_r: Annotated[int, Between(0, 48, whole=True)] | None = Field(
        None, description="ALSFRS-R total, 0 to 48 points", examples=[38]
    )
    svc_percent: Annotated[Decimal, Between(0, 200)] | None = Field(
        None, description="slow vital capacity, percent of predicted", examples=[91.5]
    )
    c9orf72: StrictBool | None = Field(
        None, description="carries the C9orf72 repeat expansion", examples=[False]
    )
    ftd: StrictBool | None = Field(
        None, description="has frontotemporal dementia", examples=[False]
    )
    arm: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")] | None = Field(
        None, description="treatment group, a slug", examples=["il2ld", "placebo", "none"]
    )
    baseline_date: Day | None = Field(
        None, description="day that follow-up counts from", examples=["2024-01-15"]
    )
    entry_days: Annotated[Decimal, Between(0, 100_000)] | None = Field(
        None, description="days from `baseline_date` until observed (delayed entry)", examples=[0]
    )
    follow_up_date: Day | None = Field(
        None, description="last day the vital status is known of", examples=["2025-06-30"]
    )
    follow_up_days: Annotated[Decimal, Between(0, 100_000)] | None = Field(
        None, description="the same, in days from `baseline_date`", examples=[532]
    )
    vital_status: Literal["alive", "dead", "unknown"] | None = Field(
        None, description="status at the end of follow-up", examples=["dead"]
    )
    event_type: Literal["death", "tracheostomy", "niv"] | None = Field(
        None, description="what ended the follow-up", examples=["death"]
    )
    covariates: dict[CovariateName, Covariate] = Field(
        default_factory=dict,
        max_length=MOST_COVARIATES,
        description="further facts by name: numbers or texts",
        examples=[{"neck_weakness": "mild", "crp": 3.2}],
    )

    @field_validator("birth_year")
    @classmethod
    def _is_born(cls, year: int | None) -> int | None:
        if year is not None and year > datetime.now(UTC).year:
            raise PydanticCustomError("date_in_the_future", "This year lies in the future.")
        return year

    @field_validator("onset_date", *NOT_BEFORE)
    @classmethod
    def _lies_after_birth(cls, day: date | None, info: ValidationInfo) -> date | None:
        born = info.data.get("birth_year")
        if day is not None and born is not None and day.year < born:
            raise PydanticCustomError("date_order", "This day lies before the birth_year.")
        return day

    @field_validator(*NOT_BEFORE)
    @classmethod
    def _keeps_the_order(cls, day: date | None, info: ValidationInfo) -> date | None:
        for name in NOT_BEFORE[info.field_name or ""]:
            start = info.data.get(name)
            if day is not None and start is not None and day < start:
                raise PydanticCustomError(
                    "date_order", "This day lies before the {name}.", {"name": name}
                )
        return day

    @field_validator("baseline_date")
    @classmethod
    def _fits_the_age(cls, day: date | None, info: ValidationInfo) -> date | None:
        born, age = info.data.get("birth_year"), info.data.get("age_at_baseline")
        if day is None or born is None or age is None:
            return day
        if abs(day.year - born - age) > 1:
            detail = "The age_at_baseline, the birth_year and this day do not fit together."
            raise PydanticCustomError("age_mismatch", detail)
        return day

    @field_validator("entry_days", "follow_up_days")
    @classmethod
    def _has_come(cls, days: Decimal | None, info: ValidationInfo) -> Decimal | None:
        baseline = info.data.get("baseline_date")
        if days is None or baseline is None or int(days) <= (latest_day() - baseline).days:
            return days
        detail = "Counted from the baseline_date, these days end in the future."
        raise PydanticCustomError("date_in_the_future", detail)

    @field_validator("follow_up_date")
    @classmethod
    def _ends_after_entry(cls, last: date | None, info: ValidationInfo) -> date | None:
        baseline = info.data.get("baseline_date")
        if last is not None and baseline is not None:
            _follows_entry((last - baseline).days, info.data.get("entry_days"))
        return last

    @field_validator("follow_up_days")
    @classmethod
    def _fits_the_follow_up(cls, days: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if days is not None:
            _follows_entry(days, info.data.get("entry_days"))
        last, baseline = info.data.get("follow_up_date"), info.data.get("baseline_date")
        if days is not None and last is not None and not _agree(baseline, last, days):
            detail = "Send follow_up_date or follow_up_days, or both with a baseline_date they fit."
            raise PydanticCustomError("follow_up_mismatch", detail)
        return days

    @field_validator("event_type")
    @classmethod
    def _fits_the_status(cls, event: str | None, info: ValidationInfo) -> str | None:
        if event == "death" and info.data.get("vital_status") in {"alive", "unknown"}:
            detail = "A death does not fit this vital_status: it must be dead."
            raise PydanticCustomError("event_mismatch", detail)
        return event


def _follows_entry(days: Decimal | int, entry: Decimal | None) -> None:
    if entry and days <= entry:
        detail = "The follow-up must end after the entry_days."
        raise PydanticCustomError("follow_up_before_entry", detail)


def _agree(baseline: date | None, last: date, days: Decimal) -> bool:
    return baseline is not None and abs((last - baseline).days - days) < 1


class PatientResponse(BaseModel):
    """A patient as the service keeps them. What is not known is null."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="the service's own identifier: a UUID")
    identifier: str = as_stated(PatientRequest, "identifier")
    sex: str | None = as_stated(PatientRequest, "sex")
    birth_year: int | None = as_stated(PatientRequest, "birth_year")
    age_at_baseline: float | None = as_stated(PatientRequest, "age_at_baseline")
    onset_date: date | None = as_stated(PatientRequest, "onset_date")
    onset_site: str | None = as_stated(PatientRequest, "onset_site")
    diagnosis_date: date | None = as_stated(PatientRequest, "diagnosis_date")
    el_escorial: str | None = as_stated(PatientRequest, "el_escorial")
    riluzole_start: date | None = as_stated(PatientRequest, "riluzole_start")
    alsfrs_r: int | None = as_stated(PatientRequest, "alsfrs_r")
    svc_percent: float | None = as_stated(PatientRequest, "svc_percent")
    c9orf72: bool | None = as_stated(PatientRequest, "c9orf72")
    ftd: bool | None = as_stated(PatientRequest, "ftd")
    arm: str | None = as_stated(PatientRequest, "arm")
    baseline_date: date | None = as_stated(PatientRequest, "baseline_date")
    entry_days: float | None = as_stated(PatientRequest, "entry_days")
    follow_up_date: date | None = as_stated(PatientRequest, "follow_up_date")
    follow_up_days: float | None = as_stated(PatientRequest, "follow_up_days")
    vital_status: str | None = as_stated(PatientRequest, "vital_status")
    event_type: str | None = as_stated(PatientRequest, "event_type")
    covariates: dict[str, float | str] = as_stated(PatientRequest, "covariates")
    created_at: datetime = Field(description="when the patient was first kept, UTC")
    updated_at: datetime = Field(description="when the patient last changed, UTC")


class PatientPage(BaseModel):
    """Some of the clinic's patients, in the order that was asked for."""

    items: list[PatientResponse] = Field(description="the patients of this page")
    next_cursor: str | None = Field(description="goes on after these; null at the end")
