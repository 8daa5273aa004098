"""From a checked trial file to the study that the science works with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import TYPE_CHECKING

from app.survival.applicability import Criterion
from app.survival.continuous import ContinuousModel
from app.survival.hazard import HazardRatio, log_standard_error
from app.survival.pair import Pair, pair_arms
from app.survival.proportion import newcombe_difference
from app.survival.provenance import Estimand, Figure, Source
from app.survival.stratum import Range
from app.survival.study import Group, Interaction, Observed, Pool, Ratio, Shape, Stratum, Study

if TYPE_CHECKING:
    from app.evidence.figures import FigureEntry, RatioEntry, RoundedRatioEntry
    from app.evidence.file_format import (
        CriterionEntry,
        InteractionEntry,
        RangeEntry,
        StratumEntry,
        TrialFile,
    )
    from app.evidence.fitted_format import FittedFile


class StudyBuilder(ABC):
    """Builds one study. Raises ValueError (path, reason) where numbers contradict each other."""

    def __init__(self, file: TrialFile | FittedFile) -> None:
        self.file = file

    def build(self, digest: str) -> Study:
        """The whole study; `digest` is that of the file's bytes."""
        file = self.file
        shape = file.shape.value
        return Study(
            id=file.id,
            version=file.version,
            digest=digest,
            citation=file.citation,
            doi=file.doi,
            treatment=file.treatment.id,
            control=file.control.id,
            endpoint=file.clock.endpoint,
            time_origin=file.clock.time_origin,
            inferred=tuple(file.clock.inferred),
            horizon=int(file.clock.horizon.value),
            grid_step=int(file.clock.grid_step.value),
            extrapolation_limit=int(file.clock.extrapolation_limit.value),
            shape=Shape(shape.value, *_limits(shape)),
            shape_kind=shape.kind,
            shape_source=self.source(shape.source),
            assay_cv=self.figure(file.biomarker.assay_cv),
            near_cut_probability=file.biomarker.near_cut_probability.value,
            strata=tuple(self.stratum(i, entry) for i, entry in enumerate(file.strata)),
            whole_trial=self.whole_trial(),
            pool=self.pool(),
            interaction=self.interaction(file.interaction),
            criteria=tuple(self.criterion(entry) for entry in file.criteria),
            notices=tuple(file.notices),
            document=file.model_dump(mode="json"),
        )

    def stratum(self, position: int, entry: StratumEntry) -> Stratum:
        """One stratum, with its group where an effect was published."""
        group = None
        if entry.hazard_ratio is not None:
            group = self.group(position, entry, self.hazard_ratio(entry.hazard_ratio))
        return Stratum(
            entry.id,
            _range(entry.range),
            self.figure(entry.population_share),
            self.source(entry.range_source),
            group,
            entry.no_estimate,
        )

    @abstractmethod
    def group(self, position: int, entry: StratumEntry, ratio: HazardRatio) -> Group:
        """The patients of the stratum at a position, which has an effect."""

    @abstractmethod
    def whole_trial(self) -> Group:
        """All patients together: the result that stands beside every answer."""

    def pool(self) -> Pool | None:
        """The strata that a source reported together, if any."""
        entry = self.file.pool
        if entry is None:
            return None
        return Pool(_range(entry.range), self.hazard_ratio(entry.hazard_ratio))

    def interaction(self, entry: InteractionEntry | None) -> Interaction | None:
        """The published coefficients and the continuous model rebuilt from them."""
        if entry is None:
            return None
        per_unit, at_zero = entry.per_unit, entry.at_zero
        model = ContinuousModel(
            at_zero=at_zero.value,
            at_zero_error=log_standard_error(*_limits(at_zero)),
            at_zero_rounding=at_zero.rounding,
            per_unit=per_unit.value,
            per_unit_error=log_standard_error(*_limits(per_unit)),
            per_unit_rounding=per_unit.rounding,
            correlation=entry.correlation.value,
            lowest=entry.served_from.value,
            highest=entry.served_to.value,
        )
        return Interaction(
            _ratio(per_unit),
            _ratio(at_zero),
            per_unit.kind,
            self.source(per_unit.source),
            self.source(at_zero.source),
            model,
        )

    def hazard_ratio(self, entry: RatioEntry) -> HazardRatio:
        """A hazard ratio with its estimand and source."""
        return HazardRatio(
            entry.value,
            entry.lower,
            entry.upper,
            entry.level,
            entry.p_value,
            entry.kind,
            self.estimand(entry.estimand),
            self.source(entry.source),
        )

    def estimand(self, key: str) -> Estimand:
        """An estimand, with the file's clock."""
        entry, clock = self.file.estimands[key], self.file.clock
        unsaid = tuple(part for part in clock.inferred if part in ("endpoint", "time_origin"))
        return Estimand(
            entry.population,
            entry.contrast,
            clock.endpoint,
            clock.time_origin,
            entry.measure,
            entry.adjustment,
            unsaid,
        )

    def criterion(self, entry: CriterionEntry) -> Criterion:
        """An entry criterion; its wording lives in the phrase books."""
        return Criterion(
            entry.id,
            entry.id,
            self.source(entry.source),
            entry.least,
            entry.most,
            entry.below,
            tuple(entry.allowed),
        )

    def figure(self, entry: FigureEntry) -> Figure:
        """A number with its provenance."""
        source = self.source(entry.source)
        return Figure(entry.value, entry.lower, entry.upper, entry.kind, source)

    def source(self, key: str) -> Source:
        """A source by its id in the file."""
        entry = self.file.sources[key]
        return Source(key, entry.where, entry.certainty)


