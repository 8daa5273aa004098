"""Covariates: facts that a clinic names itself, each a number or a text."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainValidator, TypeAdapter, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.schemas.free_text import REACHES_NOBODY
from app.schemas.values import SAFE, Between

LONGEST_COVARIATE: Final = 200
COVARIATE_NAME: Final = r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$"

_APART: Final = str.maketrans("", "", "_.-")
_WHO: Final = """
name fullname patientname firstname forename givenname middlename lastname surname familyname
maidenname nickname nom prenom email mail emailaddress phone phonenumber telephone telephonenumber
mobilephone mobilenumber cellphone address homeaddress street postcode postalcode zip zipcode dob
dateofbirth birthdate birthday ssn socialsecuritynumber nhsnumber nationalid passport passportnumber
mrn medicalrecordnumber
"""
IDENTITY: Final = frozenset(_WHO.split())
"""Names that ask who a person is, in small letters without what separates their words."""

WHO_IT_IS: Final = (
    "covariate_is_identity",
    "This name asks who the patient is. Only pseudonyms are kept here: leave this covariate out.",
)
"""The code and the words with which such a name is refused."""

_number: TypeAdapter[Decimal] = TypeAdapter(Annotated[Decimal, Between()])
_text: TypeAdapter[str] = TypeAdapter(
    Annotated[str, Field(max_length=LONGEST_COVARIATE), SAFE, REACHES_NOBODY]
)


def asks_who_it_is(name: str) -> bool:
    """Whether a covariate of this name would hold who or where a person is."""
    return name.translate(_APART).lower() in IDENTITY


def _refuse_identity(name: str) -> str:
    if asks_who_it_is(name):
        raise PydanticCustomError(*WHO_IT_IS)
    return name


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
CovariateName = Annotated[str, Field(pattern=COVARIATE_NAME), AfterValidator(_refuse_identity)]
