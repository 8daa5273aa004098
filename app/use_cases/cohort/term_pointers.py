"""Where in a request the term stands that a model was refused for."""

from __future__ import annotations

from collections.abc import Sequence

from app.cohort.models.fitting import NO_TWO_ARMS
from app.cohort.models.refusal import FitRefused
from app.cohort.models.terms import Interaction, Term


def pointer_to(
    refusal: FitRefused, terms: Sequence[Term], interactions: Sequence[Interaction]
) -> str:
    """Give the JSON Pointer of what a refusal names: a variable, a pair, or a coefficient."""
    if refusal.code == NO_TWO_ARMS:
        return "/stepp"
    name = refusal.term or ""
    heads = {term.variable: _head(term) for term in terms}
    for place, (first, second) in enumerate(interactions):
        is_product = _begins(name, heads[first]) and f":{heads[second]}" in name
        if is_product or name == f"{first}:{second}":
            return f"/interactions/{place}"
    for place, (variable, head) in enumerate(heads.items()):
        if name == variable or _begins(name, head):
            return f"/terms/{place}"
    return "/terms"


def _head(term: Term) -> str:
    """How the names of a term's coefficients begin."""
    return term.variable if term.transform == "linear" else f"{term.transform}({term.variable})"


def _begins(name: str, head: str) -> bool:
    return name.startswith(head) and name[len(head) : len(head) + 1] in ("", "[", ":")
