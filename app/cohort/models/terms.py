"""What a model is made of: structured terms, never a formula that would have to be parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from app.cohort.columns import CategoricalColumn

if TYPE_CHECKING:
    from app.cohort.columns import Column

Transform: TypeAlias = Literal["linear", "log", "log2", "spline"]
"""`log` is natural; `spline` a restricted cubic spline."""

Interaction: TypeAlias = tuple[str, str]
"""Two variables, both terms of the model; their columns are multiplied, each with each."""


@dataclass(frozen=True, slots=True)
class Term:
    """A variable of a model, and how it enters.

    A categorical variable has one coefficient for each level but `reference` (None: the first
    level in sorted order). A numeric one is transformed; `knots` counts those of a spline, 3 to 5,
    which lie at quantiles of the patients unless `knots_at` says where, on the spline's scale.
    """

    variable: str
    reference: str | None = None
    transform: Transform = "linear"
    knots: int = 3
    knots_at: tuple[float, ...] | None = None


def as_taken(column: Column, term: Term) -> Column:
    """The variable as the term takes it: with a reference, numbers are categories."""
    if isinstance(column, CategoricalColumn) or term.reference is None:
        return column
    distinct, codes = np.unique(column.values, return_inverse=True)
    return CategoricalColumn(codes.astype(np.int32), tuple(f"{value:.15g}" for value in distinct))
