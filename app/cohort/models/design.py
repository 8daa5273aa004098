"""The columns a model is fitted to, and what each of their coefficients is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cohort.models.basis import Basis, basis_of
from app.cohort.models.refusal import INTERACTION, NO_TERMS, REPEATED, UNKNOWN_VARIABLE, FitRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from app.cohort.columns import Column
    from app.cohort.models.terms import Interaction, Term


@dataclass(frozen=True, slots=True)
class Blueprint:
    """How values of variables become columns: a basis for each term, then the interactions."""

    bases: tuple[Basis, ...]
    interactions: tuple[Interaction, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The coefficients in order: `arm[hormone]`, `log(pnfh)`, `arm[hormone]:log(pnfh)`."""
        main = [name for basis in self.bases for name in basis.names]
        pairs = [
            f"{first}:{second}"
            for one, other in self.interactions
            for first in self.basis(one).names
            for second in self.basis(other).names
        ]
        return (*main, *pairs)

    def basis(self, variable: str) -> Basis:
        """The basis of a variable that is a term."""
        return next(basis for basis in self.bases if basis.variable == variable)

    def row(self, values: Mapping[str, float | str]) -> NDArray[np.float64]:
        """The design's row of a patient with these values of all variables, shape (p,)."""
        parts = {basis.variable: basis.at(values[basis.variable]) for basis in self.bases}
        products = [np.outer(parts[a], parts[b]).ravel() for a, b in self.interactions]
        return np.concatenate([*parts.values(), *products])


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The columns of a model, shape (p, n): one row of memory for each coefficient.

    `names` are the coefficients'; `term_sizes` says how many columns each term has, in order;
    what remains are interactions. `blueprint` is None where columns were made by hand.
    """

    columns: NDArray[np.float64]
    names: tuple[str, ...]
    term_sizes: tuple[int, ...]
    blueprint: Blueprint | None = None

    def __len__(self) -> int:
        return int(self.columns.shape[1])

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The design as textbooks write it, shape (n, p): a view."""
        return self.columns.T

    @property
    def has_interactions(self) -> bool:
        """Whether a column is the product of two others."""
        return sum(self.term_sizes) < len(self.names)

    def of(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Design:
        """The design of some patients, with the same columns and knots."""
        return Design(self.columns[:, rows], self.names, self.term_sizes, self.blueprint)

    def without_interactions(self) -> Design:
        """The same model with its main terms alone."""
        kept = sum(self.term_sizes)
        blueprint = None if self.blueprint is None else Blueprint(self.blueprint.bases)
        return Design(self.columns[:kept], self.names[:kept], self.term_sizes, blueprint)


def build_design(
    terms: Sequence[Term], interactions: Iterable[Interaction], columns: Mapping[str, Column]
) -> Design:
    """The design for the patients of `columns`; raises FitRefused where a term has no sense."""
    pairs = tuple(interactions)
    _check(terms, pairs, columns)
    bases = tuple(basis_of(term, columns[term.variable]) for term in terms)
    blueprint = Blueprint(bases, pairs)
    parts = {basis.variable: basis.of(columns[basis.variable]) for basis in bases}
    products = [_products(parts[a], parts[b]) for a, b in pairs]
    stacked = np.concatenate([*parts.values(), *products])
    return Design(stacked, blueprint.names, tuple(len(basis.names) for basis in bases), blueprint)


def _products(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column of the first with each of the second, shape (q r, n)."""
    return (first[:, np.newaxis] * second).reshape(-1, first.shape[1])


def _check(
    terms: Sequence[Term], pairs: Sequence[Interaction], columns: Mapping[str, Column]
) -> None:
    variables = [term.variable for term in terms]
    if not variables:
        raise FitRefused(NO_TERMS, None, "A model needs at least one term.")
    for variable in variables:
        if variable not in columns:
            raise FitRefused(UNKNOWN_VARIABLE, variable, f"There is no variable {variable}.")
        if variables.count(variable) > 1:
            raise FitRefused(REPEATED, variable, f"{variable} is a term more than once.")
    for first, second in pairs:
        _check_pair(first, second, variables, pairs)


def _check_pair(
    first: str, second: str, variables: Sequence[str], pairs: Sequence[Interaction]
) -> None:
    name = f"{first}:{second}"
    if first == second:
        raise FitRefused(INTERACTION, name, f"{first} cannot interact with itself.")
    for variable in (first, second):
        if variable not in variables:
            detail = f"{variable} interacts, so it must be a term as well."
            raise FitRefused(INTERACTION, name, detail)
    if sum({first, second} == set(pair) for pair in pairs) > 1:
        raise FitRefused(REPEATED, name, f"The interaction {name} stands there more than once.")
