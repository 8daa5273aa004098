"""What is left of a patient who was erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A tombstone: that there was a patient with this id, erased then, by that principal."""

    patient_id: str
    erased_at: datetime
    erased_by: str
