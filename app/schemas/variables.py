"""What a question about a cohort may name: facts, the level, the stratum, covariates."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.schemas.covariates import COVARIATE_NAME

CATEGORIES: Final = ("arm", "sex", "onset_site", "el_escorial", "stratum")
NUMBERS: Final = ("pnfh", "birth_year", "age_at_baseline", "alsfrs_r", "svc_percent")
YES_OR_NO: Final = ("c9orf72", "ftd")
VARIABLES: Final = (*CATEGORIES, *NUMBERS, *YES_OR_NO)

_COVARIATE: Final = re.compile(rf"x_{COVARIATE_NAME.strip('^$')}")


def _check(name: str) -> str:
    if name in VARIABLES or _COVARIATE.fullmatch(name):
        return name
    known = ", ".join(VARIABLES)
    close = get_close_matches(name[:64].lower(), VARIABLES, n=1, cutoff=0.6)
    hint = f"Did you mean {close[0]}?" if close else f"There is {known}, and x_ with a covariate."
    raise PydanticCustomError("unknown_variable", f"There is no such variable. {hint}")


Variable = Annotated[
    str,
    Field(
        examples=["arm"],
        json_schema_extra={"pattern": rf"^({'|'.join(VARIABLES)}|{_COVARIATE.pattern})$"},
    ),
    AfterValidator(_check),
]
"""A variable of the patients: one of VARIABLES, or `x_` and a covariate's name."""
