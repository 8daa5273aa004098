"""A fit of many patients in a process of its own, so that no request meets its lock or its core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.answers.cohort.model import show_fit
from app.cohort.columns import CategoricalColumn, Column, NumericColumn
from app.cohort.follow_up import FollowUp
from app.cohort.models.fitting import Analysis, fit
from app.cohort.models.refusal import FitRefused
from app.cohort.models.terms import Term
from app.use_cases.cohort.shared_arrays import Lent, NoRoom, borrow, lend
from app.use_cases.cohort.worker_process import WorkerProcess

MANY: Final = 20_000
"""Patients from which on a fit goes elsewhere; fewer take some tens of milliseconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """All that a fit needs, of the patients who can be used."""

    terms: tuple[Term, ...]
    analysis: Analysis
    columns: Mapping[str, Column]
    follow_up: FollowUp
    strata: NDArray[np.int32] | None

    def fit(self) -> dict[str, Any]:
        """Fit, and lay the numbers out. Raises FitRefused, naming the term."""
        # A ratio beyond the largest number is told as null.
        with np.errstate(over="ignore"):
            found = fit(self.terms, self.columns, self.follow_up, self.analysis, self.strata)
            return show_fit(found)


@dataclass(frozen=True, slots=True)
class _Outline:
    """What is not an array: which columns there are, and the names of their categories."""

    terms: tuple[Term, ...]
    analysis: Analysis
    categories: tuple[tuple[str, tuple[str, ...] | None], ...]
    has_entry: bool
    has_strata: bool


async def fit_apart(
    prepared: Prepared, *, worker: WorkerProcess, seconds: float
) -> dict[str, Any] | None:
    """Fit in the worker; None if the memory that is shared with it cannot hold the patients.

    Raises FitRefused, naming the term, and Unavailable if the worker dies or takes too long.
    """
    try:
        with lend(_arrays(prepared)) as lent:
            found = await worker.run(_fit_lent, lent, _outline(prepared), timeout=seconds)
    except NoRoom:
        return None
    if isinstance(found, FitRefused):
        raise found
    return found


def _fit_lent(lent: Lent, outline: _Outline) -> dict[str, Any] | FitRefused:
    try:
        return _prepared(outline, borrow(lent)).fit()
    except FitRefused as refusal:
        return refusal.with_traceback(None)


def _arrays(prepared: Prepared) -> list[NDArray[Any]]:
    follow_up = prepared.follow_up
    optional = [one for one in (follow_up.entry, prepared.strata) if one is not None]
    columns = [
        one.codes if isinstance(one, CategoricalColumn) else one.values
        for one in prepared.columns.values()
    ]
    return [follow_up.days, follow_up.event, *optional, *columns]


def _outline(prepared: Prepared) -> _Outline:
    return _Outline(
        prepared.terms,
        prepared.analysis,
        tuple(
            (name, one.categories if isinstance(one, CategoricalColumn) else None)
            for name, one in prepared.columns.items()
        ),
        prepared.follow_up.entry is not None,
        prepared.strata is not None,
    )


def _prepared(outline: _Outline, arrays: Sequence[NDArray[Any]]) -> Prepared:
    left = list(arrays)
    days, event = left.pop(0), left.pop(0)
    entry = left.pop(0) if outline.has_entry else None
    strata = left.pop(0) if outline.has_strata else None
    columns: dict[str, Column] = {
        name: NumericColumn(array) if names is None else CategoricalColumn(array, names)
        for (name, names), array in zip(outline.categories, left, strict=True)
    }
    return Prepared(outline.terms, outline.analysis, columns, FollowUp(days, event, entry), strata)
