"""What evidence must contain that was fitted from a clinic's own patients.

It is a trial's file but for what only a trial has: nothing in it was randomised or published.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from app.evidence.figures import FigureEntry, Part, ProportionEntry, RatioEntry, Words
from app.evidence.file_format import ObservedEntry, Strata, StratumEntry, StudyFile

OBLIGATORY = ("own_cohort", "observational", "not_approved", "research_use")
"""Notices without which no evidence of this kind is served."""


class ByArm(Part):
    """A figure for each arm."""

    control: FigureEntry
    treated: FigureEntry


class SeenEntry(Part):
    """How many patients an arm had, and how many of them died by the horizon."""

    patients: ByArm
    deaths: ByArm


class VariancesEntry(ByArm):
    """The variance of each arm's log cumulative hazard at the horizon."""

    @field_validator("control", "treated")
    @classmethod
    def _is_positive(cls, value: FigureEntry) -> FigureEntry:
        if value.value <= 0:
            raise ValueError("a variance is greater than 0")
        return value


class FittedEffectEntry(Part):
    """The whole cohort: its effect, and what its curves rest on."""

    hazard_ratio: RatioEntry
    control_survival: ProportionEntry
    control_participants: FigureEntry
    log_variances: VariancesEntry
    observed: ObservedEntry
    seen: SeenEntry


class FittedStratumEntry(StratumEntry):
    """A stratum of the clinic's patients."""

    log_variances: VariancesEntry | None = None
    seen: SeenEntry | None = None

    @model_validator(mode="after")
    def _curves_have_their_variances(self) -> Self:
        parts = (self.control_survival, self.log_variances, self.observed, self.seen)
        if any((part is None) != (self.hazard_ratio is None) for part in parts):
            raise ValueError(
                "hazard_ratio, control_survival, log_variances, observed and seen belong together"
            )
        return self


class FittedPopulation(Part):
    """Whose records it was fitted from."""

    disease: Words
    patients: FigureEntry
    control: FigureEntry
    treated: FigureEntry
    deaths: FigureEntry


class FitEntry(Part):
    """The fit: which kept model, of which state of the cohort, on which day."""

    model_id: Words
    cohort_version: Words
    fitted_date: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    adjustment: Words


class FittedFile(StudyFile):
    """Evidence from a clinic's own patients. No arm was drawn, and no number was published."""

    kind: Literal["fitted"]
    fit: FitEntry
    population: FittedPopulation
    strata: Strata[FittedStratumEntry]
    whole_trial: FittedEffectEntry

    @field_validator("notices")
    @classmethod
    def _says_what_it_is(cls, notices: list[str]) -> list[str]:
        missing = [code for code in OBLIGATORY if code not in notices]
        if missing:
            raise ValueError(f"must have the notices {', '.join(missing)}")
        return notices

    @model_validator(mode="after")
    def _serves_somebody(self) -> Self:
        if not any(stratum.hazard_ratio for stratum in self.strata):
            raise ValueError("no stratum has an estimate: there is nothing to serve")
        return self
