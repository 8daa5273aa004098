"""What an evidence file must contain. Checked strictly before anything is served from it."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, TypeAdapter, field_validator, model_validator

from app.evidence.card import Card
from app.evidence.figures import (
    CorrelationEntry,
    EstimandEntry,
    FigureEntry,
    Id,
    ListEntry,
    Number,
    Part,
    ProportionEntry,
    RatioEntry,
    RoundedRatioEntry,
    SourceEntry,
    Words,
)
from app.survival.applicability import CHECKS

PREDICTORS = {"slope", "delay", "age", "fvc", "bulbar", "definite", "ftd", "c9orf72"}
NoEstimate = Literal[
    "stratum_not_reported", "no_number_published", "too_few_patients", "too_few_deaths"
]
CutPoint = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]


class Headed(Part):
    """What every file begins with."""

    id: Id
    version: Annotated[str, Field(pattern=r"^[0-9]+$")]
    title: Words
    citation: Words
    doi: Annotated[str, Field(pattern=r"^10\.")] | None
    pmid: Annotated[str, Field(pattern=r"^[0-9]+$")] | None
    registration: list[Words]
    published_date: Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}){0,2}$")]
    superseded_by: Id | None = None
    sources: dict[Id, SourceEntry]
    notices: Annotated[list[Id], Field(min_length=1)]
    card: Card


class LabelledArm(Part):
    """An arm; its id is what the arm of a patient may be called."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    label: Words


class Clock(Part):
    """When time starts, what ends it, and how far it was watched."""

    unit: Literal["day"]
    time_origin: Id
    endpoint: Id
    inferred: list[Id]
    note: Words
    horizon: FigureEntry
    grid_step: FigureEntry
    extrapolation_limit: FigureEntry

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        horizon, step = self.horizon.value, self.grid_step.value
        if horizon % step or self.extrapolation_limit.value % step:
            raise ValueError("horizon and extrapolation_limit must be multiples of grid_step")
        if horizon / step > 128:
            raise ValueError("the grid may hold 129 points at most")
        return self


class Population(Part):
    """Who was studied in a trial."""

    disease: Words
    randomised: FigureEntry
    per_arm: FigureEntry
    centres: FigureEntry
    deaths: FigureEntry | None = None


class Biomarker(Part):
    """What is measured, and how precisely."""

    id: Literal["pnfh"]
    specimen: Literal["csf"]
    unit: Literal["pg/mL"]
    assay_cv: FigureEntry
    near_cut_probability: ProportionEntry

    @field_validator("assay_cv")
    @classmethod
    def _is_a_ratio(cls, value: FigureEntry) -> FigureEntry:
        if not 0 < value.value <= 1:
            raise ValueError("a coefficient of variation is a ratio in (0, 1]: 0.187 for 18.7 %")
        return value


class RangeEntry(Part):
    """A range of levels as exact decimals in pg/mL; a missing end is open."""

    lower: CutPoint | None = None
    lower_inclusive: bool = False
    upper: CutPoint | None = None
    upper_inclusive: bool = False


class ObservedEntry(Part):
    """Proportions alive at the horizon, as seen."""

    control: FigureEntry
    treated: FigureEntry
    difference: FigureEntry


class StratumEntry(Part):
    """A stratum: with an effect, or with the reason why there is none."""

    id: Id
    range: RangeEntry
    range_source: Id
    range_note: Words | None = None
    population_share: ProportionEntry
    no_estimate: NoEstimate | None = None
    hazard_ratio: RatioEntry | None = None
    control_survival: ProportionEntry | None = None
    control_participants: FigureEntry | None = None
    observed: ObservedEntry | None = None

    @model_validator(mode="after")
    def _effect_or_reason(self) -> Self:
        if (self.hazard_ratio is None) == (self.no_estimate is None):
            raise ValueError("give either hazard_ratio or no_estimate")
        if (self.control_survival is None) != (self.control_participants is None):
            raise ValueError("control_survival and control_participants belong together")
        return self


S = TypeVar("S", bound=StratumEntry)


class Counts(Part):
    """A number of patients in each arm."""

    control: FigureEntry
    treated: FigureEntry

    @field_validator("control", "treated")
    @classmethod
    def _is_a_number_of_patients(cls, value: FigureEntry) -> FigureEntry:
        if value.value <= 0 or value.value != int(value.value):
            raise ValueError("a count of patients is a whole number greater than 0")
        return value


class WholeTrial(Part):
    """The primary result: it stands beside every answer."""

    hazard_ratio: RatioEntry
    alive: Counts
    participants: Counts


