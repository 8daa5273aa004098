"""Which sets of patients follow from those that were told, by adding and taking away.

Every number of an answer is a sum over the patients of a set. Who knows the sums of some sets knows
those of every linear combination: everybody but one group and another. So the sets that were told
are kept as rows of a matrix, and a set follows from them if it lies in the rows' span (Chin and
Ozsoyoglu, IEEE Trans Softw Eng 1982;8:574). Columns are atoms: patients whom no row tells apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from app.cohort.row_space import EMPTY, PRIME, RowSpace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MOST_CELLS: Final = 4_000_000
"""How large the matrix may grow."""

MOST_SUMS: Final = 50_000
"""How many sums of rows are looked at. What cannot be proved within these bounds is not told."""

MOST_TELLING: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class ToldSets:
    """Sets of n patients that were told, and those of them that may be few.

    `atoms` is each patient's atom, `sizes` how many patients each atom has. `excused` spans the
    sets that are told of however few they are.
    """

    minimum: int
    atoms: NDArray[np.int32]
    sizes: NDArray[np.int64]
    told: RowSpace = EMPTY
    excused: RowSpace = EMPTY

    @classmethod
    def of_nothing(cls, n: int, minimum: int) -> ToldSets:
        """Begin with n patients of whom nothing was told."""
        return cls(minimum, np.zeros(n, np.int32), np.array([n], np.int64))

    def apart(self, parts: NDArray[np.intp], n_parts: int) -> tuple[ToldSets, NDArray[np.intp]]:
        """Tell the patients of different parts apart; give also the part of each atom."""
        both = self.atoms.astype(np.int64) * n_parts + parts
        counts = np.bincount(both, minlength=self.sizes.size * n_parts)
        there = np.flatnonzero(counts)
        place = np.zeros(counts.size, np.int32)
        place[there] = np.arange(there.size, dtype=np.int32)
        before, part = np.divmod(there, n_parts)
        sizes = counts[there]
        told, excused = (space.split(before, sizes) for space in (self.told, self.excused))
        return ToldSets(self.minimum, place[both], sizes, told, excused), part

    def excusing(self, atoms: NDArray[np.bool_]) -> ToldSets:
        """Tell the set of these atoms, though it may be few."""
        told, excused = (space.with_row(atoms, self.sizes) for space in (self.told, self.excused))
        return replace(self, told=told, excused=excused)

    def telling(self, atoms: NDArray[np.bool_]) -> ToldSets | None:
        """Tell the set of these atoms. None if few patients would follow, or might."""
        if (len(self.told) + 1) * self.sizes.size > MOST_CELLS:
            return None
        told = self.told.with_row(atoms, self.sizes).settled(self.sizes >= self.minimum)
        after = replace(self, told=told)
        return None if after.tells_of_few() else after

    def tells_of_few(self) -> bool:
        """Whether a set of 1 to minimum - 1 patients follows, or it takes too long to be sure.

        In a reduced basis a set is the sum of the rows whose pivots it has. So few sums come into
        question: their pivots together have fewer patients than the minimum.
        """
        own = self.sizes[self.told.pivots]
        space = self.told.of(own < self.minimum).with_heavy_pivots(self.sizes)
        basis, own = space.rows, self.sizes[space.pivots]
        columns = _telling_columns(basis)
        members, size, sums = np.arange(own.size)[:, None], own, basis[:, columns]
        left = MOST_SUMS
        while size.size:
            if any(map(self._is_few, _totals(basis, members[(sums <= 1).all(axis=1)]))):
                return True
            further = members[:, -1:] < np.arange(own.size)
            further &= size[:, None] + own < self.minimum
            one, other = np.nonzero(further)
            left -= one.size
            if left < 0:
                return True
            members, size = np.column_stack([members[one], other]), size[one] + own[other]
            sums = (sums[one] + basis[other][:, columns]) % PRIME
        return False

    def _is_few(self, row: NDArray[np.int64]) -> bool:
        """Whether a row is a set, is of few patients, and is not excused."""
        if (row > 1).any() or row @ self.sizes >= self.minimum:
            return False
        return not self.excused.holds(row == 1)


def _telling_columns(basis: NDArray[np.int64]) -> NDArray[np.intp]:
    """Some columns in which sums of the rows are seldom 0 or 1, unless they are everywhere."""
    entries = np.count_nonzero(basis, axis=0)
    return np.argsort(entries, kind="stable")[-MOST_TELLING:]


def _totals(basis: NDArray[np.int64], members: NDArray[np.intp]) -> Iterator[NDArray[np.int64]]:
    for rows in members:
        yield basis[rows].sum(axis=0) % PRIME
