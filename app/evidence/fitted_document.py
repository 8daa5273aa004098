"""The document of evidence that a fit of a clinic's own patients becomes.

Cut points, assay and conventions are those of a published file; every other number is fitted, and
its source says from how many patients, with which model, of which state of the cohort.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any, Final

from app.evidence.fitted_card import fitted_card
from app.evidence.fitted_interaction import interaction_entry
from app.survival.interval import wald

if TYPE_CHECKING:
    from app.cohort.evidence.fitted_groups import Effect, FittedGroup, FittedGroups
    from app.cohort.evidence.two_arms import ArmSeen
    from app.evidence.file_format import StratumEntry, TrialFile

STEP: Final = 5
FURTHER: Final = 1.5
"""Curves may be asked for to one and a half times the horizon, as in the published file."""

OWN: Final = "own-patients"
CONVENTION: Final = "convention"
NOTICES: Final = [
    "research_use", "own_cohort", "observational", "not_approved", "curves_modelled",
    "not_comparable_with_encals",
]  # fmt: skip

SYNTHETIC: Final = ["synthetic_data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a fit was of: ids, days, and the names of things, as the document tells them."""

    evidence_id: str
    title: str
    model_id: str
    cohort_version: str
    fitted_date: str
    treatment: str
    control: str
    endpoint: str
    adjustment: str
    minimum: int
    is_coarse: bool
    is_synthetic: bool
    """Groups smaller than `minimum` patients stay hidden; where one would show, numbers of people
    are rounded (`is_coarse`). `is_synthetic`: simulated patients are among them."""

    @property
    def contrast(self) -> str:
        """What is compared with what."""
        return f"{self.treatment} against {self.control}, as they were treated: not randomised"


