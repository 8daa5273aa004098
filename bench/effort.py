"""How much is measured: all of it for the record, or a minute's worth for a glance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds and sizes. Of an odd number of rounds one is the median itself."""

    rounds: int
    seconds: int
    stream_rounds: int
    patients: int
    most_patients: int
    batches: int
    idle_seconds: float
    beside_rounds: int
    cohort_patients: int


FULL = Effort(7, 2, 5, 200_000, 1_000_000, 5, 5.0, 3, 1_000_000)
QUICK = Effort(1, 1, 1, 50_000, 200_000, 2, 2.0, 1, 100_000)
