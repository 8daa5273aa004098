"""A clinic's own evidence on the wire: made of a model, read like any other, held against it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.answers import EvidenceReferenceResponse
from app.schemas.cohort_survival import CohortNotice, Excluded
from app.schemas.estimates import DEFAULT_EVIDENCE, Word
from app.schemas.numbers import Described, RangeResponse, ShapeSensitivityResponse
from app.schemas.search import CohortFilter
from app.schemas.values import SAFE

ARM: Final = r"^[a-z0-9][a-z0-9_-]{0,62}$"
MOST_ARMS: Final = 50

EXAMPLE: Final[dict[str, Any]] = {"model_id": "0b1f4b0e-9a07-4c39-8c52-2c4f6d3f7a10"}
COMPARED: Final[dict[str, Any]] = {"evidence": "mirocals-2025", "arms": {"none": "placebo"}}

Arm = Annotated[str, Field(pattern=ARM)]


class FittedEvidenceRequest(BaseModel):
    """Which model becomes evidence."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    model_id: Annotated[str, Field(max_length=64)] = Field(
        description="`id` of a model of the clinic's own, with one arm against a reference"
    )
    title: Annotated[str, Field(min_length=1, max_length=200), SAFE] | None = Field(
        None, description="what it is to be called", examples=["Our cohort 2020-2026"]
    )


class CalibrationRequest(BaseModel):
    """Which evidence is held against whom."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [COMPARED]}
    )

    evidence: Word = Field(
        DEFAULT_EVIDENCE, description="id of the evidence", examples=["mirocals-2025"]
    )
    filter: CohortFilter = Field(
        default_factory=CohortFilter, description="who is meant; everybody without it"
    )
    arms: Annotated[dict[Arm, Arm], Field(max_length=MOST_ARMS)] = Field(
        default={},
        description="which arm of the evidence an arm of the clinic stands for, by name",
        examples=[{"none": "placebo"}],
    )


class CalibrationRowResponse(Described):
    """Deaths observed and expected. All numbers are null where too few patients are behind them."""

    stratum: str | None = Field(description="null over all strata with a published curve")
    arm: str | None = Field(description="the evidence's arm; null for both")
    n: int | None = Field(description="patients")
    observed: int | None = Field(description="deaths by the horizon")
    expected: float | None = Field(
        description="by the published curve, over the time each patient was watched; null without"
    )
    expected_range: RangeResponse | None = Field(
        description="over the shapes and baselines that the evidence allows"
    )
    ratio: float | None = Field(description="observed over expected")
    lower: float | None = Field(description="exact lower limit; the expectation counts as known")
    upper: float | None = Field(description="exact upper limit")
    p_value: float | None = Field(description="two-sided, for a ratio of 1")
    reason: str | None = Field(description="code of why numbers are missing")


class CalibrationPointResponse(Described):
    """Survival of one arm of a stratum on one day, as published and as seen."""

    stratum: str = Field(description="the stratum")
    arm: str = Field(description="the evidence's arm")
    time: float = Field(description="days since baseline")
    expected_survival: float = Field(description="by the published curve")
    expected_lower: float = Field(description="lower limit of its band")
    expected_upper: float = Field(description="upper limit of its band")
    shape_sensitivity: ShapeSensitivityResponse = Field(description="over the assumed shapes")
    observed_survival: float | None = Field(description="Kaplan-Meier; null past follow-up")
    lower: float | None = Field(description="lower limit of the observed")
    upper: float | None = Field(description="upper limit of the observed")
    at_risk: int = Field(description="patients at risk")


class CalibrationArmsResponse(Described):
    """The evidence's arms."""

    control: str = Field(description="control arm")
    treated: str = Field(description="treated arm")


class CalibrationResponse(Described):
    """How well evidence fits the clinic's own patients, and where every record went."""

    kind: Literal["fitted"] = Field(description="from stored patients")
    evidence: EvidenceReferenceResponse = Field(description="what is held against them")
    endpoint: str = Field(description="the event")
    time_unit: Literal["day"] = Field(description="unit of every time")
    time_origin: Literal["baseline_date"] = Field(description="where the patients' time starts")
    horizon: int = Field(description="deaths and time past this day count for nothing")
    level: float = Field(description="confidence level of every interval")
    ci_method: str = Field(description="how the ratios' intervals are made")
    cohort_version: str = Field(description="state of the clinic's records")
    n_total: int | None = Field(description="patients that are meant; null if too few")
    n_used: int | None = Field(description="in an arm of the evidence, with known follow-up")
    excluded: list[Excluded] = Field(
        description="the others by reason; who has no level counts for the whole trial alone"
    )
    minimum_group: int = Field(description="smaller groups are not shown")
    arms: CalibrationArmsResponse = Field(description="which arm is which")
    rows: list[CalibrationRowResponse] = Field(
        description="by stratum and arm, then each arm and both over the rows shown above"
    )
    whole_trial: list[CalibrationRowResponse] = Field(
        description="everybody against the curves of all the evidence's patients"
    )
    plot: list[CalibrationPointResponse] = Field(description="the calibration plot's points")
    notices: list[CohortNotice] = Field(description="what must be read with it")
