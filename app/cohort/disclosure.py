"""What may be told of small groups: nothing, neither at once nor by taking answers together.

A group of fewer than `minimum` patients is suppressed, and further groups with it until those that
are suppressed are nobody or `minimum` together. Whoever asks about several sets of patients learns
of all that follow from them by adding and taking away; so a set is not told where few would follow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.told_sets import ToldSets

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

OUTSIDE, LEFT_OUT, FIRST_GROUP = range(3)
"""Where a patient is in a question: not meant, meant but not used, or in a group."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the patients that were asked for may be spoken of, and which of their groups.

    `may_count`: whether it may be said how many were meant, and how many of them were left out.
    """

    is_allowed: bool
    shown: tuple[bool, ...]
    may_count: bool = True


@dataclass(slots=True)
class Disclosures:
    """What was told of one state of a cohort. Threads may ask at once: they are judged in turn.

    Who was meant is told by number, who was used by their outcomes as well: two kinds of sets.
    Those who were left out are counted by reason, however few; that is all that is told of them.
    """

    minimum: int
    _meant: ToldSets | None = None
    _used: ToldSets | None = None
    _verdicts: dict[Hashable, Verdict] = field(default_factory=dict)
    _turn: Lock = field(default_factory=Lock)

    def judge(
        self,
        question: Hashable,
        meant: NDArray[np.bool_],
        groups: Sequence[NDArray[np.bool_]],
        sizes: Sequence[int],
    ) -> Verdict:
        """Say what may be told, and remember it as told. The same question is judged once.

        `meant` and each of the disjoint `groups` are masks over the cohort; `sizes` are how many
        patients each group has.
        """
        with self._turn:
            if question not in self._verdicts:
                self._verdicts[question] = self._judge(meant, groups, sizes)
            return self._verdicts[question]

    def _judge(
        self,
        meant: NDArray[np.bool_],
        groups: Sequence[NDArray[np.bool_]],
        sizes: Sequence[int],
    ) -> Verdict:
        nothing = (False,) * len(groups)
        named, part = (self._meant or ToldSets.of_nothing(meant.size, self.minimum)).apart(
            meant.astype(np.intp), 2
        )
        asked = named.telling(part == 1)
        if asked is None:
            return Verdict(is_allowed=False, shown=nothing, may_count=False)
        if not sum(sizes):
            self._meant = asked
            return Verdict(is_allowed=False, shown=nothing)
        known = self._used or ToldSets.of_nothing(meant.size, self.minimum)
        known, part = known.apart(_places(meant, groups), FIRST_GROUP + len(groups))
        told = known.excusing(part == LEFT_OUT).telling(part >= FIRST_GROUP)
        if told is None:
            return Verdict(is_allowed=False, shown=nothing, may_count=False)
        self._meant = asked
        self._used, shown = self._show(told, part, sizes)
        return Verdict(is_allowed=True, shown=shown)

    def _show(
        self, told: ToldSets, part: NDArray[np.intp], sizes: Sequence[int]
    ) -> tuple[ToldSets, tuple[bool, ...]]:
        """Tell of one group after the other, the largest first, as long as no few follow."""
        shown = [False] * len(sizes)
        for group in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
            if sizes[group] < self.minimum:
                break
            after = told.telling(part == FIRST_GROUP + group)
            if after is not None:
                told, shown[group] = after, True
        return told, tuple(shown)


def _places(meant: NDArray[np.bool_], groups: Sequence[NDArray[np.bool_]]) -> NDArray[np.intp]:
    places = np.where(meant, LEFT_OUT, OUTSIDE)
    for number, group in enumerate(groups):
        np.copyto(places, FIRST_GROUP + number, where=group)
    return places