class PoolEntry(Part):
    """Strata reported together."""

    range: RangeEntry
    hazard_ratio: RatioEntry


class InteractionEntry(Part):
    """The printed coefficients of the model with a treatment-by-level term."""

    per_unit: RoundedRatioEntry
    at_zero: RoundedRatioEntry
    correlation: CorrelationEntry
    served_from: FigureEntry
    served_to: FigureEntry

    @model_validator(mode="after")
    def _is_served_somewhere(self) -> Self:
        if not 0 < self.served_from.value < self.served_to.value:
            raise ValueError("served_from must be greater than 0 and less than served_to")
        if max(self.per_unit.rounding, self.at_zero.rounding) >= self.at_zero.value:
            raise ValueError("rounding is half a unit of the last digit, less than the value")
        return self


class ShapeEntry(Part):
    """The assumed Weibull shape and its range."""

    value: FigureEntry

    @field_validator("value")
    @classmethod
    def _is_a_range_of_shapes(cls, value: FigureEntry) -> FigureEntry:
        if value.lower is None or value.lower <= 0:
            raise ValueError("a shape needs a range greater than 0")
        return value


class CriterionEntry(Part):
    """An entry criterion of the trial."""

    id: Id
    source: Id
    unit: Words | None = None
    least: Number | None = None
    most: Number | None = None
    below: Number | None = None
    allowed: list[Id] = Field(default=[])

    @field_validator("id")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CHECKS:
            raise ValueError(f"must be one of {', '.join(CHECKS)}")
        return value


def _tile_all_levels(strata: list[S]) -> list[S]:
    ranges = [stratum.range for stratum in strata]
    if ranges[0].lower is not None or ranges[-1].upper is not None:
        raise ValueError("the first stratum must be open below and the last open above")
    for below, above in pairwise(ranges):
        if below.upper is None or above.lower is None:
            raise ValueError("only the first and the last stratum may be open")
        if not Decimal(below.lower or 0) < Decimal(below.upper):
            raise ValueError("each stratum must end above where it begins")
        if Decimal(below.upper) != Decimal(above.lower):
            raise ValueError("each stratum must begin where the one below ends")
        if below.upper_inclusive == above.lower_inclusive:
            raise ValueError(f"the cut point {below.upper} must lie in exactly one stratum")
    return strata


Strata = Annotated[list[S], Field(min_length=1), AfterValidator(_tile_all_levels)]
"""Strata of one kind, lowest first: together they hold every level once."""


class StudyFile(Headed):
    """What every comparison of two arms by level has, whoever made it."""

    treatment: LabelledArm
    control: LabelledArm
    clock: Clock
    estimands: dict[Id, EstimandEntry]
    biomarker: Biomarker
    pool: PoolEntry | None = None
    interaction: InteractionEntry | None = None
    shape: ShapeEntry
    criteria: list[CriterionEntry]


class TrialFile(StudyFile):
    """A randomised trial's published aggregates."""

    kind: Literal["treatment_effect"]
    population: Population
    strata: Strata[StratumEntry]
    whole_trial: WholeTrial


class Limit(Part):
    """The range over which a prognostic model is used."""

    least: Number | None = None
    most: Number
    unit: Words
    source: Id
    note: Words | None = None


class PrognosisClock(Part):
    """The clock of a prognostic model."""

    unit: Literal["month"]
    time_origin: Id
    endpoint: Words


class Baseline(Part):
    """A restricted cubic spline on ln(t)."""

    scale: Words
    knots: ListEntry
    spline: ListEntry


class PrognosisFile(Headed):
    """A prognostic model: coefficients, baseline, and where it may be used."""

    kind: Literal["prognosis"]
    clock: PrognosisClock
    coefficients: dict[Id, FigureEntry]
    baseline: Baseline
    limits: dict[Id, Limit]
    default_times: ListEntry
    validation: dict[Id, FigureEntry]

    @field_validator("coefficients")
    @classmethod
    def _are_all_there(cls, value: dict[Id, FigureEntry]) -> dict[Id, FigureEntry]:
        if set(value) != PREDICTORS:
            raise ValueError(f"the model has the coefficients {', '.join(sorted(PREDICTORS))}")
        return value

    @field_validator("baseline")
    @classmethod
    def _is_the_spline(cls, value: Baseline) -> Baseline:
        if len(value.knots.values) != 4 or len(value.spline.values) != 4:
            raise ValueError("the baseline has four knots and four coefficients")
        return value


EvidenceFile = Annotated[TrialFile | PrognosisFile, Field(discriminator="kind")]
EVIDENCE_FILE: TypeAdapter[TrialFile | PrognosisFile] = TypeAdapter(EvidenceFile)
