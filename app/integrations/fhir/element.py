"""A part of a resource that somebody sent: it may be anything, and knows where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from app.errors import Fault

LONGEST_TOLD: Final = 60
"""Characters of a value that are repeated to whoever sent it."""


class Element:
    """One element: its value as it was parsed, and the JSON Pointer of its place.

    What is asked for and not there, or of another shape, is None or nothing: whoever needs it
    makes a fault of it.
    """

    # A pointer is asked for at a fault alone, so that it is put together no earlier: each resource
    # is looked into at a hundred places.
    __slots__ = ("_name", "_within", "value")

    def __init__(self, value: Any, pointer: str | int = "", within: Element | None = None) -> None:
        self.value = value
        self._name = pointer
        self._within = within

    @property
    def pointer(self) -> str:
        """The JSON Pointer of the place."""
        if self._within is None:
            return str(self._name)
        return f"{self._within.pointer}/{self._name}"

    def __repr__(self) -> str:
        """Name the place; what stands there is a patient's."""
        return f"Element({self.pointer!r})"

    def __getitem__(self, name: str) -> Element:
        """The member of this name; of None if there is none."""
        value = self.value
        return Element(value.get(name) if isinstance(value, dict) else None, name, self)

    def each(self) -> Iterator[Element]:
        """The elements of a list, in order; none if this is no list."""
        listed = self.value if isinstance(self.value, list) else ()
        for position, inner in enumerate(listed):
            yield Element(inner, position, self)

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
    listed = concept["coding"].value
    return isinstance(listed, list) and any(_pair(one) in codes for one in listed)


def _pair(coding: Any) -> tuple[str, str]:
    """System and code of a Coding; empty texts, which no code is, where there are none."""
    system, code = (
        (coding.get("system"), coding.get("code")) if isinstance(coding, dict) else ("", "")
    )
    return (system, code) if isinstance(system, str) and isinstance(code, str) else ("", "")
