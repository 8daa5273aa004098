"""Sending the same request twice: the second time it is answered as it was the first time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from app.errors import Fault, InvalidInput

ERASED: Final = ""
"""Stands for the fingerprint of a request that made a patient who was erased."""

_SHAPE = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A request as its sender names it: the key counts for one principal and one route alone."""

    principal: str
    route: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """What was answered first, and the fingerprint of what was asked.

    `patient_id` is whom the answer tells of, so that it can be erased with them. Of the answer that
    made them, the key stays for its time, with nothing of the answer or of what was asked.
    """

    fingerprint: str
    created_at: datetime
    patient_id: str | None
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_erased(self) -> bool:
        """Whether whom the key made was erased since."""
        return self.fingerprint == ERASED

    def has_expired(self, now: datetime, kept_for: timedelta) -> bool:
        """Whether the key may be used anew."""
        return now >= self.created_at + kept_for


def check_key(key: str) -> str:
    """Give the key back if it is one. Raises InvalidInput."""
    if not _SHAPE.fullmatch(key):
        detail = "An Idempotency-Key has 1 to 255 visible ASCII characters, such as a UUID."
        raise InvalidInput([Fault("", "idempotency_key", detail)])
    return key
