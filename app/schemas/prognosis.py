"""A prognosis without treatment: what is asked, and what is answered. Times are months."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.schemas.answers import EvidenceReferenceResponse, NoticeResponse, WarningResponse
from app.schemas.numbers import Described
from app.schemas.values import Between

Number = Annotated[Decimal, Between()]


class PrognosisRequest(BaseModel):
    """The eight predictors of the ENCALS model, as they were at diagnosis. None is imputed."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "age_at_onset": 62,
                    "alsfrs_r_slope": 0.6,
                    "diagnostic_delay_months": 12,
                    "fvc_percent": 90,
                    "bulbar_onset": False,
                    "definite_als": False,
                    "ftd": False,
                    "c9orf72": False,
                    "months_since_onset": 14,
                    "times_months": [24, 36, 48],
                }
            ]
        },
    )

    age_at_onset: Number = Field(description="age at the first symptom, years", examples=[62])
    alsfrs_r_slope: Number = Field(
        description="ALSFRS-R points lost a month since onset, 0 or more: "
        "(48 - ALSFRS-R) / months from onset to its assessment",
        examples=[0.6],
    )
    diagnostic_delay_months: Number = Field(
        description="months from onset to diagnosis, 2.5 or more", examples=[12]
    )
    fvc_percent: Number = Field(description="forced vital capacity, % of predicted", examples=[90])
    bulbar_onset: StrictBool = Field(description="whether the onset was bulbar")
    definite_als: StrictBool = Field(description="definite ALS by the revised El Escorial criteria")
    ftd: StrictBool = Field(description="whether there is frontotemporal dementia")
    c9orf72: StrictBool = Field(description="whether there is a C9orf72 repeat expansion")
    months_since_onset: Number | None = Field(
        None,
        description="months since onset at which the patient is known to be free of the event",
        examples=[14],
    )
    times_months: Annotated[list[Number], Field(min_length=1, max_length=50)] | None = Field(
        None,
        description="months since onset for which survival is given; without it 12, 24, 36 and 60, "
        "or as many months after months_since_onset",
        examples=[[24, 36, 48]],
    )


class PrognosisAtResponse(Described):
    """Survival at one time. Survival means to be free of the endpoint, which is not death alone."""

    months: float = Field(description="months since onset")
    survival: float = Field(description="probability to be free of the event, from onset on")
    conditional: float | None = Field(
        description="the same for somebody free of it at months_since_onset; null without that, "
        "and at earlier times"
    )


class QuartilesResponse(Described):
    """The spread of outcomes, in months since onset. This is not an interval of confidence."""

    upper: float | None = Field(
        description="when 75 % are free of the event, 25 % had it; null past the model's range"
    )
    median: float | None = Field(
        description="when 50 % are free of the event; null past the model's range"
    )
    lower: float | None = Field(
        description="when 25 % are free of the event, 75 % had it; null past the model's range"
    )


class PrognosisResponse(Described):
    """A personal prognosis without any treatment effect."""

    linear_predictor: float = Field(description="log odds that the predictors add; higher is worse")
    survival_at: list[PrognosisAtResponse] = Field(description="at the times asked for, in order")
    quartiles: QuartilesResponse = Field(description="from onset on")
    conditional_quartiles: QuartilesResponse | None = Field(
        description="of those free of the event at months_since_onset; null without that"
    )
    endpoint: str = Field(description="the event")
    time_origin: Literal["onset"] = Field(description="when the clock starts: the first symptom")
    warnings: list[WarningResponse] = Field(description="of this answer")
    notices: list[NoticeResponse] = Field(description="of all answers from this evidence")
    evidence: EvidenceReferenceResponse = Field(description="what it rests on")
