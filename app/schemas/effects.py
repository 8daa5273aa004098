"""The treatment effect and what must stand beside it, as they leave."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.schemas.numbers import (
    KIND,
    LOWER,
    UPPER,
    BasisResponse,
    Described,
    DifferenceAtResponse,
    Direction,
    HazardRatioResponse,
    Kind,
    MeanDifferenceResponse,
    NumberNeededResponse,
    RangeResponse,
    SourceResponse,
    SurvivalDifferenceResponse,
    sometimes,
)

RISK_CHANGE = "100 (HR - 1), rounded: the change of the rate of death in per cent, not of deaths"
DIRECTION = "benefit: the whole interval lies below 1; harm: above 1; uncertain: all else"


class CrossingResponse(Described):
    """The level at which the continuous hazard ratio is 1."""

    value: float = Field(description="pg/mL")
    lower: float | None = Field(description=f"{LOWER} (Fieller), pg/mL; null if it has no ends")
    upper: float | None = Field(description=f"{UPPER} (Fieller), pg/mL; null if it has no ends")
    unit: Literal["pg/mL"] = Field(description="the unit of all three")


class ContinuousEffectResponse(Described):
    """The hazard ratio at the level itself. Exploratory, rebuilt from two printed coefficients."""

    hazard_ratio: float | None = Field(description="null with a reason where it is not shown")
    lower: float | None = Field(description=f"{LOWER}, at the widest plausible correlation")
    upper: float | None = Field(description=f"{UPPER}, at the widest plausible correlation")
    rounding_range: RangeResponse | None = Field(
        description="the hazard ratios that the rounding of the coefficients alone allows"
    )
    crosses_one_at: CrossingResponse | None = Field(
        description="where the ratio is 1; null if the evidence has no continuous effect"
    )
    kind: Kind = Field(description=KIND)
    exploratory: Literal[True] = Field(description="it always is")
    reason: str | None = Field(description="why there is no number, in words")


class PerThousandResponse(Described):
    """The factor of the hazard ratio for 1000 pg/mL more."""

    value: float = Field(description="ratio of hazard ratios per 1000 pg/mL")
    lower: float = Field(description=LOWER)
    upper: float = Field(description=UPPER)
    kind: Kind = Field(description=KIND)


class AtZeroResponse(Described):
    """The hazard ratio at a level of 0: an extrapolation, never an average effect."""

    hazard_ratio: float = Field(description="hazard ratio at 0 pg/mL")
    lower: float = Field(description=LOWER)
    upper: float = Field(description=UPPER)
    p_value: float | None = Field(description="two-sided p value")
    label: str = Field(description="what it is, in words")
    source: SourceResponse = Field(description="where it stands")


class InteractionResponse(Described):
    """How the hazard ratio changes with the level, as published."""

    ratio_per_unit: float = Field(description="ratio of hazard ratios per pg/mL")
    lower: float = Field(description=LOWER)
    upper: float = Field(description=UPPER)
    p_value: float | None = Field(description="two-sided p value of the interaction")
    per_1000: PerThousandResponse = Field(description="the same for 1000 pg/mL")
    at_zero: AtZeroResponse = Field(description="the other coefficient of the model")
    kind: Kind = Field(description=KIND)
    source: SourceResponse = Field(description="where it stands")


class EffectResponse(Described):
    """The effect of low-dose interleukin-2 in the stratum of the level."""

    treatment: str = Field(description="id of the treated arm")
    control: str = Field(description="id of the control arm")
    hazard_ratio: HazardRatioResponse = Field(description="as published")
    risk_change_percent: int = Field(description=RISK_CHANGE)
    direction: Direction = Field(description=DIRECTION)
    survival_difference: SurvivalDifferenceResponse | None = Field(
        description="at the end of follow-up; null where no survival was published"
    )
    number_needed_to_treat: NumberNeededResponse | None = Field(
        description="at the end of follow-up; null where no survival was published"
    )
    differences_at: list[DifferenceAtResponse] = Field(description="at the times asked for")
    rmst_difference: MeanDifferenceResponse | None = Field(
        description="to the end of follow-up; null where no survival was published"
    )
    continuous: ContinuousEffectResponse = Field(description="at the level itself, exploratory")
    interaction: InteractionResponse | None = Field(
        description="as published; null where it was not"
    )
    basis: BasisResponse | None = Field(
        description="what the modelled numbers rest on; null where there are none"
    )


class WholeTrialResponse(Described):
    """The trial's primary result, all patients together: it stands in every answer."""

    hazard_ratio: HazardRatioResponse = Field(description="as published")
    risk_change_percent: int = Field(description=RISK_CHANGE)
    direction: Direction = Field(description=DIRECTION)
    survival_difference: SurvivalDifferenceResponse = Field(description="at the end of follow-up")
    number_needed_to_treat: NumberNeededResponse = Field(description="at the end of follow-up")
    rmst_difference: MeanDifferenceResponse = Field(description="to the end of follow-up")
    basis: BasisResponse = Field(description="what the modelled numbers rest on")
    note: str = Field(description="how to read it, in words")


class PooledGroupResponse(Described):
    """Strata that the press reported together."""

    hazard_ratio: HazardRatioResponse = Field(description="as published, without an interval")
    risk_change_percent: int = Field(description=RISK_CHANGE)
    direction: Direction = Field(description=DIRECTION)
    note: str = Field(description="how to read it, in words")


class ContextResponse(Described):
    """What must stand beside every answer."""

    whole_trial: WholeTrialResponse = Field(description="the primary result")
    pooled_lower_group: PooledGroupResponse = sometimes(
        "the press figure of 'about 80 %'; left out when the level is high"
    )
