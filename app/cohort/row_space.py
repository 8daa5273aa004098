"""The span of some rows of zeros and ones: exact arithmetic in whole numbers modulo a prime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIME: Final = 2**31 - 1
"""Products of two remainders fit into 64 bits. What lies in the span of fractions lies in this."""


@dataclass(frozen=True, slots=True, eq=False)
class RowSpace:
    """A reduced basis: each row is 1 in its pivot column, where all others are 0."""

    rows: NDArray[np.int64]
    pivots: NDArray[np.intp]

    def __len__(self) -> int:
        return int(self.pivots.size)

    def split(self, before: NDArray[np.intp], sizes: NDArray[np.int64]) -> RowSpace:
        """Put columns in the place of those `before`; the largest part of a pivot is the pivot."""
        if not len(self):
            return RowSpace(np.zeros((0, before.size), np.int64), self.pivots)
        ascending = np.argsort(sizes, kind="stable")
        heir = np.zeros(self.rows.shape[1], np.intp)
        heir[before[ascending]] = ascending
        return RowSpace(self.rows[:, before], heir[self.pivots])

    def holds(self, row: NDArray[np.bool_]) -> bool:
        """Whether a row lies in the span."""
        return not self._rest(row).any()

    def with_row(self, row: NDArray[np.bool_], sizes: NDArray[np.int64]) -> RowSpace:
        """Give the span with one more row; its pivot is a column of the largest size."""
        rest = self._rest(row)
        if not rest.any():
            return self
        pivot = int(np.argmax(np.where(rest != 0, sizes, 0)))
        rows = np.vstack([self.rows.reshape(-1, row.size), rest])
        return RowSpace(rows, np.append(self.pivots, -1)).turned(len(self), pivot)

    def settled(self, is_large: NDArray[np.bool_]) -> RowSpace:
        """Give every row a large pivot that has an entry in a large column."""
        space = self
        for place in range(len(self)):
            if is_large[space.pivots[place]]:
                continue
            entries = np.flatnonzero((space.rows[place] != 0) & is_large)
            if entries.size:
                space = space.turned(place, int(entries[0]))
        return space

    def of(self, which: NDArray[np.bool_]) -> RowSpace:
        """The span of some of the basis' rows."""
        return RowSpace(self.rows[which], self.pivots[which])

    def with_heavy_pivots(self, sizes: NDArray[np.int64]) -> RowSpace:
        """Give the basis whose pivots have the largest sizes: greedily, column by column."""
        space, is_free = self, np.ones(len(self), dtype=bool)
        columns = np.flatnonzero(self.rows.any(axis=0))
        for column in columns[np.argsort(-sizes[columns], kind="stable")]:
            rows = np.flatnonzero((space.rows[:, column] != 0) & is_free)
            if rows.size:
                space = space.turned(int(rows[0]), int(column))
                is_free[rows[0]] = False
            if not is_free.any():
                break
        return space

    def _rest(self, row: NDArray[np.bool_]) -> NDArray[np.int64]:
        """What is left of a row when the basis' share is taken away."""
        share = self.rows[row[self.pivots]]
        rest: NDArray[np.int64] = (row - share.sum(axis=0)) % PRIME
        return rest

    def turned(self, place: int, pivot: int) -> RowSpace:
        """Make this column the pivot of the row at this place."""
        own = self.rows[place] * pow(int(self.rows[place, pivot]), -1, PRIME) % PRIME
        others = self.rows[:, pivot].copy()
        others[place] = 0
        rows = (self.rows - others[:, None] * own) % PRIME
        rows[place] = own
        pivots = self.pivots.copy()
        pivots[place] = pivot
        return RowSpace(rows, pivots)


EMPTY: Final = RowSpace(np.zeros((0, 1), np.int64), np.zeros(0, np.intp))
"""The span of nothing, over one column."""
