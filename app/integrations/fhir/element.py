"""A part of a resource that somebody sent: it may be anything, and knows where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.errors import Fault

LONGEST_TOLD: Final = 60
"""Characters of a value that are repeated to whoever sent it."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its value as it was parsed, and the JSON Pointer of its place.

    What is asked for and not there, or of another shape, is None or nothing: whoever needs it
    makes a fault of it.
    """

    value: Any
    pointer: str = ""

    def __getitem__(self, name: str) -> Element:
        """The member of this name; of None if there is none."""
        inner = self.value.get(name) if isinstance(self.value, dict) else None
        return Element(inner, f"{self.pointer}/{name}")

    def each(self) -> Iterator[Element]:
        """The elements of a list, in order; none if this is no list."""
        listed = self.value if isinstance(self.value, list) else ()
        for position, inner in enumerate(listed):
            yield Element(inner, f"{self.pointer}/{position}")

    @property
    def is_there(self) -> bool:
        """Whether anything was sent here."""
        return self.value is not None

    @property
    def text(self) -> str | None:
        """The value if it is a text that says something."""
        return self.value if isinstance(self.value, str) and self.value.strip() else None

    @property
    def number(self) -> Decimal | None:
        """The value if it is a number, exactly as it was written."""
        return self.value if isinstance(self.value, Decimal) else None

    @property
    def kind(self) -> str | None:
        """Which resource this says it is."""
        return self["resourceType"].text

    @property
    def told(self) -> str:
        """The value as it may be repeated: short, and never a whole structure."""
        return str(self.value)[:LONGEST_TOLD] if isinstance(self.value, str | Decimal) else "?"

    def fault(self, code: str, detail: str) -> Fault:
        """A fault of this element."""
        return Fault(self.pointer, code, detail)


def codings(concept: Element) -> Iterator[Element]:
    """The codings of a CodeableConcept."""
    yield from concept["coding"].each()


def is_coded(concept: Element, codes: frozenset[tuple[str, str]]) -> bool:
    """Whether a CodeableConcept has one of these (system, code) pairs."""
    return any((one["system"].text, one["code"].text) in codes for one in codings(concept))
