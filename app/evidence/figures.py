"""What every number in an evidence file must carry: unit, kind, source, and its interval."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.survival.provenance import Certainty, Kind

Number = Annotated[float, Field(allow_inf_nan=False)]
Words = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$")]
Proportion = Annotated[float, Field(gt=0, lt=1)]


class Part(BaseModel):
    """A part of an evidence file: nothing unknown, nothing converted, nothing changed later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SourceEntry(Part):
    """A place where numbers were read."""

    citation: Words
    where: Words
    certainty: Certainty


class FigureEntry(Part):
    """A number with its provenance. An interval is given whole or not at all."""

    value: Number
    lower: Number | None = None
    upper: Number | None = None
    unit: Words
    kind: Kind
    source: Id
    note: Words | None = None

    @model_validator(mode="after")
    def _interval_holds_the_value(self) -> Self:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("an interval needs both lower and upper")
        if self.lower is None or self.upper is None:
            return self
        if not self.lower <= self.value <= self.upper:
            raise ValueError("the value must lie between lower and upper")
        return self


class ProportionEntry(FigureEntry):
    """A proportion strictly between 0 and 1: a curve through either end has no shape."""

    value: Proportion
    lower: Proportion | None = None
    upper: Proportion | None = None


class RatioEntry(FigureEntry):
    """A ratio that estimates something: positive, with level and p value where published."""

    value: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    level: Annotated[float, Field(ge=0.95, le=0.95)] | None
    p_value: Annotated[float, Field(ge=0, le=1)] | None
    estimand: Id

    @model_validator(mode="after")
    def _level_comes_with_an_interval(self) -> Self:
        if (self.level is None) != (self.lower is None):
            raise ValueError("level and interval must be given together")
        if self.lower is not None and self.lower <= 0:
            raise ValueError("the limits of a ratio must be greater than 0")
        return self


class RoundedRatioEntry(RatioEntry):
    """A printed coefficient, with half a unit of its last digit."""

    rounding: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class CorrelationEntry(FigureEntry):
    """The correlation used between two coefficients, and the central one of the plausible."""

    value: Annotated[float, Field(ge=-1, le=1)]
    central: Annotated[float, Field(ge=-1, le=1)]


class ListEntry(Part):
    """Several numbers of one kind and source."""

    values: Annotated[list[Number], Field(min_length=1)]
    unit: Words
    kind: Kind
    source: Id
    note: Words | None = None


class EstimandEntry(Part):
    """What a ratio is an estimate of; endpoint and time origin are the file's clock."""

    population: Words
    contrast: Words
    measure: Words
    adjustment: Words
