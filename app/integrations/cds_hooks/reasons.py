"""Why a clinician may set a card aside: codes that the feedback comes back with."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from app.answers.phrases import Phrases
from app.schemas.free_text import reaches_a_person
from app.schemas.pseudonym import points_at_a_person

REASONS: Final = "urn:neurostrata:override-reason"
CODES: Final = (
    "known",
    "not-now",
    "unlike-the-trial",
    "evidence-too-weak",
    "not-available",
    "patient-declines",
)
OTHER: Final = "other"
"""What every reason is counted under that may be a text: it could name a patient."""

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SYSTEM: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_OID: Final = re.compile(r"urn:oid:[0-2](\.\d+)+", re.ASCII)
"""Names a system by numbers alone, some of which look like a date."""


@lru_cache(maxsize=8)
def override_reasons(phrases: Phrases) -> list[dict[str, Any]]:
    """The reasons as Codings, in the reader's words."""
    return [
        {"system": REASONS, "code": code, "display": phrases.say("override_reasons", code)}
        for code in CODES
    ]


def kept_reason(system: str | None, code: str) -> tuple[str | None, str]:
    """Give the system and the code that a reason is kept by, whoever made the code up."""
    if system == REASONS and code in CODES:
        return system, code
    if _is_a_code(code) and (system is None or _is_a_system(system)):
        return system, code
    return None, OTHER


def _is_a_code(written: str) -> bool:
    return _CODE.fullmatch(written) is not None and not _tells_of_a_person(written)


def _is_a_system(written: str) -> bool:
    if _OID.fullmatch(written):
        return True
    return _SYSTEM.fullmatch(written) is not None and not _tells_of_a_person(written)


def _tells_of_a_person(written: str) -> bool:
    return points_at_a_person(written) or reaches_a_person(written)
