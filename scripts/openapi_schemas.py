"""Whether every value of one schema fits another, as far as schemas like ours can tell.

A request breaks where values of the old schema do not fit the new one; an answer where values of
the new schema do not fit the old one. So one question answers both, asked the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi_parts import Part

REQUEST, ANSWER = "request", "answer"
LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
SAME = ("format", "pattern", "multipleOf", "uniqueItems", "contentEncoding")


def misfits(
    narrow: Part, wide: Part, place: str, kind: str, seen: frozenset[Any] = frozenset()
) -> Iterator[str]:
    """Yield why a value of `narrow` may not fit `wide`; of several alternatives, the nearest."""
    pair = (narrow.reference, wide.reference)
    if all(pair) and (pair in seen or (pair[0] == pair[1] and pair[0] in narrow.alike)):
        return
    seen |= {pair}
    for one in narrow.alternatives():
        found = [list(_against(one, each, place, kind, seen)) for each in wide.alternatives()]
        yield from min(found, key=len)


def _against(
    narrow: Part, wide: Part, place: str, kind: str, seen: frozenset[Any]
) -> Iterator[str]:
    types = (narrow.said.get("type"), wide.said.get("type"))
    if types[1] and types[0] != types[1] and types != ("integer", "number"):
        yield f"{place} can be {types[0] or 'anything'} where {types[1]} is known"
        return
    yield from _of_values(narrow.said, wide.said, place)
    yield from _of_bounds(narrow.said, wide.said, place)
    if kind == REQUEST:
        yield from _of_defaults(narrow.said, wide.said, place)
    yield from _of_members(narrow, wide, place, kind, seen)
    if "items" in narrow.said and "items" in wide.said:
        yield from misfits(narrow.inner("items"), wide.inner("items"), f"{place}[]", kind, seen)


def _of_values(narrow: dict[str, Any], wide: dict[str, Any], place: str) -> Iterator[str]:
    known, given = _values(wide), _values(narrow)
    if known is None:
        return
    if given is None:
        yield f"{place} can be other than {', '.join(map(str, known))}"
    else:
        yield from (
            f"{place} can be {one}, which is not known" for one in given if one not in known
        )


def _values(said: dict[str, Any]) -> list[Any] | None:
    return [said["const"]] if "const" in said else said.get("enum")


def _of_bounds(narrow: dict[str, Any], wide: dict[str, Any], place: str) -> Iterator[str]:
    for word in LEAST:
        if word in wide and narrow.get(word, float("-inf")) < wide[word]:
            yield f"{place} can be less: {word} is {wide[word]} on one side alone"
    for word in MOST:
        if word in wide and narrow.get(word, float("inf")) > wide[word]:
            yield f"{place} can be more: {word} is {wide[word]} on one side alone"
    for word in SAME:
        if word in wide and narrow.get(word) != wide[word]:
            yield f"{place} has not the same {word}"


def _of_defaults(narrow: dict[str, Any], wide: dict[str, Any], place: str) -> Iterator[str]:
    both = "default" in narrow and "default" in wide
    if both and narrow["default"] != wide["default"]:
        yield f"{place} means {wide['default']} where it is left out"


def _of_members(
    narrow: Part, wide: Part, place: str, kind: str, seen: frozenset[Any]
) -> Iterator[str]:
    given, known = narrow.said.get("properties", {}), wide.said.get("properties", {})
    needed = set(wide.said.get("required", [])) - set(narrow.said.get("required", []))
    yield from (f"{place}.{name} is needed and may be missing" for name in sorted(needed))
    if kind == REQUEST and wide.said.get("additionalProperties") is False:
        yield from (f"{place}.{name} is not taken any more" for name in given if name not in known)
    if kind == ANSWER:
        gone = known.keys() - given.keys() - needed
        yield from (f"{place}.{name} is gone" for name in sorted(gone))
    for name in given.keys() & known.keys():
        pair = (part.inner("properties", name) for part in (narrow, wide))
        yield from misfits(*pair, f"{place}.{name}", kind, seen)
    yield from _of_further_members(narrow, wide, place, kind, seen)


def _of_further_members(
    narrow: Part, wide: Part, place: str, kind: str, seen: frozenset[Any]
) -> Iterator[str]:
    """Members whose names are not fixed, such as covariates."""
    given, known = (part.said.get("additionalProperties", True) for part in (narrow, wide))
    if isinstance(given, dict) and isinstance(known, dict):
        pair = (part.inner("additionalProperties") for part in (narrow, wide))
        yield from misfits(*pair, f"{place}.*", kind, seen)
    elif kind == REQUEST and known is not True and given is not False:
        yield f"{place} does not take members of any name any more"
    patterns = (part.said.get("patternProperties", {}) for part in (narrow, wide))
    before, after = patterns
    if kind == REQUEST:
        yield from (
            f"{place}./{name}/ is not taken any more" for name in before if name not in after
        )
    for name in before.keys() & after.keys():
        pair = (part.inner("patternProperties", name) for part in (narrow, wide))
        yield from misfits(*pair, f"{place}./{name}/", kind, seen)
