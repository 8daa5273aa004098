"""An estimate that was given for a patient and kept: the very bytes, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEstimate:
    """An estimate as it was given. It never changes: another calculation is another estimate.

    `question` holds all that the answer was computed from, in plain JSON values, so that the same
    service and evidence give the same `body` again. Digests are SHA-256; that of the evidence is
    written `sha256:…`, that of the body in hex.
    """

    id: str
    patient_id: str
    measurement_id: str
    patient_version: int
    created_at: datetime
    created_by: str
    evidence_id: str
    evidence_version: str
    evidence_digest: str
    service_version: str
    question: Mapping[str, Any] = field(repr=False)
    body: bytes = field(repr=False)
    body_digest: str

    @property
    def is_whole(self) -> bool:
        """Whether the bytes are those that were given, by their digest."""
        return digest_of(self.body) == self.body_digest


def digest_of(body: bytes) -> str:
    """Give the SHA-256 of an answer, in hex."""
    return sha256(body).hexdigest()
