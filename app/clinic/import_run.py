"""An import that was carried out: what was asked, what was kept, what was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.errors import Fault

MOST_FAULTS: Final = 10_000
"""Faults of one file that are told; beyond them only their number."""


class Mode(StrEnum):
    """What becomes of a file with faulty rows."""

    ALL_OR_NOTHING = "all_or_nothing"
    SKIP_INVALID = "skip_invalid"


class OnDuplicate(StrEnum):
    """What becomes of a row about a patient whom the clinic has already."""

    REJECT = "reject"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """An import of one clinic. It never changes. `errors` have a row and often a column."""

    id: str
    created_at: datetime
    created_by: str
    mode: Mode
    on_duplicate: OnDuplicate
    rows_total: int
    rows_accepted: int
    rows_rejected: int
    patients_added: int
    patients_changed: int
    measurements_added: int
    errors: tuple[Fault, ...] = ()


class FaultList:
    """The faults of a file as they are found: the first ones whole, and how many there are."""

    def __init__(self, most: int = MOST_FAULTS) -> None:
        self.most = most
        self.total = 0
        self._found: list[Fault] = []

    @property
    def room(self) -> int:
        """How many more faults would be told."""
        return self.most - len(self._found)

    def add(self, faults: Sequence[Fault], total: int | None = None) -> None:
        """Add faults; `total` says how many they are if not all of them are given."""
        self.total += len(faults) if total is None else total
        self._found += faults[: self.room]

    def told(self) -> tuple[Fault, ...]:
        """The faults in the order of the file; if some are left out, one more says how many."""
        ordered = sorted(self._found, key=lambda fault: fault.row or 0)
        untold = self.total - len(ordered)
        if untold:
            detail = f"There are {untold} more faults in this file."
            ordered.append(Fault("", "more_faults", detail))
        return tuple(ordered)
