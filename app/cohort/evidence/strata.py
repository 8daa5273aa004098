"""The strata of levels: exact at the cut points, whichever side they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.cohort.columns import CategoricalColumn, NumericColumn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.survival.stratum import Range


def stratify(level: NumericColumn, ranges: Mapping[str, Range]) -> CategoricalColumn:
    """The stratum of each of n levels in pg/mL; -1 where there is no level."""
    codes = np.full(level.values.size, -1, np.int32)
    for code, limits in enumerate(ranges.values()):
        inside = level.is_stated
        if limits.lower is not None:
            lower = float(limits.lower)
            above = level.values >= lower if limits.lower_inclusive else level.values > lower
            inside = inside & above
        if limits.upper is not None:
            upper = float(limits.upper)
            below = level.values <= upper if limits.upper_inclusive else level.values < upper
            inside = inside & below
        codes[inside] = code
    return CategoricalColumn(codes, tuple(ranges))
