"""The account of every access: one chain of events for each clinic, sealed by a secret key.

Each event's digest covers the digest before it, so none can be changed, removed or slipped in
unseen by somebody who does not hold the key; the head of the chain is sealed likewise, so its end
cannot be cut off. No event holds a value of a patient: it says who, what, which record and when.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Final, Literal

import orjson

Outcome = Literal["success", "refused", "failed"]

NOTHING_BEFORE: Final = "0" * 64
"""The digest before the first event."""

BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was done, or tried: who, what, on which record, and how it ended."""

    principal: str
    role: str
    action: str
    request_id: str
    status: int
    patient_id: str | None = None
    record_id: str | None = None
    count: int | None = None

    @property
    def outcome(self) -> Outcome:
        """How it ended, by its HTTP status."""
        if self.status < 400:
            return "success"
        return "refused" if self.status < 500 else "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A deed with its place in the chain of its clinic."""

    clinic_id: str
    sequence: int
    at: datetime
    deed: Deed
    digest: str = ""

    def digest_after(self, before: str, key: bytes) -> str:
        """The digest that this event must have after the one before it: HMAC-SHA-256, in hex."""
        told = {name: getattr(self.deed, name) for name in _DEED} | {
            "clinic_id": self.clinic_id,
            "sequence": self.sequence,
            "at": _written(self.at),
        }
        return _hmac(key, before.encode() + orjson.dumps(told, option=orjson.OPT_SORT_KEYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a clinic's chain ends, and from where on it is kept."""

    clinic_id: str
    first_sequence: int = 1
    last_sequence: int = 0
    base_digest: str = NOTHING_BEFORE
    digest: str = NOTHING_BEFORE
    last_at: datetime = BEFORE_ALL
    seal: str = ""

    def moment(self, now: datetime) -> datetime:
        """Now, but later than every event of the chain, whatever the clocks say."""
        return max(now, self.last_at + timedelta(microseconds=1))

    def append(self, deed: Deed, at: datetime, key: bytes) -> tuple[Head, Event]:
        """The chain with one event more, and that event."""
        event = Event(clinic_id=self.clinic_id, sequence=self.last_sequence + 1, at=at, deed=deed)
        event = replace(event, digest=event.digest_after(self.digest, key))
        grown = replace(self, last_sequence=event.sequence, digest=event.digest, last_at=at)
        return grown.sealed(key), event

    def let_go(self, last: Event, key: bytes) -> Head:
        """The chain without its events up to this one."""
        kept = replace(self, first_sequence=last.sequence + 1, base_digest=last.digest)
        return kept.sealed(key)

    def sealed(self, key: bytes) -> Head:
        """The head with the seal that only a holder of the key can make."""
        return replace(self, seal=self._seal(key))

    def is_sealed(self, key: bytes) -> bool:
        """Whether the seal is the one this key makes."""
        return compare_digest(self.seal, self._seal(key))

    def _seal(self, key: bytes) -> str:
        told = {name: getattr(self, name) for name in _HEAD} | {
            "seal": "",
            "last_at": _written(self.last_at),
        }
        return _hmac(key, b"head" + orjson.dumps(told, option=orjson.OPT_SORT_KEYS))


_DEED: Final = [field.name for field in fields(Deed)]
_HEAD: Final = [field.name for field in fields(Head)]


def _hmac(key: bytes, message: bytes) -> str:
    return hmac_digest(key, message, sha256).hex()


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
