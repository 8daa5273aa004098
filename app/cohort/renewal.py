"""A cohort in its next state: a few patients changed, came or went, all others as they were."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.cohort.cohort import Cohort
from app.cohort.columns import CategoricalColumn, NumericColumn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.columns import Column


def renew(cohort: Cohort, changed: NDArray[np.uint64], now: Cohort) -> Cohort:
    """Put `now`, the patients with `changed` keys who are still there, in the place of what was.

    `now` has the variables of `cohort`. A variable that became another kind, because a covariate
    turned from numbers to texts, is left out: it must be read again.
    """
    change = _change(cohort.keys, changed, now.keys)
    arrays: dict[str, Any] = {
        name: change.made(getattr(cohort, name), getattr(now, name)) for name in _ARRAYS
    }
    columns = {
        name: _joined(column, now.columns[name], change) for name, column in cohort.columns.items()
    }
    known = {name: column for name, column in columns.items() if column is not None}
    return replace(cohort, version=now.version, columns=known, **arrays)


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """Where those were who leave, and where those come in who are there now.

    `arriving` are positions among who stays; None where the same patients leave and come.
    """

    leaving: NDArray[np.intp]
    arriving: NDArray[np.intp] | None

    def made(self, before: NDArray[Any], now: NDArray[Any]) -> NDArray[Any]:
        """Give the array of everybody as it is after the change."""
        if self.arriving is None:
            after = before.copy()
            after[self.leaving] = now
            return after
        return np.insert(np.delete(before, self.leaving), self.arriving, now)


def _change(
    keys: NDArray[np.uint64], changed: NDArray[np.uint64], now: NDArray[np.uint64]
) -> _Change:
    leaving = np.searchsorted(keys, changed)
    leaving = np.unique(leaving[np.append(keys, np.uint64(0))[leaving] == changed])
    leaving = leaving[leaving < keys.size]
    if np.array_equal(keys[leaving], now):
        return _Change(leaving, None)
    return _Change(leaving, np.searchsorted(np.delete(keys, leaving), now))


_ARRAYS = [field.name for field in fields(Cohort) if field.name not in {"version", "columns"}]


def _joined(before: Column, now: Column, change: _Change) -> Column | None:
    if isinstance(before, NumericColumn) and isinstance(now, NumericColumn):
        return NumericColumn(change.made(before.values, now.values))
    if isinstance(before, CategoricalColumn) and isinstance(now, CategoricalColumn):
        return _recoded(before, now, change)
    return None


def _recoded(
    before: CategoricalColumn, now: CategoricalColumn, change: _Change
) -> CategoricalColumn:
    """Both under the same categories: those there are, in sorted order unless they were given."""
    if before.categories == now.categories:
        return CategoricalColumn(change.made(before.codes, now.codes), now.categories)
    names = sorted({*before.categories, *now.categories})
    codes = []
    for column in (before, now):
        place = np.array([*(names.index(name) for name in column.categories), -1], np.int32)
        codes.append(place[column.codes])
    both = change.made(*codes)
    there = np.unique(both[both >= 0])
    place = np.full(len(names) + 1, -1, np.int32)
    place[there] = np.arange(there.size, dtype=np.int32)
    return CategoricalColumn(place[both], tuple(names[i] for i in there))
