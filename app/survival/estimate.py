"""The estimate: a level and a study in; stratum, effect, curves and their limits out.

Pure: the same question to the same study gives the same estimate for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Literal, TypeAlias

from app.survival.applicability import Applicability, Facts, judge_applicability
from app.survival.caution import Caution, cautions_for
from app.survival.curve import GroupCurves
from app.survival.reading import Reading, read_level

if TYPE_CHECKING:
    from app.survival.curve import (
        DifferenceAt,
        Median,
        Outer,
        RestrictedMean,
        Side,
        SurvivalAt,
    )
    from app.survival.level import Level
    from app.survival.provenance import Figure
    from app.survival.study import Group, Study

Status: TypeAlias = Literal["estimate", "no_estimate", "indeterminate"]
SIDES: tuple[Side, ...] = ("control", "treated")
DEFAULT_TIMES = (180.0, 365.0, 540.0, 640.0)
"""Days at which survival is given unless others are asked for: about 6, 12, 18 and 21 months."""

DEFAULT_LATER_TIMES = (730.0, 960.0)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What may be asked beside the level. Times in days from the time origin."""

    times: tuple[float, ...] | None = None
    alive_at: float | None = None
    extrapolate: bool = False

    def times_until(self, horizon: float) -> tuple[float, ...]:
        """The times asked for within follow-up; the default ones and its end if none were named."""
        if self.times is None:
            return tuple(sorted({*(t for t in DEFAULT_TIMES if t <= horizon), horizon}))
        return tuple(t for t in self.times if t <= horizon)

    def times_after(self, horizon: float, limit: float = inf) -> tuple[float, ...]:
        """The times asked for past follow-up; the default ones up to the limit if none were."""
        if self.times is None:
            return tuple(t for t in DEFAULT_LATER_TIMES if horizon < t <= limit)
        return tuple(t for t in self.times if t > horizon)


@dataclass(frozen=True, slots=True)
class Question:
    """A level, what is known of the patient, and what is wished."""

    level: Level
    unit_assumed: bool = False
    assay_cv: float | None = None
    facts: Facts = field(default_factory=Facts)
    wishes: Wishes = field(default_factory=Wishes)


@dataclass(frozen=True, slots=True)
class ArmEstimate:
    """One arm: its curve, rows at the times asked for, and summaries."""

    side: Side
    curve: tuple[SurvivalAt, ...]
    survival_at: tuple[SurvivalAt, ...]
    median: Median
    restricted_mean: RestrictedMean
    observed: Figure | None


@dataclass(frozen=True, slots=True)
class ModelledEffect:
    """What a group's curves say beyond its hazard ratio; times within follow-up."""

    arms: tuple[ArmEstimate, ...]
    at_horizon: DifferenceAt
    differences: tuple[DifferenceAt, ...]
    mean_difference: RestrictedMean
    mean_difference_over_shapes: Outer


@dataclass(frozen=True, slots=True)
class Later:
    """What lies past follow-up, by assumption alone."""

    horizon: float
    curves: dict[Side, tuple[SurvivalAt, ...]]
    survival_at: dict[Side, tuple[SurvivalAt, ...]]
    differences: tuple[DifferenceAt, ...]


@dataclass(frozen=True, slots=True)
class GroupEstimate:
    """A group with its published ratio and, where survival was published, what follows from it."""

    group: Group
    modelled: ModelledEffect | None


@dataclass(frozen=True, slots=True)
class SurvivalEstimate:
    """The whole answer. `group` is None when there is no estimate; `reason` then says why."""

    study: Study
    status: Status
    reason: str | None
    reading: Reading
    group: GroupEstimate | None
    whole_trial: GroupEstimate
    conditional: dict[Side, tuple[SurvivalAt, ...]] | None
    later: Later | None
    wishes: Wishes
    applicability: Applicability
    cautions: tuple[Caution, ...]
    unit_assumed: bool
    assay_cv_assumed: bool


def estimate_survival(question: Question, study: Study) -> SurvivalEstimate:
    """Estimate survival with and without treatment for the stratum that the level lies in."""
    reading = read_level(question.level, study, question.assay_cv)
    stratum = reading.stratum(study)
    group = stratum.group if stratum else None
    curves = curves_of(group, study) if group and group.pairs else None
    applicability = judge_applicability(question.facts, study.criteria)
    wishes = question.wishes
    return SurvivalEstimate(
        study,
        _status(reading, group),
        _reason(reading, study),
        reading,
        GroupEstimate(group, _modelled(group, study, wishes)) if group else None,
        GroupEstimate(study.whole_trial, _modelled(study.whole_trial, study, wishes)),
        _conditional(curves, wishes, study.horizon) if curves else None,
        _later(curves, wishes, study) if curves and wishes.extrapolate else None,
        wishes,
        applicability,
        tuple(
            cautions_for(
                study,
                reading.kind,
                unit_assumed=question.unit_assumed,
                assay_cv_assumed=question.assay_cv is None,
                extrapolates=wishes.extrapolate,
                grade=applicability.grade,
            )
        ),
        question.unit_assumed,
        question.assay_cv is None,
    )


def curves_of(group: Group, study: Study) -> GroupCurves:
    """The group's curves under the study's shape."""
    return GroupCurves(group.pairs, study.shape, float(study.horizon))


def _status(reading: Reading, group: Group | None) -> Status:
    if len(reading.kind.strata) > 1:
        return "indeterminate"
    return "estimate" if group else "no_estimate"


def _reason(reading: Reading, study: Study) -> str | None:
    stratum = reading.stratum(study)
    return stratum.refusal if stratum else "bound_spans_strata"


@lru_cache(maxsize=64)
def _modelled(group: Group, study: Study, wishes: Wishes) -> ModelledEffect | None:
    if not group.pairs:
        return None
    curves, horizon = curves_of(group, study), float(study.horizon)
    times = wishes.times_until(horizon)
    return ModelledEffect(
        tuple(_arm(curves, side, group, study, times) for side in SIDES),
        curves.difference_at(horizon),
        tuple(curves.difference_at(day) for day in times),
        curves.mean_difference(),
        curves.mean_difference_over_shapes(),
    )


def _arm(
    curves: GroupCurves, side: Side, group: Group, study: Study, times: tuple[float, ...]
) -> ArmEstimate:
    return ArmEstimate(
        side,
        curves.curve(side, 0, study.horizon, study.grid_step),
        tuple(curves.survival_at(side, day) for day in times),
        curves.median(side),
        curves.restricted_mean(side),
        group.observed.control if side == "control" else group.observed.treated,
    )


def _conditional(
    curves: GroupCurves, wishes: Wishes, horizon: float
) -> dict[Side, tuple[SurvivalAt, ...]] | None:
    """Survival of those alive at a day, in their own arm since the time origin; no difference."""
    since = wishes.alive_at
    if since is None:
        return None
    times = [day for day in wishes.times_until(horizon) if day >= since]
    return {side: tuple(curves.survival_at(side, day, since) for day in times) for side in SIDES}


def _later(curves: GroupCurves, wishes: Wishes, study: Study) -> Later:
    times = wishes.times_after(study.horizon, study.extrapolation_limit)
    span = (study.horizon, study.extrapolation_limit, study.grid_step)
    return Later(
        study.extrapolation_limit,
        {side: curves.curve(side, *span) for side in SIDES},
        {side: tuple(curves.survival_at(side, day) for day in times) for side in SIDES},
        tuple(curves.difference_at(day) for day in times),
    )
