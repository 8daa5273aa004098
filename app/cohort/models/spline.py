"""Restricted cubic splines: linear beyond the outer knots, smooth between them.

Harrell, Regression Modeling Strategies, section 2.4.5; the same basis as `rcs` of R's rms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

KNOT_QUANTILES: Final[dict[int, tuple[float, ...]]] = {
    3: (0.1, 0.5, 0.9),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
}
"""Where Harrell places the knots (table 2.3; `Hmisc::rcspline.eval`), as quantiles of type 7."""


def place_knots(values: Values, count: int) -> tuple[float, ...]:
    """The knots for these values, ascending; two of them are equal where values repeat a lot."""
    placed = np.quantile(values, KNOT_QUANTILES[count])
    return tuple(float(knot) for knot in placed)


def restricted_cubic(values: Values, knots: tuple[float, ...]) -> Values:
    """The spline's basis, shape (k - 1, n) for k knots: the value, then k - 2 cubic terms.

    Each cubic is divided by the square of the distance of the outer knots (`norm = 2`), so that
    all columns are in the unit of the value.
    """
    last, before = knots[-1], knots[-2]
    scale = (last - knots[0]) ** 2
    columns = [values]
    for knot in knots[:-2]:
        bend = (
            _cubed(values - knot)
            - _cubed(values - before) * ((last - knot) / (last - before))
            + _cubed(values - last) * ((before - knot) / (last - before))
        )
        columns.append(bend / scale)
    return np.stack(columns)


def _cubed(distance: Values) -> Values:
    """The cube where positive, else 0."""
    positive = np.maximum(distance, 0.0)
    return positive * positive * positive
