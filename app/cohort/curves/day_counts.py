"""Counting patients by group and whole day: one pass over the rows, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 1 << 15
"""Rows counted at a time: few enough for their keys to stay in the processor's cache."""

MODEST = 1 << 18
"""Cells that are worth while for any number of patients; for many, four a patient are."""


def count_days(
    days: NDArray[np.float64],
    codes: NDArray[np.integer],
    groups: int,
    kinds: NDArray[np.int8] | None = None,
    n_kinds: int = 1,
) -> NDArray[np.int64] | None:
    """How many patients there are by (group, kind, day); code -1 is in no group.

    None where some day is not whole or the days reach too far: sorting is the better way then.
    """
    width = int(days.max()) + 1 if days.size else 1
    slabs = (groups + 1) * n_kinds
    if slabs * width > max(4 * days.size, MODEST):
        return None
    counts = np.zeros(slabs * width, np.int64)
    for start in range(0, days.size, BLOCK):
        rows = slice(start, start + BLOCK)
        whole = days[rows].astype(np.int32)
        if not np.array_equal(whole, days[rows]):
            return None
        slab = _slabs(codes[rows], None if kinds is None else kinds[rows], n_kinds)
        counts += np.bincount(slab * np.int32(width) + whole, minlength=counts.size)
    return counts.reshape(groups + 1, n_kinds, width)[1:]


def _slabs(
    codes: NDArray[np.integer], kinds: NDArray[np.int8] | None, n_kinds: int
) -> NDArray[np.int32]:
    """Which (group, kind) each patient is of; the first `n_kinds` are those in no group."""
    slabs = (codes.astype(np.int32) + np.int32(1)) * np.int32(n_kinds)
    return slabs if kinds is None else slabs + kinds
