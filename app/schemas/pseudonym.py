"""A pseudonym: what a clinic may call a patient here. What points at a person is refused."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.schemas.person_name import looks_like_a_name

LONGEST: Final = 64

_YEAR = r"(?:19|20)\d\d"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_TWO_MONTH = r"(?:0[1-9]|1[0-2])"
_TWO_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_DATES = re.compile(
    r"(?<!\d)(?:"
    rf"{_YEAR}(?P<ymd>[-./_ ]){_MONTH}(?P=ymd){_DAY}"  # 1965-04-12, 1965/4/2
    rf"|{_DAY}(?P<dmy>[-./_ ]){_MONTH}(?P=dmy){_YEAR}"  # 12.04.1965
    rf"|{_MONTH}(?P<mdy>[-./_ ]){_DAY}(?P=mdy){_YEAR}"  # 04/12/1965
    rf"|{_DAY}(?P<dm2>[./]){_MONTH}(?P=dm2)\d\d"  # 12.04.65
    rf"|{_MONTH}(?P<md2>[./]){_DAY}(?P=md2)\d\d"  # 04/12/65
    rf"|{_DAY}(?P<dn>[-./_ ]?){_MONTH_NAME}(?P=dn){_YEAR}"  # 12-Apr-1965, 12APR1965
    rf"|{_DAY}(?P<dn2>[-./_ ]){_MONTH_NAME}(?P=dn2)\d\d"  # 12-Apr-65
    rf"|{_YEAR}(?P<yn>[-./_ ]?){_MONTH_NAME}(?P=yn){_DAY}"  # 1965-Apr-12
    rf"|(?<![a-z]){_MONTH_NAME}(?P<nd>[-./_ ]?){_DAY}(?P=nd){_YEAR}"  # Apr-12-1965
    rf"|{_YEAR}{_TWO_MONTH}{_TWO_DAY}"  # 19650412
    rf"|{_TWO_DAY}{_TWO_MONTH}{_YEAR}"  # 12041965
    rf"|{_TWO_MONTH}{_TWO_DAY}{_YEAR}"  # 04121965
    rf"|^(?:{_TWO_DAY}-{_TWO_MONTH}|{_TWO_MONTH}-{_TWO_DAY})-\d\d$"  # 12-04-65, and nothing else
    r")(?!\d)",
    re.IGNORECASE,
)
_PHONES = re.compile(
    r"(?:(?:tele)?phone|tel|ph|mob(?:ile)?|cell|fax|gsm)?[-._:/ ]*(?:"  # TEL0612345678
    r"\+[\d ().-]{7,20}"  # +33 6 12 34 56 78
    r"|00[1-9]\d{6,12}"  # 0033612345678
    r"|0[1-9]\d{7,9}"  # 0612345678
    r"|[1-9]\d{9,14}"  # 5551234567: also the length of many national health numbers
    r"|0[1-9](?:[-. /]?\d\d){4}"  # 06.12.34.56.78
    r"|0[1-9]\d{1,3}[-. /]\d{3,4}[-. /]?\d{3,4}"  # 020-7946-0958
    r"|(?:1[-. ])?\(?[2-9]\d\d\)?[-. ]\d{3}[-. ]\d{4}"  # 555-123-4567
    r"|\d{3}-\d\d-\d{4})"  # 123-45-6789: social security
    r"|[ptm][-._:/ ]?0[1-9](?:\d{8}|(?:[-. /]\d\d){4})",  # P-0612345678
    re.IGNORECASE,
)
_RANDOM = re.compile(
    r"(?:[a-z][a-z0-9]{0,15}[-._/])?(?:"
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # UUID
    r"|(?=\d*[a-f])[0-9a-f]{12,}"
    r"|[0-7][0-9a-hjkmnp-tv-z]{25})",  # ULID
    re.IGNORECASE,
)
"""Codes drawn at random, after a word or none: any digits may stand side by side in them."""
_WORD_AND_NUMBER = re.compile(r"[A-Za-z]{1,32}[-._/]\d{1,7}", re.ASCII)
"""SITE-0042, as most identifiers are: too short for a date or a phone number, and no two words."""

_PSEUDONYM = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._/-]{{0,{LONGEST - 1}}}")

_REFUSALS: Final = (
    (_EMAIL.search, "identifier_is_email", "This looks like an e-mail address."),
    (_PHONES.fullmatch, "identifier_is_phone", "This looks like a phone or health number."),
    (_DATES.search, "identifier_has_date", "This holds a full date, such as a date of birth."),
    (looks_like_a_name, "identifier_is_name", "This looks like a person's name."),
)
_ADVICE: Final = "Send a pseudonym that only your clinic can trace, such as SITE-0042."


def points_at_a_person(text: str) -> bool:
    """Whether a code holds a name, a full date, an e-mail address or a phone number."""
    if _is_harmless(text):
        return False
    return any(finds(text[: LONGEST * 2]) for finds, _, _ in _REFUSALS)


def _is_harmless(text: str) -> bool:
    if _WORD_AND_NUMBER.fullmatch(text):
        return True
    return len(text) <= LONGEST and _RANDOM.fullmatch(text) is not None


def _refuse_identities(text: str) -> str:
    if _is_harmless(text):
        return text
    for finds, code, reason in _REFUSALS:
        if finds(text[: LONGEST * 2]):
            raise PydanticCustomError(code, f"{reason} {_ADVICE}")
    if not _PSEUDONYM.fullmatch(text):
        shape = f"1 to {LONGEST} letters A-Z, digits and . _ / -, beginning with a letter or digit"
        raise PydanticCustomError("identifier_shape", f"An identifier has {shape}. {_ADVICE}")
    return text


Pseudonym = Annotated[
    str,
    AfterValidator(_refuse_identities),
    Field(
        json_schema_extra={
            "minLength": 1,
            "maxLength": LONGEST,
            "pattern": f"^{_PSEUDONYM.pattern}$",
        }
    ),
]
"""An identifier without a name, date, e-mail address or phone number in it."""
