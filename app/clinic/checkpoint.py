"""Signed checkpoints: where a clinic's audit chain ended at a time, kept outside the database.

Whoever can write to the database could cut off the end of a chain and put an older head back. A
checkpoint that lies elsewhere still knows how far the chain had come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Final

import orjson

from app.clinic.audit import Head

KEPT_WHOLE: Final = timedelta(days=2)
"""For so long every checkpoint is kept; of earlier days, the furthest of each clinic."""

_TOLD: Final = "audit checkpoint"
_IN_LOG: Final = re.compile(
    rf"{_TOLD} (?P<clinic_id>[0-9a-f-]{{36}}) (?P<last_sequence>[0-9]{{1,18}})"
    r" (?P<digest>[0-9a-f]{64}) (?P<at>[0-9T:.+-]{20,40}) (?P<seal>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far a clinic's chain had come at a time (UTC), and the digest of its last event."""

    clinic_id: str
    last_sequence: int
    digest: str
    at: datetime
    seal: str

    @classmethod
    def of(cls, head: Head, at: datetime, key: bytes) -> Checkpoint:
        """The checkpoint of a head, sealed with the key of the chain."""
        told = (head.clinic_id, str(head.last_sequence), head.digest, _written(at))
        return cls(
            clinic_id=head.clinic_id,
            last_sequence=head.last_sequence,
            digest=head.digest,
            at=at,
            seal=_seal(told, key),
        )

    @property
    def line(self) -> bytes:
        """One line of the file of checkpoints."""
        told = {
            "clinic_id": self.clinic_id,
            "last_sequence": self.last_sequence,
            "digest": self.digest,
            "at": _written(self.at),
            "seal": self.seal,
        }
        return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)

    @property
    def told(self) -> str:
        """The checkpoint as the log tells it, in one line."""
        parts = (self.clinic_id, self.last_sequence, self.digest, _written(self.at), self.seal)
        return " ".join(map(str, (_TOLD, *parts)))


def read_checkpoint(line: bytes, key: bytes) -> Checkpoint | None:
    """Read a line of the file, or of a log that tells checkpoints. None if this key made none."""
    found = _IN_LOG.search(line.decode("utf-8", "replace"))
    try:
        told = found.groupdict() if found else orjson.loads(line)
        read = Checkpoint(
            clinic_id=str(told["clinic_id"]),
            last_sequence=int(told["last_sequence"]),
            digest=str(told["digest"]),
            at=datetime.fromisoformat(told["at"]),
            seal=str(told["seal"]),
        )
        parts = (read.clinic_id, str(read.last_sequence), read.digest, _written(read.at))
    except (ValueError, TypeError, KeyError):
        return None
    return read if compare_digest(read.seal.encode(), _seal(parts, key).encode()) else None


def thinned(checkpoints: Iterable[Checkpoint], now: datetime) -> list[Checkpoint]:
    """The checkpoints worth keeping: all new ones, and of each earlier day the furthest."""
    kept: dict[tuple[object, ...], Checkpoint] = {}
    for place, one in enumerate(checkpoints):
        is_new = one.at > now - KEPT_WHOLE
        slot = (one.clinic_id, place) if is_new else (one.clinic_id, one.at.date().isoformat())
        if slot not in kept or one.last_sequence >= kept[slot].last_sequence:
            kept[slot] = one
    return list(kept.values())


def _seal(told: tuple[str, ...], key: bytes) -> str:
    return hmac_digest(key, f"{_TOLD}\0{' '.join(told)}".encode(), sha256).hex()


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
