"""Pages of a list: where one ends, sealed so that only its own clinic can go on from there."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

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
SortValue: TypeAlias = str | int | Decimal | date | datetime | None

_SEAL_BYTES: Final = 16
# With the seal a multiple of 48 bytes: base64 without spare bits that could be flipped unseen,
# and no length that tells one short value from another.
_STEP: Final = 48
_LONGEST: Final = 1024
_SHAPE: Final = re.compile(rf"(?:[A-Za-z0-9_-]{{64}}){{1,{_LONGEST // 64}}}")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, in order, and the cursor that goes on after them (None: the end)."""

    items: tuple[Row, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class By:
    """A field that a list is sorted by. What is not stated is last, whichever end is first."""

    field: str
    descending: bool = False

    @classmethod
    def read(cls, sort: str) -> By:
        """Read it as it is written on the wire: `onset_date`, or `-onset_date` to descend."""
        return cls(sort.removeprefix("-"), sort.startswith("-"))


Order: TypeAlias = tuple[By, ...]
"""What a list is sorted by; rows that are equal in all of it follow their ids."""

BY_CREATION: Final[Order] = (By("created_at"),)


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in a list: the values that the list is sorted by, and the row's id."""

    values: tuple[SortValue, ...]
    id: str


class CursorSeal:
    """Writes and reads the cursors of one list of one clinic.

    `scope` names the list and everything that chose and sorted its rows: a cursor of another
    list, another choice, another order or another clinic (another `key`) is refused like a
    damaged one. A cursor can be read by nobody else: its values may be a patient's.
    """

    def __init__(self, key: bytes, scope: str) -> None:
        self._cipher = AESSIV(key)
        self._scope = [scope.encode()]

    def write(self, place: Place) -> str:
        """Write the cursor that goes on after this place; the same one each time."""
        told = json.dumps([place.id, *map(_told, place.values)]).encode()
        room = -(len(told) + _SEAL_BYTES) % _STEP
        sealed = self._cipher.encrypt(told + b" " * room, self._scope)
        return urlsafe_b64encode(sealed).decode("ascii")

    def read(self, cursor: str) -> Place:
        """Find the place a cursor stands for. Raises InvalidInput if this list did not write it."""
        sealed = urlsafe_b64decode(cursor) if _SHAPE.fullmatch(cursor) else bytes(_STEP)
        try:
            told = json.loads(self._cipher.decrypt(sealed, self._scope))
        except InvalidTag:
            detail = "The cursor is not one of this list's. Send `next_cursor` as it was answered."
            raise InvalidInput([Fault("/cursor", "invalid_cursor", detail)]) from None
        return Place(tuple(map(_understood, told[1:])), told[0])


def creation_of(row: Kept) -> Place:
    """The place of a row in a list that is in order of creation."""
    return Place((row.created_at,), row.id)


def page_of(
    rows: Sequence[Row],
    size: int,
    seal: CursorSeal,
    place_of: Callable[[Row], Place] = creation_of,
) -> Page[Row]:
    """Make a page of `size` rows at most; one row more than that says that the list goes on."""
    items = tuple(rows[:size])
    if len(rows) <= size:
        return Page(items, None)
    return Page(items, seal.write(place_of(items[-1])))


def _told(value: SortValue) -> Any:
    if isinstance(value, datetime | date | Decimal):
        return {type(value).__name__: str(value)}
    return value


def _understood(told: Any) -> SortValue:
    if not isinstance(told, dict):
        value: SortValue = told
        return value
    ((kind, text),) = told.items()
    return _READERS[kind](text)


_READERS: Final[dict[str, Callable[[str], SortValue]]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "Decimal": Decimal,
}
