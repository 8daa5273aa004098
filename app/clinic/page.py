"""Pages of a list: where one ends, sealed so that only its own clinic can go on from there."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest
from struct import Struct
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from app.errors import Fault, InvalidInput


class Kept(Protocol):
    """Whatever is kept knows when it was, and its id."""

    @property
    def created_at(self) -> datetime:
        """When it was first kept."""

    @property
    def id(self) -> str:
        """Its UUID."""


Row = TypeVar("Row", bound=Kept)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = Struct(">q16s")
_SEAL_BYTES = 24
# 24 bytes of place and 24 of seal fill 64 characters: no spare bits that could be flipped unseen.
_SHAPE = re.compile(r"[A-Za-z0-9_-]{64}")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, in order, and the cursor that goes on after them (None: the end)."""

    items: tuple[Row, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in a list that is ordered by creation."""

    created_at: datetime
    id: str


class CursorSeal:
    """Writes and reads the cursors of one list of one clinic.

    `scope` names the list and everything that chose its rows: a cursor of another list, another
    choice or another clinic (another `key`) is refused like a damaged one.
    """

    def __init__(self, key: bytes, scope: str) -> None:
        self._key = key
        self._scope = scope.encode()

    def write(self, place: Place) -> str:
        """Write the cursor that goes on after this place."""
        microseconds = (place.created_at - _EPOCH) // timedelta(microseconds=1)
        packed = _PLACE.pack(microseconds, UUID(place.id).bytes)
        return urlsafe_b64encode(packed + self._seal(packed)).decode("ascii")

    def read(self, cursor: str) -> Place:
        """Find the place a cursor stands for. Raises InvalidInput if this list did not write it."""
        sealed = urlsafe_b64decode(cursor) if _SHAPE.fullmatch(cursor) else b""
        packed, seal = sealed[: _PLACE.size], sealed[_PLACE.size :]
        if not compare_digest(seal, self._seal(packed)):
            detail = "The cursor is not one of this list's. Send `next_cursor` as it was answered."
            raise InvalidInput([Fault("/cursor", "invalid_cursor", detail)])
        microseconds, identifier = _PLACE.unpack(packed)
        return Place(_EPOCH + timedelta(microseconds=microseconds), str(UUID(bytes=identifier)))

    def _seal(self, packed: bytes) -> bytes:
        return hmac_digest(self._key, self._scope + b"\0" + packed, sha256)[:_SEAL_BYTES]


def page_of(rows: Sequence[Row], size: int, seal: CursorSeal) -> Page[Row]:
    """Make a page of `size` rows at most; one row more than that says that the list goes on."""
    items = tuple(rows[:size])
    if len(rows) <= size:
        return Page(items, None)
    return Page(items, seal.write(Place(items[-1].created_at, items[-1].id)))
