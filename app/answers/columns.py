"""Many levels at once: the numbers of `read_level`, column by column, to the same last digit.

Sums and products are numpy's, which are those of Python; logarithms, exponentials and tails come
from the `math` module item by item, for numpy's own may differ in the last bit. Levels at a cut
point, or written in an unusual way, are not for here: `fits` says which are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, exp, log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from app.answers.answer import (
    CONTINUOUS,
    DISTANCE,
    GIVEN,
    GIVEN_UNIT,
    NEAREST,
    SPREAD,
    USED,
    chance_gap,
)
from app.survival.interval import Z
from app.survival.level import CANONICAL_UNIT
from app.survival.reading import ReadingKind
from app.survival.stratum import measurement_spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from app.answers.splice import Gap
    from app.survival.continuous import ContinuousModel
    from app.survival.study import Study

MOST_DECIMALS = 1e6
"""Levels here have at most six decimals, so that distances can be rounded to what is exact."""


@dataclass(frozen=True, slots=True)
class Columns:
    """One list a gap, one item a level; `kinds` names the kind of reading of every level."""

    values: dict[Gap, list[bytes]]
    kinds: list[ReadingKind]


class ColumnReader:
    """Reads columns of levels against one study, at its default assay imprecision."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.cuts = np.array([float(cut) for cut in study.cut_points])
        self.log_cuts = study.log_cut_points
        self.spread = measurement_spread(study.assay_cv.value)
        self.cut_texts = [orjson.dumps(int(cut)) for cut in self.cuts.tolist()]
        self.kinds: dict[tuple[int, ...], ReadingKind] = {}

    def fits(self, values: NDArray[Any]) -> bool:
        """Whether no level stands at a cut point, where sides are decided exactly."""
        return not bool(np.isin(values, self.cuts).any())

    def read(self, texts: list[bytes], values: NDArray[Any]) -> Columns:
        """Levels in pg/mL, as written and as numbers."""
        own = np.searchsorted(self.cuts, values)
        chances = self._chances(values, own)
        columns: dict[Gap, list[bytes]] = {
            GIVEN: texts,
            GIVEN_UNIT: [orjson.dumps(CANONICAL_UNIT)] * len(texts),
            USED: [_trimmed(text) for text in texts],
            SPREAD: [orjson.dumps(self.study.assay_cv.value)] * len(texts),
            **{chance_gap(i): _texts(chance) for i, chance in enumerate(chances)},
            **self._distances(values),
        }
        served = self._add_continuous(columns, values)
        near = [
            (chance >= self.study.near_cut_probability) & (own != i)
            for i, chance in enumerate(chances)
        ]
        codes = zip(
            own.tolist(), served.tolist(), *(column.tolist() for column in near), strict=True
        )
        return Columns(columns, [self._kind(code) for code in codes])

    def _chances(self, values: NDArray[Any], own: NDArray[Any]) -> list[NDArray[Any]]:
        """As `membership`: each stratum from the tails beyond the cut points, which are small."""
        logs = _each(log, values)
        tails = [
            0.5 * _each(erfc, np.abs((cut - logs) / self.spread) / sqrt(2)) for cut in self.log_cuts
        ]
        none = np.zeros_like(values)
        below, above = [none, *tails], [*tails, none]
        return [
            np.where(
                own == i,
                1.0 - below[i] - above[i],
                np.where(own > i, above[i] - below[i], below[i] - above[i]),
            )
            for i in range(len(self.log_cuts) + 1)
        ]

    def _distances(self, values: NDArray[Any]) -> dict[Gap, list[bytes]]:
        gaps = np.abs(values[:, None] - self.cuts[None, :])
        exact = np.rint(gaps * MOST_DECIMALS) / MOST_DECIMALS
        nearest = exact.argmin(axis=1)
        return {
            NEAREST: [self.cut_texts[i] for i in nearest.tolist()],
            DISTANCE: _texts(exact.min(axis=1)),
        }

    def _add_continuous(
        self, columns: dict[Gap, list[bytes]], values: NDArray[Any]
    ) -> NDArray[Any]:
        """The columns of the continuous effect; returns where it is served."""
        interaction = self.study.interaction
        if interaction is None:
            return np.full(len(values), 2)
        model = interaction.model
        effects = _effects(model, values)
        columns |= {gap: _texts(e) for gap, e in zip(CONTINUOUS, effects, strict=True)}
        return np.where((values >= model.lowest) & (values <= model.highest), 0, 1)

    def _kind(self, code: tuple[int, ...]) -> ReadingKind:
        kind = self.kinds.get(code)
        if kind is None:
            own, silent, *near = code
            silence = (None, "level_out_of_range", "not_in_this_evidence")[silent]
            others = tuple(i for i, is_near in enumerate(near) if is_near)
            kind = self.kinds[code] = ReadingKind((own,), others, False, silence)  # type: ignore[arg-type]
        return kind


def _effects(model: ContinuousModel, values: NDArray[Any]) -> list[NDArray[Any]]:
    """As `ContinuousModel.effect`."""
    covariance = model.correlation * model.at_zero_error * model.per_unit_error
    variance = (
        model.at_zero_error * model.at_zero_error
        + values * values * (model.per_unit_error * model.per_unit_error)
        + 2 * values * covariance
    )
    ratio = log(model.at_zero) + values * log(model.per_unit)
    width = Z * np.sqrt(variance)
    low, high = model.rounding(-1), model.rounding(+1)
    exponents = (
        ratio,
        ratio - width,
        ratio + width,
        low[0] + values * low[1],
        high[0] + values * high[1],
    )
    return [_each(exp, np.minimum(exponent, 700.0)) for exponent in exponents]


def _each(function: Callable[[float], float], values: NDArray[Any]) -> NDArray[Any]:
    return np.fromiter(map(function, values.tolist()), dtype=float, count=len(values))


def _texts(values: NDArray[Any]) -> list[bytes]:
    return orjson.dumps(values.tolist())[1:-1].split(b",")


def _trimmed(text: bytes) -> bytes:
    return text.rstrip(b"0").rstrip(b".") if b"." in text else text


def group_by_kind(kinds: Iterable[ReadingKind]) -> dict[ReadingKind, list[int]]:
    """The positions of each kind."""
    found: dict[ReadingKind, list[int]] = {}
    for position, kind in enumerate(kinds):
        found.setdefault(kind, []).append(position)
    return found
