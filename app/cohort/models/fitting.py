"""A model and everything that is told of it: tests, concordance, the effect along the biomarker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.models.basis import BIOMARKER, Levels
from app.cohort.models.concordance import harrell, uno
from app.cohort.models.cox import fit_cox, interaction_test
from app.cohort.models.design import build_design
from app.cohort.models.effect import effect_along, treatments_along, usual_values
from app.cohort.models.model_warnings import warnings_of
from app.cohort.models.prediction_error import brier_scores, integrated_brier
from app.cohort.models.proportional_hazards import check_proportional_hazards
from app.cohort.models.refusal import FitRefused
from app.cohort.models.resampling import resample
from app.cohort.models.stepp import stepp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from app.cohort.chi_square import ChiSquareTest
    from app.cohort.columns import Column
    from app.cohort.follow_up import FollowUp
    from app.cohort.models.concordance import Concordance
    from app.cohort.models.cox import CoxFit
    from app.cohort.models.effect import EffectCurve
    from app.cohort.models.model_warnings import ModelWarning
    from app.cohort.models.prediction_error import BrierScore
    from app.cohort.models.proportional_hazards import ProportionalHazardsTest
    from app.cohort.models.resampling import Resampling
    from app.cohort.models.stepp import Window
    from app.cohort.models.terms import Interaction, Term

ARM = "arm"
NO_TWO_ARMS = "stepp_needs_two_arms_and_a_level"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well a model predicts: Brier scores at `times`, Uno's C to `tau`, both in days."""

    times: tuple[float, ...]
    tau: float
    resamples: int
    seed: int


@dataclass(frozen=True, slots=True)
class Stepp:
    """Windows along the biomarker: patients in one, and how many it shares with the next."""

    patients: int
    overlap: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is asked beside the terms. `effect_at` are levels in pg/mL."""

    interactions: tuple[Interaction, ...] = ()
    level: float = 0.95
    effect_at: tuple[float, ...] = ()
    accuracy: Accuracy | None = None
    stepp: Stepp | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """How well a model predicts in its own patients; None with delayed entry."""

    asked: Accuracy
    uno: Concordance | None
    brier: tuple[BrierScore, ...] | None
    integrated: float | None
    resampling: Resampling | None


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fit with its analysis."""

    model: CoxFit
    level: float
    interaction: ChiSquareTest | None
    concordance: Concordance | None
    proportional_hazards: tuple[ProportionalHazardsTest, ...]
    effects: tuple[EffectCurve, ...]
    measured: Measured | None
    windows: tuple[Window, ...] | None
    warnings: tuple[ModelWarning, ...]


def fit(
    terms: Sequence[Term],
    columns: Mapping[str, Column],
    follow_up: FollowUp,
    asked: Analysis,
    strata: NDArray[np.int32] | None = None,
) -> Fitted:
    """Fit the model to all patients of the columns. Raises FitRefused, naming the term."""
    design = build_design(terms, asked.interactions, columns)
    model = fit_cox(design, follow_up, strata)
    main = None
    if design.has_interactions:
        main = fit_cox(design.without_interactions(), follow_up, strata)
    return Fitted(
        model=model,
        level=asked.level,
        interaction=None if main is None else interaction_test(model, main),
        concordance=harrell(model),
        proportional_hazards=check_proportional_hazards(model),
        effects=_effects(model, columns, asked),
        measured=None if asked.accuracy is None else _measure(model, asked.accuracy, asked.level),
        windows=None if asked.stepp is None else _windows(model, columns, asked.stepp, asked.level),
        warnings=warnings_of(model),
    )


def _effects(
    model: CoxFit, columns: Mapping[str, Column], asked: Analysis
) -> tuple[EffectCurve, ...]:
    """The hazard ratio along the level of whatever categories interact with it."""
    blueprint = model.sample.design.blueprint
    level = columns.get(BIOMARKER)
    if blueprint is None or not isinstance(level, NumericColumn):
        return ()
    at = asked.effect_at or usual_values(level.values)
    return tuple(
        curve
        for variable in treatments_along(blueprint)
        for curve in effect_along(model, variable, at, columns, level=asked.level)
    )


def _measure(model: CoxFit, asked: Accuracy, level: float) -> Measured:
    resampling = None
    if asked.resamples:
        resampling = resample(
            model, asked.tau, asked.times, count=asked.resamples, seed=asked.seed, level=level
        )
    return Measured(
        asked,
        uno(model, asked.tau),
        brier_scores(model, asked.times),
        integrated_brier(model, asked.tau),
        resampling,
    )


def _windows(
    model: CoxFit, columns: Mapping[str, Column], asked: Stepp, level: float
) -> tuple[Window, ...]:
    """The arm's hazard ratio in windows along the level, unadjusted, in the model's patients."""
    blueprint, arm, biomarker = (
        model.sample.design.blueprint,
        columns.get(ARM),
        columns.get(BIOMARKER),
    )
    if blueprint is None or arm is None or not isinstance(biomarker, NumericColumn):
        raise FitRefused(NO_TWO_ARMS, None, "Windows need arm and pnfh among the terms.")
    basis = blueprint.basis(ARM)
    if not isinstance(basis, Levels) or not isinstance(arm, CategoricalColumn):
        raise FitRefused(NO_TWO_ARMS, ARM, "Windows need an arm that is a category.")
    if len(basis.levels) != 1:
        raise FitRefused(NO_TWO_ARMS, ARM, "Windows compare two arms: filter by arm.")
    return stepp(
        model.sample.follow_up,
        arm.codes == arm.categories.index(basis.levels[0]),
        biomarker.values,
        r1=asked.overlap,
        r2=asked.patients,
        strata_codes=model.sample.strata_codes,
        level=level,
    )
