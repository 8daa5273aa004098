"""Answers as they leave: the whole estimate, its parts, and batches of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, RootModel

from app.schemas.curves import CurvesResponse
from app.schemas.effects import DIRECTION, ContextResponse, EffectResponse
from app.schemas.numbers import (
    Described,
    Direction,
    ProvenanceResponse,
    SourceResponse,
    sometimes,
)
from app.schemas.problems import Problem

Comparator = Literal["<", "<=", ">", ">="]
POSSIBLE_STRATA = "ids of the strata the level may lie in; only beside `indeterminate`"


class ReasonResponse(Described):
    """Why there is no estimate."""

    code: str = Field(description="stable code", examples=["stratum_not_reported"])
    message: str = Field(description="the same in words")


class GivenLevelResponse(Described):
    """The level as it was sent, digit for digit."""

    value: float = Field(description="in the unit that was given")
    unit: str = Field(description="UCUM unit", examples=["ng/mL"])
    comparator: Comparator = sometimes("only if the level is a bound")


class UsedLevelResponse(Described):
    """The level as it was used; exact."""

    value: float = Field(description="pg/mL")
    unit: Literal["pg/mL"] = Field(description="the canonical unit")
    specimen: Literal["csf"] = Field(description="cerebrospinal fluid")
    comparator: Comparator = sometimes("only if the level is a bound")


class InputResponse(Described):
    """The level as given and as used."""

    given: GivenLevelResponse = Field(description="as it was sent")
    used: UsedLevelResponse = Field(description="as it was used")


class MembershipResponse(Described):
    """How likely the true level lies in a stratum, given the error of the assay."""

    id: str = Field(description="the stratum")
    probability: float = Field(description="0 to 1; all strata sum to 1")


class LevelStratumResponse(Described):
    """The stratum that the level lies in, and how sure that is."""

    id: str = Field(description="the stratum", examples=["low"])
    label: str = Field(description="the same in words")
    lower: float | None = Field(description="lower cut point, pg/mL; null if open below")
    lower_inclusive: bool = Field(description="whether the lower cut point lies inside")
    upper: float | None = Field(description="upper cut point, pg/mL; null if open above")
    upper_inclusive: bool = Field(description="whether the upper cut point lies inside")
    unit: Literal["pg/mL"] = Field(description="the unit of cut points and distances")
    population_share: float = Field(description="proportion of the trial's patients in it")
    population_share_provenance: ProvenanceResponse = Field(description="of the proportion")
    source: SourceResponse = Field(description="of the cut points")
    membership: list[MembershipResponse] | None = Field(description="null for a bound")
    assay_cv: float = Field(description="coefficient of variation used, a ratio")
    assay_cv_provenance: ProvenanceResponse = Field(description="of the variation")
    nearest_cut_point: float | None = Field(description="pg/mL; null for a bound")
    distance_to_cut_point: float | None = Field(description="pg/mL; null for a bound")


class CriterionResponse(Described):
    """An entry criterion of the trial, answered from the patient's facts alone."""

    id: str = Field(description="the criterion", examples=["age"])
    status: Literal["met", "not_met", "unknown"] = Field(description="unknown: not told")
    rule: str = Field(description="the criterion in words")
    source: SourceResponse = Field(description="where it stands")


class ApplicabilityResponse(Described):
    """Whether the trial speaks about a patient like this one."""

    grade: Literal["applicable", "not_applicable", "undetermined"] = Field(
        description="applicable: all met; not_applicable: any not met; undetermined: else"
    )
    criteria: list[CriterionResponse] = Field(description="every entry criterion")


class WarningResponse(Described):
    """What to know of this answer in particular."""

    code: str = Field(description="stable code", examples=["near_cut_point"])
    severity: Literal["info", "caution"] = Field(description="how much it matters")
    message: str = Field(description="the same in words")
    pointer: str = Field(description="JSON Pointer to what it is about", examples=["/pnfh/value"])


class NoticeResponse(Described):
    """What to know of every answer from this evidence."""

    code: str = Field(description="stable code", examples=["not_approved"])
    text: str = Field(description="the same in words")


class RowResponse(Described):
    """A row of ready-made words."""

    label: str = Field(description="what the row is about")
    time: float | None = Field(description="days since the time origin; null without a time")
    placebo: str = Field(description="the control arm, in words")
    il2ld: str = Field(description="the treated arm, in words")
    difference: str = Field(description="their contrast, in words")


