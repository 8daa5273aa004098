"""Survival curves as they leave. Times are days since the time origin, survival a probability."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.schemas.numbers import (
    KIND,
    LEVEL,
    LOWER,
    TIME,
    UPPER,
    BasisResponse,
    Described,
    DifferenceAtResponse,
    Kind,
    MeanResponse,
    ShapeSensitivityResponse,
    SourceResponse,
    sometimes,
)

ARRAYS = "left out of a summary"


class SurvivalAtResponse(Described):
    """Survival at one time."""

    time: float = Field(description=TIME)
    months: float = Field(description="the same in months of 30.4375 days, to one decimal")
    survival: float = Field(description="probability to be alive")
    lower: float = Field(description=LOWER)
    upper: float = Field(description=UPPER)
    shape_sensitivity: ShapeSensitivityResponse = Field(description="over the assumed shapes")


class ShapeCurvesResponse(Described):
    """What the assumed shape does to a curve, point by point, to six decimals."""

    lower: list[float] = Field(description="least survival over the shapes")
    upper: list[float] = Field(description="greatest survival over the shapes")
    band_lower: list[float] = Field(description="least lower 95 % limit over the shapes")
    band_upper: list[float] = Field(description="greatest upper 95 % limit over the shapes")


class CurveResponse(Described):
    """One arm. The arrays run over the same grid of days and carry six decimals."""

    id: str = Field(description="the arm")
    kind: Kind = Field(description=KIND)
    time: list[float] = sometimes(f"{TIME}; {ARRAYS}")
    survival: list[float] = sometimes(f"probability to be alive; {ARRAYS}")
    lower: list[float] = sometimes(f"{LOWER}; {ARRAYS}")
    upper: list[float] = sometimes(f"{UPPER}; {ARRAYS}")
    level: float = Field(description=LEVEL)
    shape_sensitivity: ShapeCurvesResponse = sometimes(f"over the assumed shapes; {ARRAYS}")
    survival_at: list[SurvivalAtResponse] = Field(description="at the times asked for, unrounded")


class MedianResponse(Described):
    """The day on which survival reaches one half."""

    value: float | None = Field(description="days; null if not reached within follow-up")
    lower: float | None = Field(description=f"{LOWER}, days; null if not reached")
    upper: float | None = Field(description=f"{UPPER}, days; null if not reached")
    reached: bool = Field(description="whether the curve reaches one half within follow-up")
    lower_bound: float | None = Field(description="days it exceeds; null if it was reached")
    kind: Kind = Field(description=KIND)


class ObservedSurvivalResponse(Described):
    """The proportion that was seen alive."""

    time: float = Field(description=TIME)
    survival: float = Field(description="proportion alive")
    kind: Kind = Field(description=KIND)
    source: SourceResponse = Field(description="where it stands")


class ArmResponse(CurveResponse):
    """One arm within follow-up."""

    median: MedianResponse = Field(description="median survival time")
    rmst: MeanResponse = Field(description="restricted mean survival time")
    observed: ObservedSurvivalResponse | None = Field(description="null where none was published")


class ComparatorResponse(Described):
    """The same curves for another group, to compare with."""

    label: str = Field(description="the group, in words")
    arms: list[ArmResponse] = Field(description="control first")
    basis: BasisResponse = Field(description="what these curves rest on")


class ConditionalArmResponse(Described):
    """Survival of those alive at a day, in one arm."""

    id: str = Field(description="the arm")
    kind: Kind = Field(description=KIND)
    level: float = Field(description=LEVEL)
    survival_at: list[SurvivalAtResponse] = Field(description="at the times from that day on")


class ConditionalResponse(Described):
    """Survival of those alive at a day, arm by arm; never a difference of arms."""

    alive_at: float = Field(description=TIME)
    meaning: str = Field(description="which clock, and what it is not, in words")
    arms: list[ConditionalArmResponse] = Field(description="control first")


class ExtrapolatedArmResponse(CurveResponse):
    """One arm past follow-up."""

    extrapolated: Literal[True] = Field(description="nobody has observed this")


class ExtrapolatedResponse(Described):
    """What lies past follow-up, by assumption alone."""

    from_: int = Field(alias="from", description="day on which follow-up ends")
    horizon: float = Field(description="last day")
    arms: list[ExtrapolatedArmResponse] = Field(description="control first")
    differences_at: list[DifferenceAtResponse] = Field(description="at the times asked for")
    assumption: str = Field(description="what is assumed, in words")


class CurvesResponse(Described):
    """Survival with and without treatment in the stratum of the level."""

    time_unit: Literal["day"] = Field(description="the unit of every time")
    horizon: int = Field(description="day on which follow-up ends, and the curves with it")
    time_origin: str = Field(description="when the clock starts")
    endpoint: str = Field(description="the event")
    arms: list[ArmResponse] = Field(description="control first")
    comparator: ComparatorResponse = sometimes(f"the whole trial; {ARRAYS}")
    basis: BasisResponse = Field(description="what the curves rest on")
    conditional: ConditionalResponse = sometimes("only with `alive_at`")
    extrapolated: ExtrapolatedResponse = sometimes("only with `extrapolate`")
