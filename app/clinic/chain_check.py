"""Checking an audit chain event by event: what was changed, taken away or slipped in since.

The check holds the one event before, and the checkpoints of the clinic: its memory does not grow
with the chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from app.clinic.audit import Event, Head

if TYPE_CHECKING:
    from datetime import datetime

    from app.clinic.checkpoint import Checkpoint

MOST_FAULTS: Final = 100
"""So many faults are listed; all are counted."""

SLACK: Final = timedelta(days=1)
"""A chain may begin so much later than the first record: an import takes its time."""

ChainFaultCode = Literal[
    "head_missing", "head_changed", "event_changed", "events_missing", "event_surplus",
    "end_differs", "checkpoint_ahead", "checkpoint_differs", "begins_late",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One thing wrong with a chain, and at which event."""

    sequence: int
    code: ChainFaultCode
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What became of checking a chain. `faults` lists the first of the `faults_found`."""

    first_sequence: int
    last_sequence: int
    events: int
    head_digest: str
    faults: tuple[ChainFault, ...]
    faults_found: int

    @property
    def is_valid(self) -> bool:
        """Whether nothing at all was wrong."""
        return self.faults_found == 0


class ChainCheck:
    """Takes the events of a chain in order of their numbers, then reports, once.

    `head` is None if the clinic has none. `oldest_record` is when the oldest record of the
    clinic was kept that a chain must know of.
    """

    def __init__(
        self,
        clinic_id: str,
        head: Head | None,
        key: bytes,
        *,
        checkpoints: Iterable[Checkpoint] = (),
        oldest_record: datetime | None = None,
    ) -> None:
        self._has_head = head is not None
        self._head = head or Head(clinic_id=clinic_id)
        self._key = key
        self._oldest_record = oldest_record
        self._faults: list[ChainFault] = []
        self._found = self._events = 0
        self._next = self._head.first_sequence
        self._befores: tuple[str, ...] = (self._head.base_digest,)
        self._marks: dict[int, set[str]] = {}
        for one in checkpoints:
            self._marks.setdefault(one.last_sequence, set()).add(one.digest)
        if head is not None and not head.is_sealed(key):
            detail = "The head of the chain is not as it was sealed, or another key sealed it."
            self._tell(head.last_sequence, "head_changed", detail)
        self._match_mark(self._next - 1, self._head.base_digest)

    def take(self, event: Event) -> None:
        """Check the next event of the clinic."""
        self._events += 1
        if not self._has_head:
            return
        sequence = event.sequence
        if not self._head.first_sequence <= sequence <= self._head.last_sequence:
            detail = "There is an event outside of what the head of the chain spans."
            self._tell(sequence, "event_surplus", detail)
            return
        if sequence > self._next:
            self._tell_gap(self._next, sequence - 1)
        else:
            self._check(event)
        self._check_beginning(event)
        self._match_mark(sequence, event.digest)
        self._next = sequence + 1
        if not self._befores:
            self._befores = (event.digest,)

    def report(self) -> ChainReport:
        """Say what was found, after the last event."""
        start = self._head
        if not self._has_head:
            self._report_no_head()
        elif self._next <= start.last_sequence:
            self._tell_gap(self._next, start.last_sequence)
        elif start.digest not in self._befores:
            detail = "The head of the chain names another end than the last event has."
            self._tell(start.last_sequence, "end_differs", detail)
        for sequence in sorted(self._marks):
            if sequence > start.last_sequence:
                detail = f"A checkpoint knows of event {sequence}: the end has been cut off."
                self._tell(sequence, "checkpoint_ahead", detail)
        return ChainReport(
            first_sequence=start.first_sequence,
            last_sequence=start.last_sequence,
            events=self._events,
            head_digest=start.digest,
            faults=tuple(self._faults),
            faults_found=self._found,
        )

    def _check(self, event: Event) -> None:
        # After a fault two digests may be the right one to go on from: the one that is kept, if
        # it was the event that was changed, and the one it should have, if it was the digest.
        rights = {event.digest_after(before, self._key) for before in self._befores}
        if event.digest in rights:
            self._befores = (event.digest,)
            return
        self._tell(event.sequence, "event_changed", "The event is not as it was sealed.")
        self._befores = (event.digest, *rights)[:3]

    def _check_beginning(self, event: Event) -> None:
        oldest = self._oldest_record
        if event.sequence == 1 and oldest is not None and oldest < event.at - SLACK:
            detail = "There are records from before the first event: a chain was removed."
            self._tell(1, "begins_late", detail)

    def _tell_gap(self, first: int, last: int) -> None:
        missing = f"Event {first} is" if first == last else f"Events {first} to {last} are"
        follows = "" if last == self._head.last_sequence else " The next one cannot be checked."
        self._tell(first, "events_missing", f"{missing} missing.{follows}")
        self._befores = ()

    def _report_no_head(self) -> None:
        if self._events or self._oldest_record is not None:
            detail = "There are events or records, but the head of their chain is missing."
            self._tell(0, "head_missing", detail)

    def _match_mark(self, sequence: int, digest: str) -> None:
        marks = self._marks.get(sequence)
        if marks and marks != {digest}:
            detail = "A checkpoint saw another event here: the chain was written anew."
            self._tell(sequence, "checkpoint_differs", detail)

    def _tell(self, sequence: int, code: ChainFaultCode, detail: str) -> None:
        self._found += 1
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(ChainFault(sequence, code, detail))
