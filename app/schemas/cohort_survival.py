"""Survival of a clinic's own cohort on the wire: what may be asked, and what is answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app.schemas.search import CohortFilter
from app.schemas.values import Between
from app.schemas.variables import Variable

MOST_GROUPINGS: Final = 3
MOST_TIMES: Final = 50
LONGEST_DAYS: Final = 100_000

EXAMPLE: Final[dict[str, Any]] = {
    "filter": {"el_escorial": ["definite", "probable"]},
    "group_by": ["arm"],
    "times": [180, 365, 540, 640],
}


def _once_each(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise PydanticCustomError("repeated", "Name each variable once.")
    return names


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Days = Annotated[Decimal, Between(0, LONGEST_DAYS)]
Level = Annotated[Decimal, Between(0, 1)]
Groupings = Annotated[list[Variable], Field(max_length=MOST_GROUPINGS), AfterValidator(_once_each)]
Endpoint = Literal["death", "death_or_ventilation"]


def _check_level(level: Decimal) -> Decimal:
    if not Decimal("0.5") <= level <= Decimal("0.999"):
        raise PydanticCustomError("out_of_range", "A confidence level lies from 0.5 to 0.999.")
    return level


ConfidenceLevel = Annotated[Level, AfterValidator(_check_level)]


class BeyondRequest(BaseModel):
    """How far past follow-up parametric families are to carry the curves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    until: Annotated[Decimal, Between(1, LONGEST_DAYS)] = Field(
        description="last day of the carried curves", examples=[1825]
    )
    times: Annotated[list[Days], Field(max_length=MOST_TIMES)] = Field(
        default=[], description="days for which each family's survival is given"
    )


class CohortSurvivalRequest(BaseModel):
    """Whose survival is asked for, in which groups, and what of it."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    filter: CohortFilter = Field(
        default_factory=CohortFilter, description="who is meant; everybody without it"
    )
    group_by: Groupings = Field(
        default=[], description="variables whose values make the groups", examples=[["arm"]]
    )
    times: Annotated[list[Days], Field(min_length=1, max_length=MOST_TIMES)] = Field(
        default=[Decimal(180), Decimal(365), Decimal(540), Decimal(640)],
        description="days for which survival is read from the curves",
    )
    tau: Annotated[Decimal, Between(0, LONGEST_DAYS)] | None = Field(
        None,
        description="day to which mean survival is restricted; without it the last day to which "
        "every group was followed",
    )
    level: ConfidenceLevel = Field(
        Decimal("0.95"), description="confidence level of every interval, 0.5 to 0.999"
    )
    stratify_by: Annotated[Groupings, BeforeValidator(_as_list)] = Field(
        default=[], description="variables within whose values the log-rank test compares"
    )
    endpoint: Endpoint = Field(
        "death",
        description="what counts: death, or tracheostomy and NIV as well, whichever came first",
    )
    landmark: Days | None = Field(
        None, description="only those still followed after this day count, from it on"
    )
    alive_at: Days | None = Field(
        None, description="also give survival at the times of those alive on this day"
    )
    competing: StrictBool = Field(
        default=False,
        description="also give the cumulative incidence of death against tracheostomy and NIV",
    )
    extrapolate: BeyondRequest | None = Field(
        None, description="also carry the curves past follow-up, by assumption alone"
    )

    @field_validator("extrapolate")
    @classmethod
    def _begins_at_baseline(
        cls, beyond: BeyondRequest | None, info: ValidationInfo
    ) -> BeyondRequest | None:
        if beyond is not None and info.data.get("landmark") is not None:
            detail = "Families are fitted from baseline on: ask without a landmark."
            raise PydanticCustomError("not_with_landmark", detail)
        return beyond


class Limits(BaseModel):
    """An estimate with its interval; null where it is not reached or not defined."""

    value: float | None = Field(description="the estimate")
    lower: float | None = Field(description="lower limit")
    upper: float | None = Field(description="upper limit")


class Reached(Limits):
    """A median: days."""

    reached: bool = Field(description="whether the curve falls to one half")


class CohortCurve(BaseModel):
    """A Kaplan-Meier curve: it drops at the times given and is level between them."""

    time: list[float] = Field(description="days, 0 first")
    survival: list[float] = Field(description="survival from that day on")
    lower: list[float | None] = Field(description="lower limit of the pointwise band")
    upper: list[float | None] = Field(description="upper limit of the pointwise band")
    at_risk: list[int] = Field(description="patients at risk just before")
    events: list[int] = Field(description="events on that day")
    censored: list[int] = Field(description="follow-ups that ended on that day without event")
    thinned: bool = Field(description="whether rows were left out, their counts added to the next")


class CohortSurvivalAt(BaseModel):
    """Survival at one day; null past the group's last follow-up."""

    time: float = Field(description="days since baseline")
    survival: float | None = Field(description="survival")
    lower: float | None = Field(description="lower limit")
    upper: float | None = Field(description="upper limit")
    at_risk: int = Field(description="patients at risk")


