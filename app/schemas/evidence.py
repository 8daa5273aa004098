"""Evidence as it leaves: the list, one file, and what differs between two."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from app.schemas.curves import ArmResponse
from app.schemas.effects import DIRECTION, RISK_CHANGE, CrossingResponse
from app.schemas.evidence_file import (
    BiomarkerResponse,
    FileArmResponse,
    FileBaselineResponse,
    FileCriterionResponse,
    FileEstimandResponse,
    FileFigureResponse,
    FileInteractionResponse,
    FileLimitResponse,
    FileNumbersResponse,
    FilePoolResponse,
    FileShapeResponse,
    FileSourceResponse,
    FileStratumResponse,
    FileWholeTrialResponse,
    FitResponse,
    FittedPopulationResponse,
    FittedStratumResponse,
    FittedWholeResponse,
    PopulationResponse,
    PrognosisClockResponse,
    TrialClockResponse,
)
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
    SurvivalDifferenceResponse,
    sometimes,
)

Status = Literal["estimate", "no_estimate"]


class EvidenceLinksResponse(Described):
    """Where to read on; paths of this service."""

    self: str = Field(description="the evidence")
    card: str = Field(description="its model card")
    superseded_by: str = sometimes("the evidence that replaces it; left out if none does")


class EvidenceItemResponse(Described):
    """One evidence file, in short."""

    id: str = Field(description="the evidence", examples=["mirocals-2025"])
    version: str = Field(description="its version", examples=["1"])
    kind: Literal["treatment_effect", "prognosis", "fitted"] = Field(
        description="what it lets one compute; fitted: an effect among the clinic's own patients"
    )
    title: str = Field(description="what it is about")
    citation: str = Field(description="the publication")
    doi: str | None = Field(description="its DOI; null without one")
    published_date: str = Field(description="day, month or year of publication, ISO 8601")
    superseded_by: str | None = Field(description="id of the evidence that replaces it, or null")
    digest: str = Field(description="SHA-256 of the evidence file")
    links: EvidenceLinksResponse = Field(description="where to read on")


class EvidenceListResponse(Described):
    """All evidence there is."""

    items: list[EvidenceItemResponse] = Field(description="ordered by id")
    next_cursor: None = Field(description="always null: the list is whole")


class EffectSummaryResponse(Described):
    """The effect in one group of patients; everything but status and reason is null without one."""

    group: str = Field(description="id of a stratum, whole_trial, or pooled_lower_group")
    status: Status = Field(description="no_estimate: nothing was published")
    reason: str | None = Field(description="code of the reason why there is no estimate")
    hazard_ratio: HazardRatioResponse | None = Field(description="as published")
    risk_change_percent: int | None = Field(description=RISK_CHANGE)
    direction: Direction | None = Field(description=DIRECTION)
    survival_difference: SurvivalDifferenceResponse | None = Field(
        description="at the end of follow-up; null where no survival was published"
    )
    number_needed_to_treat: NumberNeededResponse | None = Field(
        description="at the end of follow-up; null where no survival was published"
    )
    rmst_difference: MeanDifferenceResponse | None = Field(
        description="to the end of follow-up; null where no survival was published"
    )


class CurveSummaryResponse(Described):
    """Survival of one group at reference times. `/v1/survival-curves` has whole curves."""

    group: str = Field(description="id of a stratum, or whole_trial")
    time_unit: Literal["day"] = Field(description="the unit of every time")
    horizon: int = Field(description="day on which follow-up ends")
    time_origin: str = Field(description="when the clock starts")
    endpoint: str = Field(description="the event")
    arms: list[ArmResponse] = Field(description="control first")
    differences_at: list[DifferenceAtResponse] = Field(description="treated minus control")
    basis: BasisResponse = Field(description="what the modelled numbers rest on")


class ContinuousValueResponse(Described):
    """The continuous effect at one level."""

    pnfh: float = Field(description="CSF pNFH, pg/mL")
    hazard_ratio: float = Field(description="treatment over control")
    lower: float = Field(description=LOWER)
    upper: float = Field(description=UPPER)
    rounding_range: RangeResponse = Field(description="what the rounding of the source allows")


class ContinuousSummaryResponse(Described):
    """The exploratory effect along the level, at reference levels."""

    kind: Kind = Field(description=KIND)
    exploratory: Literal[True] = Field(description="it always is")
    crosses_one_at: CrossingResponse = Field(description="the level at which the ratio is 1")
    values: list[ContinuousValueResponse] = Field(description="at reference levels")


class _Headed(EvidenceItemResponse):
    pmid: str | None = Field(description="PubMed id; null without one")
    registration: list[str] = Field(description="trial registrations")
    sources: dict[str, FileSourceResponse] = Field(description="where the numbers were read")
    notices: list[str] = Field(description="codes of what every answer says")


class _StudyResponse(_Headed):
    treatment: FileArmResponse = Field(description="treated arm")
    control: FileArmResponse = Field(description="control arm")
    clock: TrialClockResponse = Field(description="what is counted, from when, to when")
    estimands: dict[str, FileEstimandResponse] = Field(description="what ratios estimate")
    biomarker: BiomarkerResponse = Field(description="what is measured")
    pool: FilePoolResponse | None = Field(description="strata reported together; null if none")
    interaction: FileInteractionResponse | None = Field(description="null if none was published")
    shape: FileShapeResponse = Field(description="the assumed shape of the curves")
    criteria: list[FileCriterionResponse] = Field(description="entry criteria")
    effects: list[EffectSummaryResponse] = Field(description="computed from the above, by group")
    curves: list[CurveSummaryResponse] = Field(
        description="computed from the above, where survival was published"
    )
    continuous: ContinuousSummaryResponse | None = Field(
        description="computed from `interaction`; null without it"
    )


class TrialEvidenceResponse(_StudyResponse):
    """A trial's published numbers as this service holds them, and what follows from them."""

    kind: Literal["treatment_effect"] = Field(description="a treatment effect")
    population: PopulationResponse = Field(description="who was studied")
    strata: list[FileStratumResponse] = Field(description="lowest levels first")
    whole_trial: FileWholeTrialResponse = Field(description="the primary result")