class PresentationResponse(Described):
    """The answer in words."""

    clinician: list[str] = Field(description="sentences for a professional")
    lay: list[str] = Field(description="sentences for a lay reader")
    table: list[RowResponse] = Field(description="rows of words; none in `group`")


class EvidenceReferenceResponse(Described):
    """The evidence, and the version of it, that the answer rests on."""

    id: str = Field(description="the evidence", examples=["mirocals-2025"])
    version: str = Field(description="its version", examples=["1"])
    digest: str = Field(description="SHA-256 of the evidence file")
    citation: str = Field(description="the publication")
    doi: str | None = Field(description="its DOI; null without one")


class ServiceResponse(Described):
    """Who answered."""

    version: str = Field(description="version of the service")


class _Answered(Described):
    status: Literal["estimate", "no_estimate", "indeterminate"] = Field(
        description="no_estimate: nothing was published; indeterminate: the bound leaves it open"
    )
    reason: ReasonResponse | None = Field(description="null beside an estimate")
    possible_strata: list[str] = sometimes(POSSIBLE_STRATA)


class FullResponse(_Answered):
    """The answer to a level; `detail=summary` leaves out curve arrays and comparator."""

    input: InputResponse = Field(description="the level as given and as used")
    stratum: LevelStratumResponse | None = Field(description="null beside `indeterminate`")
    treatment_effect: EffectResponse | None = Field(description="null without an estimate")
    context: ContextResponse = Field(description="what must stand beside the estimate")
    survival_curves: CurvesResponse | None = Field(
        description="null without an estimate, and where no survival was published"
    )
    applicability: ApplicabilityResponse = Field(description="the trial's entry criteria, judged")
    warnings: list[WarningResponse] = Field(description="of this answer")
    notices: list[NoticeResponse] = Field(description="of all answers from this evidence")
    presentation: PresentationResponse = Field(description="the answer in words")
    evidence: EvidenceReferenceResponse = Field(description="what it rests on")
    service: ServiceResponse = Field(description="who answered")


class GroupResponse(_Answered):
    """The answer with `detail=group`: which group, which direction, no sizes of effect."""

    stratum: LevelStratumResponse | None = Field(description="null beside `indeterminate`")
    direction: Direction | None = Field(description=f"{DIRECTION}; null without an estimate")
    applicability: ApplicabilityResponse = Field(description="the trial's entry criteria, judged")
    notices: list[NoticeResponse] = Field(description="of all answers from this evidence")
    presentation: PresentationResponse = Field(description="the answer in words")
    evidence: EvidenceReferenceResponse = Field(description="what it rests on")


class EstimateResponse(RootModel[FullResponse | GroupResponse]):
    """The answer to a level: its group alone with `detail=group`, else all of it."""


class _PartAnswered(_Answered):
    context: ContextResponse = Field(description="what must stand beside the estimate")
    warnings: list[WarningResponse] = Field(description="of this answer")
    notices: list[NoticeResponse] = Field(description="of all answers from this evidence")
    evidence: EvidenceReferenceResponse = Field(description="what it rests on")


class StratumResponse(_PartAnswered):
    """The stratum of a level."""

    stratum: LevelStratumResponse | None = Field(description="null beside `indeterminate`")


class TreatmentEffectResponse(_PartAnswered):
    """The treatment effect at a level."""

    treatment_effect: EffectResponse | None = Field(description="null without an estimate")


class SurvivalCurvesResponse(_PartAnswered):
    """The survival curves for a level."""

    survival_curves: CurvesResponse | None = Field(
        description="null without an estimate, and where no survival was published"
    )


REF = "the caller's name for the item; null without one"


class FullItemResponse(FullResponse):
    """One answer of a batch."""

    ref: str | None = Field(description=REF)


class GroupItemResponse(GroupResponse):
    """One answer of a batch with `detail=group`."""

    ref: str | None = Field(description=REF)


class FailedItemResponse(Described):
    """An item of a batch that could not be answered; the others are."""

    ref: str | None = Field(description=REF)
    status: Literal["error"] = Field(description="tells it from the answers")
    problem: Problem = Field(description="what is wrong with it, every fault at once")


class BatchResponse(Described):
    """The answers of a batch, in the order of the questions."""

    items: list[FullItemResponse | GroupItemResponse | FailedItemResponse] = Field(
        description="one for each item that was sent"
    )
