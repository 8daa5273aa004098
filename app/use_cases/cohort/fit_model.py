"""Fit a model to a clinic's own patients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.clinic.filter import Filter
from app.cohort.cohort import Cohort, Endpoint, Selection, select
from app.cohort.columns import CategoricalColumn, Column
from app.cohort.groups import count_levels
from app.cohort.models.fitting import Analysis
from app.cohort.models.refusal import FitRefused
from app.cohort.models.terms import Term, as_taken
from app.errors import Fault, FitFailed, InvalidInput
from app.use_cases.cohort.cohort_notices import notices_of
from app.use_cases.cohort.cohorts import Cohorts, Gathered
from app.use_cases.cohort.describe_survival import check_variables, groups_of
from app.use_cases.cohort.fit_apart import MANY, Prepared, fit_apart
from app.use_cases.cohort.term_pointers import pointer_to

TOO_FEW: Final = "too_few_patients"
TOO_MANY_VALUES: Final = "too_many_values"

MOST_COEFFICIENTS: Final = 100
"""Coefficients of a model. Each has a column of all patients, and each pair a covariance."""


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """Which model is fitted to whom, and what else is asked of it."""

    wanted: Filter
    terms: tuple[Term, ...]
    strata: tuple[str, ...]
    endpoint: Endpoint
    analysis: Analysis

    @property
    def needed(self) -> tuple[str, ...]:
        """The variables without which a patient cannot be used."""
        return tuple(dict.fromkeys((*(term.variable for term in self.terms), *self.strata)))

    @property
    def digest(self) -> str:
        """The same for the same question, different for different ones."""
        return sha256(repr(("model", self)).encode()).hexdigest()


async def fit_model(
    asked: ModelQuestion, clinic_id: str, *, cohorts: Cohorts
) -> tuple[dict[str, Any], str]:
    """Give the fit as CohortModelResponse describes it, and the version of the cohort.

    What was asked before about the same state is not fitted again. Raises InvalidInput if a
    variable is not known of anybody, FitFailed where the data do not determine the model.
    """
    held = await cohorts.unchanged(clinic_id)
    known = held.answer_to(asked.digest) if held else None
    if held is not None and known is not None:
        return known, held.cohort.version
    gathered = await cohorts.gather(clinic_id, asked.wanted, asked.needed)
    _check(asked, gathered.cohort)
    _check_windows(asked, gathered.held.disclosures.minimum)
    selection, prepared = await cohorts.fit(_prepare, asked, gathered)
    answer = show_model(asked, gathered, selection, await _fit(asked, prepared, cohorts))
    gathered.held.remember(asked.digest, answer)
    return answer, gathered.cohort.version


def _check(asked: ModelQuestion, cohort: Cohort) -> None:
    check_variables(cohort, {"strata": asked.strata})
    faults = [
        Fault(
            f"/terms/{place}/variable",
            "unknown_variable",
            f"No patient of the clinic has a {term.variable}.",
        )
        for place, term in enumerate(asked.terms)
        if len(cohort) and not cohort.columns[term.variable].is_stated.any()
    ]
    if faults:
        raise InvalidInput(faults)


def _check_windows(asked: ModelQuestion, minimum: int) -> None:
    """Refuse windows that tell of few patients, by themselves or by what the next leaves out."""
    windows = asked.analysis.stepp
    if windows and min(windows.patients, windows.patients - windows.overlap) < minimum:
        detail = f"A window and its step to the next must be of {minimum} patients or more."
        raise InvalidInput([Fault("/stepp", "too_few", detail)])


def answer_model(asked: ModelQuestion, gathered: Gathered) -> dict[str, Any]:
    """Fit here and now, and lay the fit out. Raises FitFailed, naming the term."""
    selection, prepared = _prepare(asked, gathered)
    with _telling_of(asked):
        return show_model(asked, gathered, selection, prepared.fit())


async def _fit(asked: ModelQuestion, prepared: Prepared, cohorts: Cohorts) -> dict[str, Any]:
    """Fit beside the requests; of many patients in a process of its own, if there is room."""
    with _telling_of(asked):
        found = None
        if len(prepared.follow_up) >= MANY:
            found = await fit_apart(prepared, worker=cohorts.apart, seconds=cohorts.fit_seconds)
        return found if found is not None else await cohorts.fit(prepared.fit)


@contextmanager
def _telling_of(asked: ModelQuestion) -> Iterator[None]:
    """Tell which term of the request a refusal is about."""
    try:
        yield
    except FitRefused as refusal:
        pointer = pointer_to(refusal, asked.terms, asked.analysis.interactions)
        raise FitFailed([Fault(pointer, refusal.code, refusal.detail)]) from None


def _prepare(asked: ModelQuestion, gathered: Gathered) -> tuple[Selection, Prepared]:
    selection = select(gathered.cohort, gathered.meant, asked.endpoint, asked.needed)
    _refuse_few(asked, gathered, selection)
    taken = {
        term.variable: gathered.cohort.columns[term.variable].of(selection.used)
        for term in asked.terms
    }
    _refuse_many(asked, taken)
    columns = {term.variable: as_taken(taken[term.variable], term) for term in asked.terms}
    strata = _strata(asked, gathered, selection)
    return selection, Prepared(asked.terms, asked.analysis, columns, selection.follow_up, strata)


def _refuse_many(asked: ModelQuestion, columns: Mapping[str, Column]) -> None:
    """Refuse what would make more columns than are fitted. Raises FitFailed, naming the term."""
    widths = {term.variable: _width(columns[term.variable], term) for term in asked.terms}
    pairs = [prod(widths[name] for name in pair) for pair in asked.analysis.interactions]
    total = sum(widths.values()) + sum(pairs)
    if total <= MOST_COEFFICIENTS:
        return
    widest = max(widths, key=widths.__getitem__)
    detail = f"{total} coefficients are too many: {widest} alone has {widths[widest]}. "
    detail += f"A model may have {MOST_COEFFICIENTS}."
    pointer = f"/terms/{[*widths].index(widest)}"
    raise FitFailed([Fault(pointer, TOO_MANY_VALUES, detail)])


def _width(column: Column, term: Term) -> int:
    """How many coefficients a term has: at most, where some of its levels are nobody's."""
    if isinstance(column, CategoricalColumn):
        return int(np.count_nonzero(np.bincount(column.codes))) - 1
    if term.reference is not None:
        return count_levels(column) - 1
    return term.knots - 1 if term.transform == "spline" else 1


