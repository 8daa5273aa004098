"""Free text about a patient: how to reach a person is refused, in a covariate and in an assay.

Names and dates are not looked for: a text may name a drug or a visit. Digits that stand together
are a code, such as a lot number; only digits that are set apart like a phone's, or follow a +, are
refused.
"""

from __future__ import annotations

import re
from typing import Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_SUSPECT = re.compile(r"@|\d[\d ().-]{5}")
"""Finds what the rules below could object to: most texts are through with it."""

_EMAIL = re.compile(r"[\w.+-]@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}")
_PHONE = re.compile(
    r"(?<![\w.])(?:"
    r"\+(?:[ ().-]{0,2}\d){8,15}"  # +33 6 12 34 56 78
    r"|00[-. ]?[1-9]\d{0,2}(?:[ ().-]{1,2}\d{1,4}){3,6}"  # 0033 6 12 34 56 78
    r"|0[1-9](?P<fr>[-. ])\d\d(?:(?P=fr)\d\d){3}"  # 06.12.34.56.78
    r"|\(?0\d{2,4}\)?[- ]\d{3,4}[- ]?\d{3,4}"  # 020 7946 0958, 07700 900123
    r"|(?:1[-. ])?\(?[2-9]\d\d\)?(?P<us>[-. ])\d{3}(?P=us)\d{4}"  # 555-123-4567
    r")(?![\w])"
)
_ADVICE: Final = "Only pseudonyms are kept here: leave out how a person can be reached."


def reaches_a_person(text: str) -> bool:
    """Whether a text holds an e-mail address or a phone number."""
    return any(shape.search(text) for shape in (_EMAIL, _PHONE))


def _refuse_contacts(text: str) -> str:
    if _SUSPECT.search(text) is None:
        return text
    if _EMAIL.search(text):
        raise PydanticCustomError("text_is_email", f"This text holds an e-mail address. {_ADVICE}")
    if _PHONE.search(text):
        raise PydanticCustomError("text_is_phone", f"This text holds a phone number. {_ADVICE}")
    return text


REACHES_NOBODY: Final = AfterValidator(_refuse_contacts)
"""Marks text that holds no e-mail address and no phone number. Say first how long it may be."""
