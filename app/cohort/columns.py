"""What is known of the patients of a cohort, variable by variable, each as one array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class NumericColumn:
    """A number for each patient; NaN where it is not stated. Booleans are 0 and 1."""

    values: NDArray[np.float64]

    @property
    def is_stated(self) -> NDArray[np.bool_]:
        """Of whom it is known."""
        return ~np.isnan(self.values)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.values.nbytes

    def of(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> NumericColumn:
        """The column of some of the patients."""
        return NumericColumn(self.values[rows])


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalColumn:
    """One of `categories` for each patient, by position in it; -1 where it is not stated."""

    codes: NDArray[np.int32]
    categories: tuple[str, ...]

    @property
    def is_stated(self) -> NDArray[np.bool_]:
        """Of whom it is known."""
        return self.codes >= 0

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.codes.nbytes

    def of(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> CategoricalColumn:
        """The column of some of the patients."""
        return CategoricalColumn(self.codes[rows], self.categories)


Column: TypeAlias = NumericColumn | CategoricalColumn
