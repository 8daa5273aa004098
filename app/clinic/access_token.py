"""Access tokens of trusted clients: random texts that say nothing, kept as digests, for minutes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

PREFIX: Final = "nsa_"
SECRET_BYTES: Final = 32
LIFE_SECONDS: Final = 300

_SHAPE: Final = re.compile(rf"{PREFIX}[\w-]{{43}}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A token as the service keeps it. `digest` is its SHA-256: it is too random to be guessed."""

    digest: str
    client_id: str
    scopes: str
    expires_at: datetime


def new_token_text() -> str:
    """Draw a token from the operating system's randomness."""
    return f"{PREFIX}{token_urlsafe(SECRET_BYTES)}"


def looks_like_access_token(written: str) -> bool:
    """Whether this has the shape of an access token."""
    return _SHAPE.fullmatch(written) is not None


def digest_of(written: str) -> str:
    """Give what is kept of a token's text."""
    return sha256(written.encode()).hexdigest()
