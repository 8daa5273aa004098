"""Pairs in which the earlier of two is the higher, summed for each of n in O(n log n)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.intp]
    Weights: TypeAlias = NDArray[np.float64 | np.int32]


def dominance(ranks: Ints, earlier: Weights, later: Weights) -> Weights:
    """The weight of all such pairs that each of a sequence of n is part of, shape (n,).

    `ranks` are a permutation of 0 … n - 1, in the order of time. A pair of i and a later j with
    rank j < rank i weighs earlier[i] later[j], and counts for both. Whole weights of up to 32 bits
    go half the way through memory; both have one type, which is that of the sums.

    From the top bit of the rank down, the sequence is split stably into those without and with the
    bit. The two of a pair are parted at exactly one bit, and there their order is still that of
    time: the running sums of the one half give the sums for the other. This is a merge sort run
    backwards, on whole arrays.
    """
    bits = max(int(ranks.size - 1).bit_length(), 1)
    rank = np.arange(1 << bits, dtype=np.int32)
    rank[: ranks.size] = ranks
    padding = (0, rank.size - ranks.size)
    first, second = np.pad(earlier, padding), np.pad(later, padding)
    sums = np.zeros(rank.size, earlier.dtype)
    for bit in reversed(range(bits)):
        rank, first, second, sums = _part(rank, first, second, sums, 1 << bit)
    return np.asarray(sums[ranks])


def _part(
    rank: NDArray[np.int32], earlier: Weights, later: Weights, sums: Weights, half: int
) -> tuple[NDArray[np.int32], Weights, Weights, Weights]:
    """Split each group of 2 `half` in two by a bit of the rank, and add the pairs it parts.

    As many of the other half come before the n-th of one half as its position is greater than n.
    """
    is_high = (rank & half) != 0
    low, high = np.flatnonzero(~is_high), np.flatnonzero(is_high)
    index = np.arange(low.size)
    begin = index & -half
    later_low, earlier_high = later[low], earlier[high]
    before_low, before_high = _running(earlier_high), _running(later_low)
    found_low = sums[low] + later_low * (before_low[low - index] - before_low[begin])
    found_high = sums[high] + earlier_high * (before_high[begin + half] - before_high[high - index])
    return (
        _in_turn(rank[low], rank[high], half),
        _in_turn(earlier[low], earlier_high, half),
        _in_turn(later_low, later[high], half),
        _in_turn(found_low, found_high, half),
    )


def _in_turn(low: NDArray[Any], high: NDArray[Any], half: int) -> NDArray[Any]:
    """Runs of `half` of the one and of the other."""
    return np.stack((low.reshape(-1, half), high.reshape(-1, half)), axis=1).reshape(-1)


def _running(values: Weights) -> Weights:
    """The sum of the values before each position, and of all at the end."""
    sums = np.zeros(values.size + 1, values.dtype)
    np.cumsum(values, dtype=values.dtype, out=sums[1:])
    return sums
