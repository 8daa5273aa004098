"""A study as the science sees it: groups of patients, what was found in them, what is assumed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from app.survival.applicability import Criterion
    from app.survival.continuous import ContinuousModel
    from app.survival.hazard import HazardRatio
    from app.survival.pair import Pair
    from app.survival.provenance import Figure, Kind, Source
    from app.survival.stratum import Range


@dataclass(frozen=True, slots=True)
class Shape:
    """The Weibull shape assumed for curves, and the range over which it is varied."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen at the horizon, as proportions alive; null where nothing was published."""

    control: Figure | None = None
    treated: Figure | None = None
    difference: Figure | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Patients with a published effect. `pairs` is empty where no survival was published.

    The first pair gives every point; intervals span those of all pairs (science, rule H).
    """

    id: str
    hazard_ratio: HazardRatio
    observed: Observed
    baseline: Figure | None = None
    participants: Figure | None = None
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Stratum:
    """A range of levels. Without a group there is no estimate, and `refusal` says why."""

    id: str
    range: Range
    share: Figure
    source: Source
    group: Group | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Pool:
    """Strata that a source reported together; `range` says which levels it speaks of."""

    range: Range
    hazard_ratio: HazardRatio


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with its interval and p value, beside a statement of what it multiplies."""

    value: float
    lower: float
    upper: float
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Interaction:
    """How the hazard ratio changes with the level, as published."""

    per_unit: Ratio
    at_zero: Ratio
    kind: Kind
    source: Source
    at_zero_source: Source
    model: ContinuousModel


@dataclass(frozen=True, eq=False)
class Study:
    """One source of evidence, checked. Days are counted from `time_origin`.

    Two studies are equal only if they are the same one: a library builds each once.
    """

    id: str
    version: str
    digest: str
    citation: str
    doi: str | None
    treatment: str
    control: str
    endpoint: str
    time_origin: str
    inferred: tuple[str, ...]
    horizon: int
    grid_step: int
    extrapolation_limit: int
    shape: Shape
    shape_kind: Kind
    shape_source: Source
    assay_cv: Figure
    near_cut_probability: float
    strata: tuple[Stratum, ...]
    whole_trial: Group
    pool: Pool | None
    interaction: Interaction | None
    criteria: tuple[Criterion, ...]
    notices: tuple[str, ...]
    document: Mapping[str, Any]

    @property
    def is_own_cohort(self) -> bool:
        """Whether it was fitted from a clinic's own patients: then it is no trial."""
        return "own_cohort" in self.notices

    @cached_property
    def ranges(self) -> list[Range]:
        """The strata's ranges, lowest first: together they hold every level once."""
        return [stratum.range for stratum in self.strata]

    @cached_property
    def ranges_by_id(self) -> dict[str, Range]:
        """The same by the strata's ids."""
        return {stratum.id: stratum.range for stratum in self.strata}

    @cached_property
    def cut_points(self) -> list[Decimal]:
        """The levels between neighbouring strata, in pg/mL, exact."""
        return [s.range.upper for s in self.strata if s.range.upper is not None]

    @cached_property
    def log_cut_points(self) -> list[float]:
        """The natural logarithms of the cut points."""
        return [log(cut) for cut in self.cut_points]
