"""Where two JSON documents differ first, in the order in which they are written."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import Any, Final, NamedTuple

NOTHING: Final = object()
"""Stands where one document goes on and the other has ended."""


class _Number(NamedTuple):
    """A number by its digits: 1.50 and 1.5 are other bytes."""

    text: str


class _Members(tuple[tuple[str, Any], ...]):
    """The members of an object in their order, which is part of its bytes."""

    __slots__ = ()


def first_difference(one: bytes, other: bytes) -> str | None:
    """Give the JSON Pointer of the first difference; None if there is none in what is told.

    The pointer "" is the whole document: one of them is no JSON, or other in kind.
    """
    try:
        return _differs(_read(one), _read(other), "")
    except ValueError:
        return ""


def _read(document: bytes) -> Any:
    return json.loads(
        document,
        object_pairs_hook=_Members,
        parse_float=_Number,
        parse_int=_Number,
        parse_constant=_Number,
    )


def _differs(one: Any, other: Any, place: str) -> str | None:
    if type(one) is not type(other):
        return place
    if isinstance(one, _Members):
        return _members_differ(one, other, place)
    if isinstance(one, list):
        for position, pair in enumerate(zip_longest(one, other, fillvalue=NOTHING)):
            found = _differs(*pair, f"{place}/{position}")
            if found is not None:
                return found
        return None
    return None if one == other else place


def _members_differ(one: _Members, other: _Members, place: str) -> str | None:
    for mine, theirs in zip_longest(one, other, fillvalue=("", NOTHING)):
        at = f"{place}/{_escaped(mine[0] if mine[1] is not NOTHING else theirs[0])}"
        if mine[0] != theirs[0]:
            return at
        found = _differs(mine[1], theirs[1], at)
        if found is not None:
            return found
    return None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
