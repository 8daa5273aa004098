"""Why a model cannot be fitted: the situation, and the term that causes it."""

from __future__ import annotations

from typing import Final

COLLINEAR: Final = "collinear"
FEWER_PATIENTS: Final = "fewer_patients_than_parameters"
INFINITE: Final = "infinite_coefficient"
INTERACTION: Final = "interaction_not_understood"
NO_EVENTS: Final = "no_events"
NO_TERMS: Final = "no_terms"
NOT_CONVERGED: Final = "not_converged"
NOT_POSITIVE: Final = "logarithm_of_non_positive"
NOT_STATED: Final = "value_not_stated"
ONE_LEVEL: Final = "single_level"
REPEATED: Final = "repeated_term"
TOO_FEW_VALUES: Final = "too_few_values_for_spline"
TRANSFORM: Final = "transform_needs_a_number"
UNKNOWN_REFERENCE: Final = "unknown_reference"
UNKNOWN_LEVEL: Final = "unknown_level"
UNKNOWN_VARIABLE: Final = "unknown_variable"


class FitRefused(Exception):
    """A model that cannot be fitted to these patients.

    `code` names the situation, `term` the variable or coefficient that causes it (None where it is
    none of them), `detail` is a sentence for the caller.
    """

    def __init__(self, code: str, term: str | None, detail: str) -> None:
        super().__init__(code, term, detail)
        self.code = code
        self.term = term
        self.detail = detail

    def __str__(self) -> str:
        return self.detail
