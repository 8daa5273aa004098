"""A call as a value: what is asked, how its answer is read, and what sending it twice would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Item_co = TypeVar("Item_co", covariant=True)


class Repeat(Enum):
    """What becomes of a call that is sent again after its answer was lost."""

    HARMLESS = "it reads, or computes and keeps nothing"
    REMEMBERED = "the service gives its first answer again, by the Idempotency-Key"
    UNSURE = "it may be refused because it was done, or be done twice"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    @property
    def is_good(self) -> bool:
        """Whether the call succeeded."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One call of the service, to be sent by a client. What it holds of a patient is not shown."""

    method: str
    path: str
    read: Callable[[Answer], T_co] = field(repr=False)
    repeat: Repeat = Repeat.HARMLESS
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    hears_refusals: bool = False
    """Whether `read` is given refusals too, instead of their being raised."""

    def in_language(self, language: str) -> Call[T_co]:
        """The same call, its words in another language: `en` or `fr`."""
        return replace(self, headers={**self.headers, "accept-language": language})


class Page(Protocol[Item_co]):
    """Some items of a list, and where it goes on."""

    @property
    def items(self) -> Sequence[Item_co]:
        """The items of this page."""

    @property
    def next_cursor(self) -> str | None:
        """What the next page is asked with; None at the end."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item_co]):
    """A list that comes in pages: `page` gives the call for the page after a cursor."""

    page: Callable[[str | None], Call[Page[Item_co]]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """A record, and the tag of its version: changes are sent with it as `if_match`."""

    content: T
    etag: str
