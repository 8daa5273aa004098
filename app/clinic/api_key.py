"""API keys: 256 random bits that are shown once; what is kept cannot be turned back into them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Final

from app.clinic.access import Role

PREFIX: Final = "nst_"
LOOKUP_BYTES: Final = 9
SECRET_BYTES: Final = 32

_SHAPE = re.compile(rf"{PREFIX}(?P<lookup>[\w-]{{12}})(?P<secret>[\w-]{{43}})", re.ASCII)


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
    """A key as the service keeps it. From `expires_at` on, it opens nothing."""

    id: str
    clinic_id: str
    lookup: str
    digest: str = field(repr=False)
    role: Role
    created_at: datetime
    expires_at: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether the key had its day."""
        return self.expires_at is not None and now >= self.expires_at


def new_key_text() -> KeyText:
    """Draw a key from the operating system's randomness."""
    return KeyText(token_urlsafe(LOOKUP_BYTES), token_urlsafe(SECRET_BYTES))


def read_key_text(written: str) -> KeyText | None:
    """Take a key apart; None if this is not the shape of a key."""
    shape = _SHAPE.fullmatch(written)
    return KeyText(shape["lookup"], shape["secret"]) if shape else None
