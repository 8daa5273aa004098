"""Models of a clinic's own cohort on the wire: structured terms in, every number of the fit out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.schemas.cohort_survival import (
    MOST_TIMES,
    CohortNotice,
    ConfidenceLevel,
    Days,
    Endpoint,
    Excluded,
    Groupings,
    Test,
)
from app.schemas.search import CohortFilter
from app.schemas.values import SAFE, Between
from app.schemas.variables import Variable

MOST_TERMS: Final = 20
MOST_INTERACTIONS: Final = 10
MOST_LEVELS: Final = 100
MOST_RESAMPLES: Final = 1000
TOO_LARGE: Final = "null beyond the largest number"

EXAMPLE: Final[dict[str, Any]] = {
    "terms": [
        {"variable": "arm", "reference": "placebo"},
        {"variable": "pnfh", "transform": "log"},
        {"variable": "age_at_baseline"},
    ],
    "interactions": [["arm", "pnfh"]],
}


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _of_two(pair: list[str]) -> list[str]:
    if pair[0] == pair[1]:
        raise PydanticCustomError("repeated", "A variable does not interact with itself.")
    return pair


class TermRequest(BaseModel):
    """A variable of the model, and how it enters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variable: Variable = Field(description="a fact, pnfh, stratum, or x_ and a covariate")
    reference: Annotated[str, Field(max_length=200), SAFE] | None = Field(
        None,
        description="value that the others are compared with; it makes numbers categories",
        examples=["placebo"],
    )
    transform: Literal["linear", "log", "log2", "spline"] = Field(
        "linear",
        description="log is natural and uncentred; spline is restricted cubic (of ln pnfh)",
    )
    knots: Annotated[int, Between(3, 5, whole=True)] = Field(
        3, description="knots of a spline, at Harrell's quantiles"
    )


def _above_zero(level: Decimal) -> Decimal:
    if level == 0:
        raise PydanticCustomError("out_of_range", "A level is greater than 0.")
    return level


Level = Annotated[Decimal, Between(0, 1_000_000), AfterValidator(_above_zero)]
Pair = Annotated[list[Variable], Field(min_length=2, max_length=2), AfterValidator(_of_two)]


class SteppRequest(BaseModel):
    """Sliding windows along pNFH (Bonetti and Gelber)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    patients: Annotated[int, Between(10, 1_000_000, whole=True)] = Field(
        description="patients in a window (r2)", examples=[60]
    )
    overlap: Annotated[int, Between(0, 1_000_000, whole=True)] = Field(
        description="most of them in common with the next window (r1)", examples=[40]
    )

    @model_validator(mode="after")
    def _moves_on(self) -> SteppRequest:
        if self.overlap >= self.patients:
            raise PydanticCustomError("out_of_range", "overlap must be less than patients.")
        return self


class AccuracyRequest(BaseModel):
    """How well the model predicts: Uno's C, Brier scores, with bootstrap intervals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    times: Annotated[list[Days], Field(min_length=1, max_length=MOST_TIMES)] = Field(
        default=[Decimal(180), Decimal(365), Decimal(540), Decimal(640)],
        description="days for which the Brier score is given",
    )
    tau: Annotated[Decimal, Between(1, 100_000)] | None = Field(
        None, description="day up to which pairs count for Uno's C; the last of `times` without"
    )
    resamples: Annotated[int, Between(0, MOST_RESAMPLES, whole=True)] = Field(
        200, description="bootstrap samples; 0 gives no intervals"
    )
    seed: Annotated[int, Between(0, 2**31 - 1, whole=True)] = Field(
        1, description="seed of the bootstrap: the same seed gives the same intervals"
    )


