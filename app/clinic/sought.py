"""Which records of a clinic are sought, across its patients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Sought:
    """Conditions that must hold together; None asks for nothing.

    `ids` and `patients` hold UUIDs: an empty set finds nothing. `since` and `before` bound the day
    of collection; a level without a day is outside of both.
    """

    ids: frozenset[str] | None = None
    patients: frozenset[str] | None = None
    since: date | None = None
    before: date | None = None
