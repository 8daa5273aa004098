"""Patients in groups: by the values of one variable or of several at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.cohort.columns import CategoricalColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.cohort.columns import Column

Value: TypeAlias = str | int | float | bool
"""What a group's patients have in common: a category, a number, or yes and no."""

CONTROLS: Final = ("placebo", "none", "control")
"""Arms that others are compared with, where nothing else is said."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Each patient's group, by its position in `values`; every group has at least one patient.

    `names` are the variables, `values` what each group has of them, in the order of the values.
    """

    names: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]
    codes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def reference(self) -> int:
        """The group that others are compared with: the first control arm, else the first group."""
        if "arm" in self.names:
            place = self.names.index("arm")
            for control in CONTROLS:
                for code, values in enumerate(self.values):
                    if values[place] == control:
                        return code
        return 0

    def label(self, code: int) -> dict[str, Value]:
        """What the patients of a group have in common, by variable."""
        return dict(zip(self.names, self.values[code], strict=True))

    def masks(self) -> list[NDArray[np.bool_]]:
        """For each group, which patients are in it."""
        return [self.codes == code for code in range(len(self))]


def group_by(
    names: Sequence[str], columns: Sequence[Column], yes_or_no: frozenset[str], n: int
) -> Groups:
    """Put n patients, of whom every value is stated, into groups. Without names all are one."""
    codes = np.zeros(n, np.int64)
    per_variable: list[list[Value]] = []
    for name, column in zip(names, columns, strict=True):
        own, levels = _levels(column, is_yes_or_no=name in yes_or_no)
        codes = codes * len(levels) + own
        per_variable.append(levels)
    values = list(product(*per_variable))
    there = np.flatnonzero(np.bincount(codes, minlength=len(values))[: len(values)])
    place = np.full(len(values), -1, np.int32)
    place[there] = np.arange(there.size, dtype=np.int32)
    return Groups(tuple(names), tuple(values[i] for i in there), place[codes])


def count_levels(column: Column) -> int:
    """How many different values a variable has."""
    if isinstance(column, CategoricalColumn):
        return len(column.categories)
    return int(np.unique(column.values[column.is_stated]).size)


def _levels(column: Column, *, is_yes_or_no: bool) -> tuple[NDArray[np.int64], list[Value]]:
    if isinstance(column, CategoricalColumn):
        return column.codes.astype(np.int64), list(column.categories)
    distinct, codes = np.unique(column.values, return_inverse=True)
    return codes.astype(np.int64), [_value(float(x), is_yes_or_no) for x in distinct]


def _value(number: float, is_yes_or_no: bool) -> Value:  # noqa: FBT001 - what the variable is
    if is_yes_or_no:
        return number == 1
    return int(number) if number.is_integer() else number
