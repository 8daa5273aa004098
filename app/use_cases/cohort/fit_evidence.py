"""Make evidence of a fitted model: the same patients, arm against arm, stratum by stratum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from app.cohort.cohort import select
from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.evidence.fitted_groups import fit_groups
from app.cohort.evidence.two_arms import TwoArms
from app.cohort.models.design import build_design
from app.cohort.models.refusal import FitRefused
from app.cohort.models.terms import as_taken
from app.errors import Conflict, Fault, FitFailed
from app.use_cases.cohort.describe_survival import groups_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.cohort import Selection
    from app.cohort.columns import Column
    from app.cohort.evidence.fitted_groups import FittedGroups
    from app.cohort.models.terms import Term
    from app.use_cases.cohort.cohorts import Cohorts, Gathered
    from app.use_cases.cohort.fit_model import ModelQuestion

ARM: Final = "arm"
PNFH: Final = "pnfh"
STRATUM: Final = "stratum"
OF_THE_QUESTION: Final = {ARM, PNFH, STRATUM}
"""Variables that the evidence is about; every other term of the model is an adjustment."""

CHANGED: Final = "The clinic's patients have changed since this model was fitted: fit it again."


@dataclass(frozen=True, slots=True)
class FittedEffects:
    """What was fitted, between which arms, and adjusted for what."""

    groups: FittedGroups
    control: str
    treated: str
    adjustment: str
    is_coarse: bool
    is_synthetic: bool


async def fit_evidence(
    asked: ModelQuestion, version: str, clinic_id: str, *, cohorts: Cohorts
) -> FittedEffects:
    """Fit the patients of a model. Raises Conflict if they are not those of `version` any more.

    Raises FitFailed where they do not determine an effect of one arm against another.
    """
    names = (*asked.needed, ARM, STRATUM, PNFH)
    gathered = await cohorts.gather(clinic_id, asked.wanted, names)
    if gathered.cohort.version != version:
        raise Conflict(CHANGED, [Fault("/model_id", "cohort_changed", CHANGED)])
    return await cohorts.fit(_fit, asked, gathered)


def _fit(asked: ModelQuestion, gathered: Gathered) -> FittedEffects:
    selection = select(gathered.cohort, gathered.meant, asked.endpoint, asked.needed)
    arm = gathered.cohort.columns[ARM].of(selection.used)
    control, treated = _two_arms(asked, arm)
    try:
        arms = _arms(asked, gathered, selection, treated)
        groups = fit_groups(arms, gathered.held.disclosures.minimum)
    except FitRefused as refusal:
        raise FitFailed([Fault("/model_id", refusal.code, refusal.detail)]) from None
    if all(group.effect is None for group in groups.strata):
        detail = "No stratum of the level has enough patients and deaths in both arms."
        raise FitFailed([Fault("/model_id", "too_few_patients", detail)])
    return FittedEffects(
        groups,
        control,
        treated,
        _adjustment(arms, asked),
        _is_coarse(asked, gathered, selection, arms),
        bool(gathered.cohort.is_synthetic[selection.used].any()),
    )


def _two_arms(asked: ModelQuestion, arm: Column) -> tuple[str, str]:
    """The reference and the one arm that is compared with it."""
    term = next((term for term in asked.terms if term.variable == ARM), None)
    if term is None or not isinstance(arm, CategoricalColumn):
        detail = "The model has no term for the arm, so it compares nobody with anybody."
        raise FitFailed([Fault("/model_id", "no_arm", detail)])
    present = sorted({arm.categories[code] for code in np.unique(arm.codes)})
    reference = term.reference or present[0]
    others = [name for name in present if name != reference]
    if len(others) != 1:
        detail = (
            f"Evidence needs one arm against a reference; against {reference} this model has "
            f"{', '.join(others) or 'none'}. Fit it with a filter on the arm."
        )
        raise FitFailed([Fault("/model_id", "not_two_arms", detail)])
    return reference, others[0]


def _arms(asked: ModelQuestion, gathered: Gathered, selection: Selection, treated: str) -> TwoArms:
    columns, used = gathered.cohort.columns, selection.used
    arm, stratum = columns[ARM].of(used), columns[STRATUM].of(used)
    if not isinstance(arm, CategoricalColumn) or not isinstance(stratum, CategoricalColumn):
        raise TypeError("arm and stratum are categories")
    adjusted, names = _adjusted(asked, gathered, selection)
    level = columns[PNFH].of(used)
    wanted = _has_interaction(asked) and isinstance(level, NumericColumn)
    return TwoArms(
        selection.follow_up,
        arm.codes == arm.categories.index(treated),
        stratum,
        adjusted,
        names,
        groups_of(gathered.cohort, asked.strata, used).codes if asked.strata else None,
        level.values if wanted and isinstance(level, NumericColumn) else None,
    )


def _adjusted(
    asked: ModelQuestion, gathered: Gathered, selection: Selection
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """The columns of all other terms, shape (q, n), and their names."""
    terms = [term for term in asked.terms if term.variable not in OF_THE_QUESTION]
    if not terms:
        return np.empty((0, selection.used.size)), ()
    columns = {
        term.variable: as_taken(gathered.cohort.columns[term.variable].of(selection.used), term)
        for term in terms
    }
    pairs = [pair for pair in asked.analysis.interactions if not OF_THE_QUESTION & set(pair)]
    design = build_design(terms, pairs, columns)
    return design.columns, design.names


def _has_interaction(asked: ModelQuestion) -> bool:
    """Whether the model has the arm with the level as it is: only that reads per pg/mL."""
    is_linear = any(term.variable == PNFH and _is_plain(term) for term in asked.terms)
    return is_linear and any({ARM, PNFH} == set(pair) for pair in asked.analysis.interactions)


def _is_plain(term: Term) -> bool:
    return term.transform == "linear" and term.reference is None


def _adjustment(arms: TwoArms, asked: ModelQuestion) -> str:
    parts = [", ".join(arms.names)] if arms.names else []
    parts += [f"strata of {', '.join(asked.strata)}"] if asked.strata else []
    return f"Cox model with {'; '.join(parts)}" if parts else "none"


def _is_coarse(
    asked: ModelQuestion, gathered: Gathered, selection: Selection, arms: TwoArms
) -> bool:
    """Whether exact numbers of people would tell of a small group, also beside earlier answers."""
    held, sides = gathered.held, (False, True)
    codes = range(-1, len(arms.stratum.categories))
    cells = [(arms.stratum.codes == c) & (arms.is_treated == side) for c in codes for side in sides]
    masks = [np.zeros(len(gathered.cohort), dtype=bool) for _ in cells]
    for mask, cell in zip(masks, cells, strict=True):
        mask[selection.used[cell]] = True
    sizes = [int(np.count_nonzero(cell)) for cell in cells]
    question = ("evidence", asked.wanted.digest, asked.needed, asked.endpoint)
    verdict = held.disclosures.judge(question, gathered.meant, masks, sizes)
    hidden = [size for size, shown in zip(sizes, verdict.shown, strict=True) if size and not shown]
    return not verdict.is_allowed or bool(hidden)
