"""API keys: 256 random bits that are shown once; what is kept cannot be turned back into them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Final
from uuid import uuid4

from app.clinic.access import Role

PREFIX: Final = "nst_"
LOOKUP_BYTES: Final = 9
SECRET_BYTES: Final = 32

_SHAPE = re.compile(rf"{PREFIX}(?P<lookup>[\w-]{{12}})(?P<secret>[\w-]{{43}})", re.ASCII)


class KeyState(StrEnum):
    """What has become of a key. It opens the door while it is good or rotated."""

    GOOD = "good"
    ROTATED = "rotated"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key as its holder has it: which key it says it is, and the secret that proves it."""

    lookup: str
    secret: str = field(repr=False)

    @property
    def written(self) -> str:
        """The key as it is sent: `nst_` and 55 characters."""
        return f"{PREFIX}{self.lookup}{self.secret}"

    @property
    def digest(self) -> str:
        """What is kept of the secret: its SHA-256. It is too random to need a slow hash."""
        return sha256(self.secret.encode("ascii")).hexdigest()

    def opens(self, digest: str) -> bool:
        """Whether this secret has that digest, compared in constant time."""
        return compare_digest(self.digest, digest)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the service keeps it. From `expires_at` or `revoked_at` on, it opens nothing.

    `rotated_to` is the id of the key that takes its place; `last_used_at` is right to the minute.
    """

    id: str
    clinic_id: str
    lookup: str
    digest: str = field(repr=False)
    role: Role
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    rotated_to: str | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether the key had its day."""
        return self.expires_at is not None and now >= self.expires_at

    def state(self, now: datetime) -> KeyState:
        """What has become of the key. A rotated key that is past its grace has expired."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if self.is_expired(now):
            return KeyState.EXPIRED
        return KeyState.GOOD if self.rotated_to is None else KeyState.ROTATED

    def is_open(self, now: datetime) -> bool:
        """Whether the key opens the door."""
        return self.state(now) in {KeyState.GOOD, KeyState.ROTATED}

    def was_used_within(self, span: timedelta, now: datetime) -> bool:
        """Whether a use is on record that is not older than `span`."""
        return self.last_used_at is not None and now - self.last_used_at < span

    def rotated(
        self, text: KeyText, expires_at: datetime | None, grace: timedelta, now: datetime
    ) -> tuple[ApiKey, ApiKey]:
        """This key, good for the grace alone, and the one that takes its place from now on."""
        new = ApiKey(
            id=str(uuid4()),
            clinic_id=self.clinic_id,
            lookup=text.lookup,
            digest=text.digest,
            role=self.role,
            created_at=now,
            expires_at=expires_at,
        )
        end = min(now + grace, self.expires_at or datetime.max.replace(tzinfo=UTC))
        return replace(self, expires_at=end, rotated_to=new.id), new

    def expires_after_rotation(self, now: datetime) -> datetime | None:
        """When a key made now expires if it lives as many days as this one was made for."""
        if self.expires_at is None:
            return None
        days = self.expires_at.toordinal() - self.created_at.toordinal()
        last = min(now.toordinal() + days, date.max.toordinal())
        return datetime.combine(date.fromordinal(last), time.min, UTC)


def new_key_text() -> KeyText:
    """Draw a key from the operating system's randomness."""
    return KeyText(token_urlsafe(LOOKUP_BYTES), token_urlsafe(SECRET_BYTES))


def read_key_text(written: str) -> KeyText | None:
    """Take a key apart; None if this is not the shape of a key."""
    shape = _SHAPE.fullmatch(written)
    return KeyText(shape["lookup"], shape["secret"]) if shape else None