class FittedEvidenceResponse(_StudyResponse):
    """Numbers fitted from a clinic's own patients, and what follows from them. Not randomised."""

    kind: Literal["fitted"] = Field(description="fitted from the clinic's own patients")
    fit: FitResponse = Field(description="where it came from")
    population: FittedPopulationResponse = Field(description="whose records it was fitted from")
    strata: list[FittedStratumResponse] = Field(description="lowest levels first")
    whole_trial: FittedWholeResponse = Field(description="all patients together")


class BaselineValueResponse(Described):
    """The baseline at one time."""

    months: float = Field(description="months since onset")
    log_odds: float = Field(description="log odds of the event at a linear predictor of 0")


class PrognosisEvidenceResponse(_Headed):
    """A prognostic model as this service holds it."""

    kind: Literal["prognosis"] = Field(description="a prognosis")
    clock: PrognosisClockResponse = Field(description="what is counted, from when")
    coefficients: dict[str, FileFigureResponse] = Field(description="by predictor")
    baseline: FileBaselineResponse = Field(description="the spline")
    limits: dict[str, FileLimitResponse] = Field(description="where the model is used")
    default_times: FileNumbersResponse = Field(description="unless others are asked for")
    validation: dict[str, FileFigureResponse] = Field(description="how well it did")
    baseline_values: list[BaselineValueResponse] = Field(
        description="computed from `baseline`, to check an implementation against"
    )


class EvidenceResponse(
    RootModel[
        Annotated[
            TrialEvidenceResponse | PrognosisEvidenceResponse | FittedEvidenceResponse,
            Field(discriminator="kind"),
        ]
    ]
):
    """One evidence file with all its numbers, and what follows from them. Its words are English."""


class EvidenceVersionResponse(Described):
    """One side of a comparison."""

    id: str = Field(description="the evidence")
    version: str = Field(description="its version")
    digest: str = Field(description="SHA-256 of the evidence file")


class ChangeResponse(Described):
    """One difference. What one side does not have is null there."""

    path: str = Field(
        description="JSON Pointer into the evidence `from`; into `to` for what stands there alone",
        examples=["/whole_trial/hazard_ratio/value"],
    )
    from_: Any = Field(alias="from", description="what stood there")
    to: Any = Field(description="what stands there now")


class RatioSummaryResponse(Described):
    """A hazard ratio in short."""

    value: float = Field(description="treatment over control")
    lower: float | None = Field(description=f"{LOWER}; null where none was published")
    upper: float | None = Field(description=f"{UPPER}; null where none was published")
    p_value: float | None = Field(description="two-sided; null where none was published")


class LevelAnswerResponse(Described):
    """What one evidence says of a level."""

    stratum: str = Field(description="id of its stratum")
    status: Status = Field(description="no_estimate: nothing was published")
    reason: str | None = Field(description="code of the reason why there is no estimate")
    hazard_ratio: RatioSummaryResponse | None = Field(description="null without an estimate")
    direction: Direction | None = Field(description=f"{DIRECTION}; null without an estimate")


class LevelDifferenceResponse(Described):
    """What both say of one level."""

    pnfh: float = Field(description="CSF pNFH, pg/mL")
    from_: LevelAnswerResponse = Field(alias="from", description="by the evidence before")
    to: LevelAnswerResponse = Field(description="by the evidence after")
    differs: list[str] = Field(description="names of the members that are not the same")


class EvidenceDifferenceResponse(Described):
    """What differs between two evidence files, and what that does to the answers."""

    from_: EvidenceVersionResponse = Field(alias="from", description="the evidence before")
    to: EvidenceVersionResponse = Field(description="the evidence after")
    changes: list[ChangeResponse] = Field(description="every difference; list items go by `id`")
    levels: list[LevelDifferenceResponse] = Field(
        description="by level; empty unless both are about a treatment effect"
    )