class FittedDocument:
    """Writes the document of one fit; `base` is the published file whose strata it uses."""

    def __init__(self, fit: Fit, groups: FittedGroups, base: TrialFile) -> None:
        self.fit = fit
        self.groups = groups
        self.base = base
        self.is_coarse = fit.is_coarse or any(self._hides(group) for group in groups.strata)

    def document(self) -> dict[str, Any]:
        """The whole of it, as FittedFile checks it."""
        fit, base = self.fit, self.base
        own = f"fitted from this clinic's own patients, model {fit.model_id}, {fit.fitted_date}"
        return {
            "id": fit.evidence_id,
            "version": "1",
            "kind": "fitted",
            "title": fit.title,
            "citation": f"{own[0].upper()}{own[1:]}",
            "doi": None,
            "pmid": None,
            "registration": [],
            "published_date": fit.fitted_date,
            "sources": self._sources(),
            "notices": [*(SYNTHETIC if fit.is_synthetic else ()), *NOTICES],
            "card": fitted_card(fit, self._patients(), self.groups.horizon, base.id),
            "fit": {
                "model_id": fit.model_id,
                "cohort_version": fit.cohort_version,
                "fitted_date": fit.fitted_date,
                "adjustment": fit.adjustment,
            },
            "population": self._population(),
            "treatment": {"id": fit.treatment, "label": f"{fit.treatment}, as recorded"},
            "control": {"id": fit.control, "label": f"{fit.control}, as recorded"},
            "clock": self._clock(),
            "estimands": self._estimands(),
            "biomarker": base.biomarker.model_dump(),
            "strata": [
                self._stratum(entry, group)
                for entry, group in zip(base.strata, self.groups.strata, strict=True)
            ],
            "whole_trial": self._effect_parts(self.groups.whole, "whole-cohort"),
            "interaction": self._interaction(),
            "shape": {"value": self._shape()},
            "criteria": [],
        }

    def _sources(self) -> dict[str, Any]:
        fit, base = self.fit, self.base
        where = f"model {fit.model_id}, cohort version {fit.cohort_version}, {fit.fitted_date}"
        kept = {base.biomarker.assay_cv.source, base.biomarker.near_cut_probability.source}
        strata = f"cut points of {base.id}; the note beside the number"
        return {
            **{key: base.sources[key].model_dump() for key in sorted(kept - {CONVENTION})},
            OWN: {
                "citation": "Fitted from this clinic's own patients",
                "where": f"{where}: {self._patients()}",
                "certainty": "own_records",
            },
            CONVENTION: {
                "citation": "Convention of this evidence",
                "where": strata,
                "certainty": "convention",
            },
        }

    def _patients(self) -> str:
        whole = self.groups.whole
        patients = self._people(whole.control.patients + whole.treated.patients)
        deaths = self._deaths(whole.control.deaths + whole.treated.deaths)
        about = "about " if self.is_coarse else ""
        return f"{about}{patients} patients, {about}{deaths} deaths by day {self.groups.horizon}"

    def _population(self) -> dict[str, Any]:
        control, treated = self.groups.whole.control, self.groups.whole.treated
        people = {"control": control.patients, "treated": treated.patients}
        return {
            "disease": self.base.population.disease,
            "patients": self._count(sum(people.values()), "patients"),
            **{side: self._count(n, "patients") for side, n in people.items()},
            "deaths": self._count(control.deaths + treated.deaths, self._by_day("deaths")),
        }

    def _clock(self) -> dict[str, Any]:
        horizon = self.groups.horizon
        limit = int(horizon * FURTHER) // STEP * STEP
        day = {"unit": "day", "kind": "derived", "source": CONVENTION}
        note = "the last day, a multiple of 5 and at most 640, with 10 at risk in both arms"
        return {
            "unit": "day",
            "time_origin": "baseline",
            "endpoint": self.fit.endpoint,
            "inferred": [],
            "note": "days since each patient's baseline, which the clinic recorded",
            "horizon": self._own(float(horizon), "day", note=note),
            "grid_step": {"value": float(STEP)} | day,
            "extrapolation_limit": {"value": float(limit)} | day,
        }

    def _estimands(self) -> dict[str, Any]:
        shared = {
            "contrast": self.fit.contrast,
            "measure": "hazard ratio",
            "adjustment": self.fit.adjustment,
        }
        whole = {"population": "this clinic's patients in either arm"}
        return {"whole-cohort": whole | shared} | {
            _key(entry.id): {"population": f"this clinic's patients, stratum {entry.id}"} | shared
            for entry in self.base.strata
        }

    def _stratum(self, entry: StratumEntry, group: FittedGroup) -> dict[str, Any]:
        head = {
            "id": entry.id,
            "range": entry.range.model_dump(),
            "range_source": CONVENTION,
            "range_note": f"the cut points of {self.base.id}",
            "population_share": self._share(group),
        }
        if group.effect is None:
            return head | {"no_estimate": group.refusal}
        return head | self._effect_parts(group, _key(entry.id))

    def _effect_parts(self, group: FittedGroup, estimand: str) -> dict[str, Any]:
        control, variances = group.control, group.log_variances
        if group.effect is None or variances is None:
            raise ValueError(f"{group.id} has no effect")
        unit = "variance of ln(-ln S)"
        return {
            "hazard_ratio": self._ratio(group.effect, "ratio", estimand),
            "control_survival": self._alive(control),
            "control_participants": self._count(control.patients, "patients"),
            "log_variances": {
                side: self._own(value, unit)
                for side, value in zip(("control", "treated"), variances, strict=True)
            },
            "observed": self._observed(group),
            "seen": {
                "patients": self._of_both(group, "patients", "patients"),
                "deaths": self._of_both(group, "deaths", self._by_day("deaths")),
            },
        }

    def _observed(self, group: FittedGroup) -> dict[str, Any]:
        control, treated = group.control, group.treated
        alive = [arm.survival or 0.0 for arm in (control, treated)]
        error = sqrt(sum((arm.standard_error or 0.0) ** 2 for arm in (control, treated)))
        gap = wald(alive[1] - alive[0], error)
        return {
            "control": self._alive(control),
            "treated": self._alive(treated),
            "difference": self._own(
                alive[1] - alive[0], "difference of proportions", gap.lower, gap.upper
            ),
        }

    def _of_both(self, group: FittedGroup, name: str, unit: str) -> dict[str, Any]:
        both = {"control": group.control, "treated": group.treated}
        return {side: self._count(getattr(arm, name), unit) for side, arm in both.items()}

    def _alive(self, arm: ArmSeen) -> dict[str, Any]:
        note = "Kaplan-Meier"
        return self._own(arm.survival or 0.0, self._by_day("proportion alive"), note=note)

    def _share(self, group: FittedGroup) -> dict[str, Any]:
        """The share among patients with a level; coarse where a small group must stay hidden."""
        sizes = {one.id: one.control.patients + one.treated.patients for one in self.groups.strata}
        share = sizes[group.id] / max(1, sum(sizes.values()))
        step = 0.05 if self.is_coarse else 0.01
        rounded = min(0.99, max(0.01, round(round(share / step) * step, 2)))
        return self._own(rounded, "proportion", note=f"to the nearest {step:g}")

    def _shape(self) -> dict[str, Any]:
        shape = self.groups.shape
        note = "maximum likelihood in the control arm, with its 95 % profile interval"
        return self._own(shape.value, "Weibull shape", shape.lower, shape.upper, note=note)

    def _interaction(self) -> dict[str, Any] | None:
        found = self.groups.interaction
        if found is None:
            return None
        return interaction_entry(
            found,
            self._ratio(found.per_unit, "ratio of hazard ratios per pg/mL", "whole-cohort"),
            self._ratio(found.at_zero, "hazard ratio at 0 pg/mL", "whole-cohort"),
            OWN,
        )

    def _ratio(self, effect: Effect, unit: str, estimand: str) -> dict[str, Any]:
        return self._own(effect.value, unit, effect.lower, effect.upper) | {
            "level": 0.95,
            "p_value": effect.p_value,
            "estimand": estimand,
        }

    def _count(self, people: int, unit: str) -> dict[str, Any]:
        rounds = self._deaths if unit != "patients" else self._people
        note = "rounded, so that a small group stays hidden" if self.is_coarse else None
        return self._own(float(rounds(people)), unit, note=note)

    def _people(self, count: int) -> int:
        step = self.fit.minimum if self.is_coarse else 1
        return max(step, (count + step // 2) // step * step)

    def _deaths(self, count: int) -> int:
        return ceil(count / STEP) * STEP if self.is_coarse else count

    def _by_day(self, what: str) -> str:
        return f"{what} by day {self.groups.horizon}"

    def _hides(self, group: FittedGroup) -> bool:
        """Whether an arm of the stratum holds somebody, but too few to be told of."""
        sizes = (group.control.patients, group.treated.patients)
        return any(0 < size < self.fit.minimum for size in sizes)

    def _own(
        self,
        value: float,
        unit: str,
        lower: float | None = None,
        upper: float | None = None,
        *,
        note: str | None = None,
    ) -> dict[str, Any]:
        """A fitted figure."""
        return {
            "value": value,
            "lower": lower,
            "upper": upper,
            "unit": unit,
            "kind": "fitted",
            "source": OWN,
            "note": note,
        }


def _key(stratum: str) -> str:
    return stratum.replace("_", "-")