class CohortMean(Limits):
    """Mean survival time restricted to `tau`, in days."""

    tau: float = Field(description="days")
    standard_error: float | None = Field(description="standard error")
    reason: str | None = Field(None, description="why there is no estimate")


class Contrast(Limits):
    """A group minus its reference."""

    standard_error: float | None = Field(description="standard error")
    p_value: float | None = Field(description="two-sided")


class MeanContrast(Contrast):
    """Difference of restricted means, in days."""

    tau: float = Field(description="days")


class SurvivalContrast(Contrast):
    """Difference of survival at one day."""

    time: float = Field(description="days since baseline")


class CohortContrast(BaseModel):
    """A group against the reference."""

    group: dict[str, Any] = Field(description="the group")
    reference: dict[str, Any] = Field(description="the group it is compared with")
    rmst_difference: MeanContrast = Field(description="restricted mean, group minus reference")
    survival_difference: SurvivalContrast = Field(description="at the last of the times")
    survival_differences: list[SurvivalContrast] = Field(description="at each of the times")


class CohortGroup(BaseModel):
    """A group of patients; one that is suppressed has no numbers."""

    group: dict[str, Any] = Field(description="what its patients have in common, by variable")
    suppressed: bool = Field(description="too small to be shown, or hidden to protect a small one")
    n: int | None = Field(None, description="patients")
    events: int | None = Field(None, description="events")
    curve: CohortCurve | None = Field(None, description="Kaplan-Meier")
    median: Reached | None = Field(None, description="day on which survival reaches one half")
    median_follow_up: Reached | None = Field(None, description="by the reversed curve")
    survival_at: list[CohortSurvivalAt] = Field(default=[], description="at the times asked for")
    rmst: CohortMean | None = Field(None, description="restricted mean survival time")
    last_follow_up: float | None = Field(None, description="the curve ends here")
    emptied_at: float | None = Field(
        None,
        description="day on which nobody was left at risk, though others entered later: the curve "
        "beyond rests on no patient who was watched all along",
    )
    conditional: dict[str, Any] | None = Field(None, description="of those alive at `alive_at`")
    cumulative_incidence: dict[str, Any] | None = Field(None, description="by cause")
    extrapolated: dict[str, Any] | None = Field(None, description="past follow-up, by assumption")


class Test(BaseModel):
    """A test of no difference."""

    statistic: float = Field(description="chi-square")
    degrees_of_freedom: int = Field(description="degrees of freedom")
    p_value: float | None = Field(description="null where there was nothing to compare")


class LogRankTest(Test):
    """The log-rank test, within strata if `stratified_by` names any."""

    stratified_by: list[str] = Field(description="variables within whose values it compares")


class Excluded(BaseModel):
    """Patients who were left out, by the first reason that applies."""

    reason: str = Field(description="a stable code")
    n: int = Field(description="how many")


class CohortNotice(BaseModel):
    """What must be read with the numbers."""

    code: str = Field(description="a stable code")
    text: str = Field(description="in words")


class CohortSurvivalResponse(BaseModel):
    """Survival of the clinic's own patients, and where every record went."""

    kind: Literal["fitted"] = Field(description="from stored patients")
    endpoint: Endpoint = Field(description="what counts as the event")
    time_unit: Literal["day"] = Field(description="unit of every time")
    time_origin: Literal["baseline_date"] = Field(description="where time starts")
    level: float = Field(description="confidence level of every interval")
    ci_method: Literal["log-log"] = Field(description="of the bands")
    cohort_version: str = Field(description="state of the clinic's records")
    n_total: int | None = Field(description="patients who were meant; null if too few")
    n_used: int | None = Field(description="patients who could be used; null if too few")
    excluded: list[Excluded] = Field(description="everybody else, by reason")
    minimum_group: int = Field(description="smaller groups are suppressed")
    group_by: list[str] = Field(description="the variables that make the groups")
    groups: list[CohortGroup] = Field(description="the groups, in the order of their values")
    log_rank: LogRankTest | None = Field(description="null with fewer than two groups")
    contrasts: list[CohortContrast] = Field(description="each other group against the reference")
    notices: list[CohortNotice] = Field(description="what must be read with the numbers")
