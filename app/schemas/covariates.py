"""Covariates: facts that a clinic names itself, each a number or a text."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field, PlainValidator, TypeAdapter, WithJsonSchema

from app.schemas.values import SAFE, Between

LONGEST_COVARIATE: Final = 200
COVARIATE_NAME: Final = r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$"

_number: TypeAdapter[Decimal] = TypeAdapter(Annotated[Decimal, Between()])
_text: TypeAdapter[str] = TypeAdapter(Annotated[str, Field(max_length=LONGEST_COVARIATE), SAFE])


def _read_covariate(value: object) -> Decimal | str:
    if isinstance(value, str):
        return _text.validate_python(value)
    return _number.validate_python(value)


Covariate = Annotated[
    Decimal | str,
    PlainValidator(_read_covariate),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "maxLength": LONGEST_COVARIATE}]}
    ),
]
CovariateName = Annotated[str, Field(pattern=COVARIATE_NAME)]
