"""SMART scopes of a clinic's own systems: which kinds of FHIR resource, and which deeds on them.

Version 2 writes deeds as letters in the order c, r, u, d, s: create, read, update, delete, search
(`system/Observation.rs`); version 1 in words (`system/Patient.read`, `.write`, `.*`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from app.errors import Fault, InvalidInput

Action = Literal["c", "r", "u", "d", "s"]

EVERY: Final = "*"
LETTERS: Final = "cruds"
VERSION_1: Final = {"read": "rs", "write": "cud", "*": LETTERS}
LONGEST: Final = 1000
"""Characters of all scopes of a client or a token together."""

_SCOPE: Final = re.compile(
    r"system/(?P<resource>\*|[A-Z][A-Za-z]{1,63})\.(?P<deeds>read|write|\*|c?r?u?d?s?)"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Some deeds, as letters in order, on one kind of resource, or on every kind (`*`)."""

    resource: str
    letters: str
    written: str

    def covers(self, resource: str, action: str) -> bool:
        """Whether it allows this deed on this kind of resource."""
        return self.resource in (EVERY, resource) and action in self.letters


@dataclass(frozen=True, slots=True)
class Scopes:
    """All that a client, or a token of it, may do."""

    each: tuple[Scope, ...]

    def covers(self, resource: str, actions: str) -> bool:
        """Whether all these deeds are allowed on a kind of resource; `*` stands for every kind."""
        return all(any(scope.covers(resource, one) for scope in self.each) for one in actions)

    def within(self, allowed: Scopes) -> Scopes:
        """Give what is left of these where others are all that is allowed.

        What is allowed in full keeps its words, so that who asks in version 1 reads version 1.
        """
        left = (part for scope in self.each for part in _within(scope, allowed))
        return Scopes(tuple(dict.fromkeys(left)))

    @property
    def written(self) -> str:
        """The scopes as a token's answer names them."""
        return " ".join(scope.written for scope in self.each)

    @property
    def can_write(self) -> bool:
        """Whether anything can be created, changed or deleted with these."""
        return any(letter in scope.letters for scope in self.each for letter in "cud")


def scope_named(resource: str, letters: Iterable[str]) -> Scope:
    """Give the scope of version 2 for these deeds."""
    ordered = "".join(letter for letter in LETTERS if letter in set(letters))
    return Scope(resource, ordered, f"system/{resource}.{ordered}")


def read_scopes(written: str) -> Scopes:
    """Read scopes with single spaces between. Raises InvalidInput on what is no system scope."""
    words = written.split(" ") if len(written) <= LONGEST else [""]
    found = tuple(dict.fromkeys(_read(word) for word in words))
    if None in found:
        detail = "Scopes are words such as system/Observation.rs, with one space between."
        raise InvalidInput([Fault("/scope", "invalid_scope", detail)])
    return Scopes(tuple(scope for scope in found if scope is not None))


def _read(word: str) -> Scope | None:
    shape = _SCOPE.fullmatch(word)
    if shape is None or not shape["deeds"]:
        return None
    return Scope(shape["resource"], VERSION_1.get(shape["deeds"], shape["deeds"]), word)


def _within(scope: Scope, allowed: Scopes) -> list[Scope]:
    if allowed.covers(scope.resource, scope.letters):
        return [scope]
    narrower = {one.resource for one in allowed.each} - {EVERY}
    resources = [scope.resource] if scope.resource != EVERY else [EVERY, *sorted(narrower)]
    parts = (
        scope_named(resource, [one for one in scope.letters if allowed.covers(resource, one)])
        for resource in resources
    )
    return [part for part in parts if part.letters]