def _refuse_few(asked: ModelQuestion, gathered: Gathered, selection: Selection) -> None:
    disclosures = gathered.held.disclosures
    whole = np.zeros(len(gathered.cohort), dtype=bool)
    whole[selection.used] = True
    question = ("model", asked.wanted.digest, asked.needed, asked.endpoint)
    size = int(selection.used.size)
    if disclosures.judge(question, gathered.meant, [whole], [size]).is_allowed:
        return
    detail = (
        f"A model needs at least {disclosures.minimum} patients of whom everything is known, and "
        "no earlier answer from which it would differ by fewer."
    )
    raise FitFailed([Fault("/filter", TOO_FEW, detail)])


def _strata(
    asked: ModelQuestion, gathered: Gathered, selection: Selection
) -> NDArray[np.int32] | None:
    if not asked.strata:
        return None
    return groups_of(gathered.cohort, asked.strata, selection.used).codes


def show_model(
    asked: ModelQuestion, gathered: Gathered, selection: Selection, found: Mapping[str, Any]
) -> dict[str, Any]:
    """Lay the whole answer out, but for what the keeping of it adds."""
    head: Mapping[str, Any] = {
        "kind": "fitted",
        "endpoint": asked.endpoint,
        "level": asked.analysis.level,
        "ties": "efron",
        "n_total": int(selection.meant.size),
        "n": int(selection.used.size),
        "events": int(np.count_nonzero(selection.follow_up.event)),
        "excluded": [{"reason": e.reason, "n": e.n} for e in selection.excluded],
    }
    return {**head, **found, "notices": notices_of(gathered, selection)}