class CohortModelRequest(BaseModel):
    """Which model is fitted to whom. There are no formulas: terms are named one by one."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    terms: Annotated[list[TermRequest], Field(min_length=1, max_length=MOST_TERMS)] = Field(
        description="the variables"
    )
    interactions: Annotated[list[Pair], Field(max_length=MOST_INTERACTIONS)] = Field(
        default=[], description="pairs of them whose product is a term too"
    )
    filter: CohortFilter = Field(
        default_factory=CohortFilter, description="who is meant; everybody without it"
    )
    strata: Annotated[Groupings, BeforeValidator(_as_list)] = Field(
        default=[], description="variables whose values each have a baseline of their own"
    )
    endpoint: Endpoint = Field("death", description="what counts as the event")
    level: ConfidenceLevel = Field(
        Decimal("0.95"), description="confidence level of every interval, 0.5 to 0.999"
    )
    effect_at: Annotated[list[Level], Field(max_length=MOST_LEVELS)] = Field(
        default=[],
        description="levels in pg/mL at which the hazard ratio along pNFH is given",
        examples=[[750, 1500, 3700]],
    )
    accuracy: AccuracyRequest | None = Field(None, description="also say how well it predicts")
    stepp: SteppRequest | None = Field(
        None, description="also give the effect of the arm in windows along pNFH"
    )

    @model_validator(mode="after")
    def _names_each_variable_once(self) -> CohortModelRequest:
        names = [term.variable for term in self.terms]
        if len(set(names)) != len(names):
            raise PydanticCustomError("repeated", "Name each variable in one term.")
        for pair in self.interactions:
            if not set(pair) <= set(names):
                detail = "An interaction needs both its variables among the terms."
                raise PydanticCustomError("unknown_variable", detail)
        return self


class FittedTerm(BaseModel):
    """How a variable entered the model."""

    variable: str = Field(description="its name")
    coefficients: list[str] = Field(description="its coefficients, without interactions")
    reference: str | None = Field(description="the value others are compared with")
    scale: Literal["linear", "log", "log2"] | None = Field(description="null for a category")
    knots: list[float] = Field(description="of a spline, on that scale; else none")


class CoefficientRow(BaseModel):
    """A coefficient with its Wald interval and test."""

    term: str = Field(description="such as `arm[il2ld]` or `arm[il2ld]:log(pnfh)`")
    coefficient: float = Field(description="log hazard ratio")
    standard_error: float = Field(description="standard error")
    hazard_ratio: float | None = Field(description=f"its exponential; {TOO_LARGE}")
    lower: float | None = Field(description="lower limit of the hazard ratio")
    upper: float | None = Field(description="upper limit of the hazard ratio")
    z: float = Field(description="coefficient by standard error")
    p_value: float = Field(description="two-sided")


class LogLikelihood(BaseModel):
    """The logarithm of the partial likelihood."""

    null: float = Field(description="of no effect at all")
    model: float = Field(description="of the model")


class ConcordanceRow(BaseModel):
    """The share of pairs in which who dies first has the higher risk."""

    value: float = Field(description="Harrell's C")
    standard_error: float | None = Field(description="by the infinitesimal jackknife")


class ProportionalHazardsRow(BaseModel):
    """A test that a coefficient does not change with time, in the score form of R's cox.zph."""

    term: str = Field(description="a coefficient, or GLOBAL")
    statistic: float | None = Field(description="chi-square; null with deaths on too few days")
    degrees_of_freedom: int | None = Field(description="degrees of freedom")
    p_value: float | None = Field(description="small where hazards are not proportional")


class EffectRow(BaseModel):
    """The hazard ratio of a group against the reference at one level."""

    pnfh: float = Field(description="pg/mL")
    term: str = Field(description="the group, such as `arm[il2ld]`")
    reference: str = Field(description="what it is compared with")
    hazard_ratio: float | None = Field(description=f"group over reference; {TOO_LARGE}")
    lower: float | None = Field(description="lower limit")
    upper: float | None = Field(description="upper limit")
    held_at: dict[str, float | str] = Field(
        default={}, description="other variables in an interaction with the group, and their values"
    )


class ModelWarning(BaseModel):
    """Something about this fit."""

    code: str = Field(description="a stable code")
    message: str = Field(description="in words")
    term: str | None = Field(None, description="the term it is about")


class CohortModelResponse(BaseModel):
    """A model of the clinic's own patients. While it is running, only its state is known."""

    id: str = Field(description="where it is read again")
    status: Literal["running", "done", "failed"] = Field(description="how far it is")
    created_at: datetime = Field(description="when it was asked for, UTC")
    cohort_version: str = Field(description="state of the clinic's records it was fitted to")
    question: dict[str, Any] = Field(description="what was asked")
    problem: dict[str, Any] | None = Field(None, description="why it failed (RFC 9457)")
    kind: Literal["fitted"] | None = Field(None, description="from stored patients")
    endpoint: Endpoint | None = Field(None, description="what counts as the event")
    level: float | None = Field(None, description="confidence level of every interval")
    ties: Literal["efron"] | None = Field(None, description="how tied deaths are counted")
    n_total: int | None = Field(None, description="patients who were meant")
    n: int | None = Field(None, description="patients it was fitted to")
    events: int | None = Field(None, description="events among them")
    excluded: list[Excluded] = Field(default=[], description="everybody else, by reason")
    terms: list[FittedTerm] = Field(default=[], description="how each variable entered")
    coefficients: list[CoefficientRow] = Field(default=[], description="one for each column")
    covariance: list[list[float]] = Field(default=[], description="of the coefficients")
    log_likelihood: LogLikelihood | None = Field(None, description="partial likelihood")
    likelihood_ratio: Test | None = Field(None, description="against no effect at all")
    interaction_test: Test | None = Field(None, description="against no interactions; null without")
    concordance: ConcordanceRow | None = Field(None, description="Harrell's C")
    proportional_hazards: list[ProportionalHazardsRow] = Field(
        default=[], description="for each coefficient, and GLOBAL"
    )
    effect_by_biomarker: list[EffectRow] = Field(
        default=[], description="the hazard ratio along pNFH, where it is in an interaction"
    )
    accuracy: dict[str, Any] | None = Field(None, description="how well it predicts")
    stepp: dict[str, Any] | None = Field(None, description="the effect in windows along pNFH")
    warnings: list[ModelWarning] = Field(default=[], description="about this fit")
    notices: list[CohortNotice] = Field(default=[], description="what must be read with it")
