"""Numbers as they leave: each with its kind, its source and its interval."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["published", "derived", "modelled", "fitted"]
Certainty = Literal[
    "full_text", "abstract", "attributed", "secondary", "press", "registry", "derived",
    "convention", "own_records",
]  # fmt: skip
Direction = Literal["benefit", "harm", "uncertain"]
Gain = Literal["benefit", "harm"]

KIND = (
    "published: printed in the source; derived: follows from published numbers by stated "
    "arithmetic; modelled: needs an assumption; fitted: from stored patients"
)
LEVEL = "confidence level of the interval, a proportion"
TIME = "days since the time origin"
LOWER, UPPER = "lower 95 % limit", "upper 95 % limit"


class Described(BaseModel):
    """A part of an answer: nothing unknown in it, nothing left to guess."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def sometimes(description: str) -> Any:
    """A member that some answers leave out. Where it stands it is never null by that."""
    # A factory, not a default: OpenAPI would print `default: null` for what may not be null.
    return Field(default_factory=_nothing, description=description)


def _nothing() -> Any:
    return None


class SourceResponse(Described):
    """Where a number stands."""

    id: str = Field(description="names a source of the evidence, explained at /v1/evidence/{id}")
    certainty: Certainty = Field(description="how the number was read")


class ProvenanceResponse(Described):
    """Where the number beside it comes from."""

    kind: Kind | Literal["given"] = Field(description=f"{KIND}; given: sent by the caller")
    source: SourceResponse | None = Field(description="null if the caller gave the number")


class EstimandResponse(Described):
    """What a number is an estimate of."""

    population: str = Field(description="whose outcome it is about")
    contrast: str = Field(description="what is compared with what")
    endpoint: str = Field(description="the event")
    time_origin: str = Field(description="when the clock starts")
    measure: str = Field(description="the measure of effect")
    adjustment: str = Field(description="what was adjusted for")
    inferred: list[str] = Field(description="the parts that the source leaves unsaid")


class FigureResponse(Described):
    """A number of the evidence."""

    value: float = Field(description="the number, in the unit of its place")
    lower: float | None = Field(description="lower limit, null where none is known")
    upper: float | None = Field(description="upper limit, null where none is known")
    kind: Kind = Field(description=KIND)
    source: SourceResponse = Field(description="where it stands")


class HazardRatioResponse(Described):
    """A hazard ratio of death, treatment over control, with all that is known of it."""

    value: float = Field(description="the ratio; below 1 the treatment lowers the rate of death")
    lower: float | None = Field(description="lower limit, null where no interval was published")
    upper: float | None = Field(description="upper limit, null where no interval was published")
    level: float | None = Field(description=f"{LEVEL}; null without an interval")
    p_value: float | None = Field(description="two-sided p value, null where none was published")
    kind: Kind = Field(description=KIND)
    estimand: EstimandResponse = Field(description="what it is an estimate of")
    source: SourceResponse = Field(description="where it stands")


class LimitResponse(Described):
    """One end of an interval that may pass through infinity."""

    value: float | None = Field(description="patients; null at infinity")
    type: Gain | None = Field(description="benefit: one more alive; harm: one more dead")


class NumberNeededResponse(Described):
    """How many must be treated for one more alive (benefit) or one more dead (harm)."""

    time: float = Field(description=TIME)
    value: float | None = Field(description="patients; null at infinity")
    type: Gain | None = Field(description="benefit: one more alive; harm: one more dead")
    lower: LimitResponse = Field(description="the most favourable end of the 95 % interval")
    upper: LimitResponse = Field(description="the least favourable end of the 95 % interval")
    through_infinity: bool = Field(description="whether the interval passes through infinity")


class RangeResponse(Described):
    """The range of a number over the assumed shapes of the curve."""

    lower: float = Field(description="least value over the shapes")
    upper: float = Field(description="greatest value over the shapes")


class ShapeSensitivityResponse(RangeResponse):
    """What the assumed shape does to a point and to the limits of its band."""

    band_lower: float = Field(description="least lower 95 % limit over the shapes")
    band_upper: float = Field(description="greatest upper 95 % limit over the shapes")


class DifferenceResponse(Described):
    """Survival with treatment minus survival without it; positive is benefit."""

    time: float = Field(description=TIME)
    value: float = Field(description="difference of two probabilities")
    lower: float = Field(description=LOWER)
    upper: float = Field(description=UPPER)
    kind: Kind = Field(description=KIND)


class SurvivalDifferenceResponse(DifferenceResponse):
    """The difference at the end of follow-up, and what was observed there."""

    observed: FigureResponse | None = Field(
        description="the observed difference of proportions; null where none was published"
    )


class DifferenceAtResponse(DifferenceResponse):
    """The difference at a time that was asked for."""

    shape_sensitivity: ShapeSensitivityResponse = Field(description="over the assumed shapes")
    number_needed_to_treat: NumberNeededResponse = Field(description="patients, at the same time")


class MeanResponse(Described):
    """Restricted mean survival time to `tau`, or a difference of two."""

    tau: float = Field(description="days since the time origin to which survival is counted")
    value: float = Field(description="days")
    lower: float = Field(description=f"{LOWER}, days")
    upper: float = Field(description=f"{UPPER}, days")
    kind: Kind = Field(description=KIND)


class MeanDifferenceResponse(MeanResponse):
    """Restricted mean survival time with treatment minus that without it."""

    shape_sensitivity: RangeResponse = Field(description="days, over the assumed shapes")


class ShapeResponse(Described):
    """The Weibull shape assumed for the curves."""

    value: float = Field(description="the shape used for every point; no unit")
    lower: float = Field(description="least shape considered")
    upper: float = Field(description="greatest shape considered")
    kind: Kind = Field(description=KIND)
    source: SourceResponse = Field(description="where it stands")


class BasisResponse(Described):
    """What every modelled number beside it rests on."""

    shape: ShapeResponse = Field(description="the assumed shape of the curves")
    baseline: FigureResponse | None = Field(
        description="proportion of the control arm alive at the horizon"
    )
    participants_per_arm: FigureResponse | None = Field(description="patients in each arm")
