"""Why a clinician may set a card aside: codes that the feedback comes back with."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from app.answers.phrases import Phrases

REASONS: Final = "urn:neurostrata:override-reason"
CODES: Final = (
    "known",
    "not-now",
    "unlike-the-trial",
    "evidence-too-weak",
    "not-available",
    "patient-declines",
)


@lru_cache(maxsize=8)
def override_reasons(phrases: Phrases) -> list[dict[str, Any]]:
    """The reasons as Codings, in the reader's words."""
    return [
        {"system": REASONS, "code": code, "display": phrases.say("override_reasons", code)}
        for code in CODES
    ]
