"""Sums over risk sets, block by block: a few columns of a block stay in the processor's cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.models.risk_sets import RiskSets

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.intp]

BLOCK: Final = 1 << 14
"""The most rows that are worked on at a time."""

PRODUCT: Final = 1 << 18
"""The most multiplications of a product of p columns with themselves that stay in one thread.

From there on OpenBLAS wakes others, which takes the processor from whoever answers requests.
"""


@dataclass(frozen=True, slots=True, eq=False)
class RiskSums:
    """Sums over each of K risk sets, shape (1 + p, K): of w, and of w x for each of p columns.

    `at_risk` are over who is at risk, `dying` over who dies; where one dies alone, `dying` may be
    left at 0, as Efron's rule does not ask for it.
    """

    at_risk: Floats
    dying: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some rows of one stratum. `is_last` where they are its last.

    `starts` are where segments of equal key begin, counted from the block's first row; `deaths`
    says which of them are of deaths, and `bins` in which bins these fall.
    """

    rows: slice
    starts: Ints
    deaths: Ints
    bins: Ints
    is_last: bool


def linear(beta: Floats, columns: Floats) -> Floats:
    """beta' X, shape (n,), column by column.

    Equal patients have equal values to the last bit, so that ties of the score are seen; a product
    of matrices does not promise that, and runs in many threads.
    """
    total = np.zeros(columns.shape[1])
    for coefficient, column in zip(beta, columns, strict=True):
        total += coefficient * column
    return total


def blocks_of(risk_sets: RiskSets, p: int) -> tuple[Block, ...]:
    """Cut the rows of each stratum into blocks for p columns."""
    size = max(min(BLOCK, PRODUCT // (p * p)), BLOCK >> 4)
    blocks = []
    for span in risk_sets.spans():
        low, high = risk_sets.rows_of(span)
        for start in range(low, high, size):
            stop = min(start + size, high)
            blocks.append(_block(risk_sets, start, stop, is_last=stop == high))
    return tuple(blocks)


def _block(risk_sets: RiskSets, start: int, stop: int, *, is_last: bool) -> Block:
    keys = risk_sets.keys[start:stop]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    segments = keys[starts]
    deaths = np.flatnonzero(segments & 1 == 0)
    return Block(slice(start, stop), starts, deaths, segments[deaths] >> 1, is_last)


def long_sums(rows: Floats, block: Block, carried: Floats, sums: RiskSums) -> Floats:
    """Add a block's rows where many share a bin; blocks come last first.

    `carried` is the sum over the stratum's later blocks, shape (1 + p, 1); the answer is the next
    such. A bin whose deaths go on from an earlier block is overwritten when that one comes.
    """
    segments = np.add.reduceat(rows, block.starts, axis=1)
    sums.dying[:, block.bins] += segments[:, block.deaths]
    running = segments[:, ::-1].cumsum(axis=1)[:, ::-1] + carried
    sums.at_risk[:, block.bins] = running[:, block.deaths]
    return running[:, :1]


def short_sums(rows: Floats, block: Block, carried: Floats, sums: RiskSums) -> Floats:
    """The same where few share a bin; `dying` is left as it is."""
    running = rows[:, ::-1].cumsum(axis=1)[:, ::-1]
    sums.at_risk[:, block.bins] = running[:, block.starts[block.deaths]] + carried
    return running[:, :1] + carried