class TrialBuilder(StudyBuilder):
    """Builds the study of a trial's file: its curves rest on published aggregates."""

    def __init__(self, file: TrialFile) -> None:
        super().__init__(file)
        self.trial = file

    def group(self, position: int, entry: StratumEntry, ratio: HazardRatio) -> Group:
        """The stratum's patients: point, observed values, and pairs where survival is known."""
        seen = entry.observed
        observed = Observed(
            self.figure(seen.control) if seen else None,
            self.figure(seen.treated) if seen else None,
            self.figure(seen.difference) if seen else None,
        )
        if entry.control_survival is None or entry.control_participants is None:
            return Group(entry.id, ratio, observed)
        baseline = self.figure(entry.control_survival)
        participants = self.figure(entry.control_participants)
        path = ("strata", position, "hazard_ratio")
        pairs = self.pairs(baseline, participants.value, ratio, path)
        return Group(entry.id, ratio, observed, baseline, participants, pairs)

    def pairs(
        self, baseline: Figure, size: float, ratio: HazardRatio, path: tuple[str | int, ...]
    ) -> tuple[Pair, ...]:
        """One pair for the baseline's value and, where it is a range, one for each end (rule H)."""
        ends = [baseline.value]
        if baseline.lower is not None and baseline.upper is not None:
            ends += [baseline.lower, baseline.upper]
        pairs = [pair_arms(end, size, ratio, self.file.clock.horizon.value) for end in ends]
        if None in pairs:
            raise ValueError(
                path,
                "the interval is narrower than the control arm alone allows: "
                "the treated arm's variance would not be positive",
            )
        return tuple(pair for pair in pairs if pair is not None)

    def whole_trial(self) -> Group:
        """The primary result; its proportions and their difference are derived from counts."""
        entry = self.trial.whole_trial
        ratio = self.hazard_ratio(entry.hazard_ratio)
        alive, of = entry.alive, entry.participants
        source = self.source(alive.control.source)
        counts = (alive.treated.value, of.treated.value, alive.control.value, of.control.value)
        gap = newcombe_difference(*(int(count) for count in counts))
        control = alive.control.value / of.control.value
        treated = alive.treated.value / of.treated.value
        baseline = Figure(control, None, None, "published", source)
        participants = self.figure(of.control)
        path = ("whole_trial", "hazard_ratio")
        return Group(
            "whole_trial",
            ratio,
            Observed(
                baseline,
                Figure(treated, None, None, "published", source),
                Figure(treated - control, gap.lower, gap.upper, "derived", source),
            ),
            baseline,
            participants,
            self.pairs(baseline, participants.value, ratio, path),
        )


def _range(entry: RangeEntry) -> Range:
    return Range(
        Decimal(entry.lower) if entry.lower else None,
        entry.lower_inclusive,
        Decimal(entry.upper) if entry.upper else None,
        entry.upper_inclusive,
    )


def _limits(entry: FigureEntry) -> tuple[float, float]:
    if entry.lower is None or entry.upper is None:
        raise ValueError((), f"{entry.value} {entry.unit} needs lower and upper")
    return entry.lower, entry.upper


def _ratio(entry: RoundedRatioEntry) -> Ratio:
    return Ratio(entry.value, *_limits(entry), entry.p_value)
