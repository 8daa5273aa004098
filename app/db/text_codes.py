"""Texts as positions among their distinct ones, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.cohort.columns import CategoricalColumn, Column, NumericColumn


class Coder:
    """Turns texts into positions among their distinct ones, chunk by chunk."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {"": -1}
        self._codes: list[NDArray[np.int32]] = [np.empty(0, np.int32)]

    def add(self, texts: Sequence[str]) -> None:
        """Code some more texts. An empty one stands for none."""
        known = self._known
        for one in set(texts) - known.keys():
            known[one] = len(known) - 1
        self._codes.append(np.fromiter((known[one] for one in texts), np.int32, len(texts)))

    def column(self) -> CategoricalColumn:
        """Give all that was coded, the categories sorted."""
        names = [name for name in self._known if name]
        order = sorted(range(len(names)), key=names.__getitem__)
        place = np.empty(len(names) + 1, np.int32)
        place[order] = np.arange(len(names), dtype=np.int32)
        place[-1] = -1
        codes = place[np.concatenate(self._codes)]
        return CategoricalColumn(codes, tuple(names[i] for i in order))


def mixed(numbers: NDArray[np.float64], texts: CategoricalColumn) -> Column:
    """A covariate: numbers, or categories if it is a text for anybody."""
    if not texts.categories:
        return NumericColumn(numbers)
    coder, is_number = Coder(), ~np.isnan(numbers)
    if not is_number.any():
        return texts
    words = np.array(["", *texts.categories], dtype=object)[texts.codes + 1]
    words[is_number] = [f"{value:.15g}" for value in numbers[is_number]]
    coder.add(words.tolist())
    return coder.column()
