"""What became of cards: how many were given, and what their readers said. Nothing of a patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

ACCEPTED: Final = "accepted"
OVERRIDDEN: Final = "overridden"

NO_CARD: Final = "none"
"""Beside the indicators of cards: a call for which there was nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFeedback:
    """What somebody did with one card. Of a comment it is kept that there was one."""

    card: str
    outcome: str
    outcome_at: datetime
    reason_system: str | None = None
    reason_code: str | None = None
    has_comment: bool = False
    received_at: datetime
    received_from: str


@dataclass(frozen=True, slots=True)
class Tallied:
    """How often something happened in a month, written YYYY-MM."""

    month: str
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class ReasonGiven:
    """How often a reason was given; system and code are None where none was."""

    system: str | None
    code: str | None
    count: int


@dataclass(frozen=True, slots=True)
class FeedbackSummary:
    """All that is known of a clinic's cards in a time."""

    given: Sequence[Tallied]
    outcomes: Sequence[Tallied]
    reasons: Sequence[ReasonGiven]
    with_comment: int
