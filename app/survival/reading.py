"""What a level itself decides: its stratum, how sure that is, and the continuous effect at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from app.survival.stratum import membership, nearest_cut, strata_meeting

if TYPE_CHECKING:
    from decimal import Decimal

    from app.survival.continuous import ContinuousEffect
    from app.survival.level import Level
    from app.survival.study import Stratum, Study

Silence: TypeAlias = Literal["level_is_a_bound", "level_out_of_range", "not_in_this_evidence"]
"""Why there is no continuous effect."""


@dataclass(frozen=True, slots=True)
class ReadingKind:
    """Everything about a reading that is not a number of its own.

    Readings of one kind differ only in level, probabilities and continuous effect: their answers
    share all the rest.
    """

    strata: tuple[int, ...]
    near: tuple[int, ...]
    is_bound: bool
    silence: Silence | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A level read against a study. Probabilities and cut points are null for a bound."""

    level: Level
    kind: ReadingKind
    assay_cv: float
    probabilities: tuple[float, ...] | None
    nearest_cut_point: Decimal | None
    distance_to_cut_point: Decimal | None
    continuous: ContinuousEffect | None

    def stratum(self, study: Study) -> Stratum | None:
        """The stratum, when there is just one that the level can lie in."""
        return study.strata[self.kind.strata[0]] if len(self.kind.strata) == 1 else None


def read_level(level: Level, study: Study, assay_cv: float | None = None) -> Reading:
    """Read a level against a study; `assay_cv` (a ratio) replaces the study's default."""
    spread = study.assay_cv.value if assay_cv is None else assay_cv
    strata = tuple(strata_meeting(study.ranges, level))
    if level.is_bound:
        kind = ReadingKind(strata, (), True, "level_is_a_bound")
        return Reading(level, kind, spread, None, None, None, None)
    value = float(level.value)
    probabilities = membership(value, study.log_cut_points, spread)
    near = near_strata(probabilities, strata[0], study.near_cut_probability)
    silence = continuous_silence(level.value, study)
    model = study.interaction.model if study.interaction else None
    cut = nearest_cut(level.value, study.cut_points)
    return Reading(
        level,
        ReadingKind(strata, near, False, silence),
        spread,
        tuple(probabilities),
        cut,
        abs(level.value - cut),
        None if silence or model is None else model.effect(value),
    )


def near_strata(probabilities: list[float], own: int, threshold: float) -> tuple[int, ...]:
    """The other strata that the true level lies in with at least the threshold's probability."""
    return tuple(i for i, p in enumerate(probabilities) if i != own and p >= threshold)


def continuous_silence(value: Decimal, study: Study) -> Silence | None:
    """Why the study's continuous effect is not shown at a level, if it is not."""
    if study.interaction is None:
        return "not_in_this_evidence"
    return None if study.interaction.model.serves(value) else "level_out_of_range"
