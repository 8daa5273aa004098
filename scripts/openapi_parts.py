"""Parts of an OpenAPI document: references followed, words left aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = {"description", "summary", "title", "example", "examples", "tags"}
"""What is for readers. A schema's properties may be called the same, and stay."""

NAMED = {"properties", "patternProperties", "schemas", "headers", "responses", "content"}
"""What holds parts by names of its own."""


@dataclass(frozen=True)
class Part:
    """A part of a document; `said` is what stands there, or where a reference leads.

    `alike` are the references that lead to the same in the document it is compared with.
    """

    document: dict[str, Any]
    stated: Any
    alike: frozenset[str] = frozenset()

    @property
    def said(self) -> dict[str, Any]:
        """What is said here, with a reference followed."""
        found = self.stated
        while isinstance(found, dict) and "$ref" in found:
            found = _at(self.document, found["$ref"])
        return found if isinstance(found, dict) else {}

    @property
    def reference(self) -> str | None:
        """What is referred to, if this is a reference."""
        return self.stated.get("$ref") if isinstance(self.stated, dict) else None

    def inner(self, *path: str) -> Part:
        """Give the part below; an empty one if there is none."""
        found: Part = self
        for name in path:
            found = found.beside(found.said.get(name, {}))
        return found

    def beside(self, stated: Any) -> Part:
        """Give another part of the same document."""
        return Part(self.document, stated, self.alike)

    def alternatives(self) -> list[Part]:
        """What a value may be: one schema, or each of several."""
        said = self.said
        several = said.get("anyOf") or said.get("oneOf")
        if several:
            return [one for each in several for one in self.beside(each).alternatives()]
        types = said.get("type")
        if isinstance(types, list):
            return [self.beside(said | {"type": one}) for one in types]
        return [self.beside(said)]


def pruned(document: dict[str, Any]) -> dict[str, Any]:
    """Give what callers of /v1 rely on: its operations, and the schemas they refer to."""
    paths = {
        path: _without_words(methods)
        for path, methods in document["paths"].items()
        if path.startswith("/v1/")
    }
    schemas: dict[str, Any] = {}
    waiting = set(_references(paths))
    while waiting:
        name = waiting.pop().rpartition("/")[2]
        schemas[name] = _without_words(document["components"]["schemas"][name])
        waiting |= {one for one in _references(schemas[name]) if one.split("/")[-1] not in schemas}
    head = {"openapi": document["openapi"], "info": {"title": "/v1", "version": "1"}}
    return head | {"paths": paths, "components": {"schemas": schemas}}


def alike(one: dict[str, Any], other: dict[str, Any]) -> frozenset[str]:
    """Give the references that lead to the same in both, all the way down."""
    schemas = [document["components"]["schemas"] for document in (one, other)]
    named = {
        name: set(_references(schema))
        for name, schema in schemas[0].items()
        if schema == schemas[1].get(name)
    }
    found = {f"#/components/schemas/{name}" for name in named}
    while lost := {f"#/components/schemas/{name}" for name, below in named.items()
                   if not below <= found} & found:  # fmt: skip
        found -= lost
    return frozenset(found)


def fields_of(operation: Part) -> set[str]:
    """Everything that can be sent or read: parameters, fields and the values of closed lists."""
    found = {f"the parameter {one['name']}" for one in operation.said.get("parameters", [])}
    for status, answer in operation.said["responses"].items():
        found |= {status} | _in_content(Part(operation.document, answer), f"{status} ")
    return found | _in_content(operation.inner("requestBody"), "the body ")


def _in_content(part: Part, place: str) -> set[str]:
    found = set()
    for media_type in part.said.get("content", {}):
        found.add(f"{place}{media_type}")
        schema = part.inner("content", media_type, "schema")
        found |= set(_fields(schema, place.rstrip(), frozenset()))
    return found


def _fields(part: Part, place: str, seen: frozenset[str]) -> Iterator[str]:
    if part.reference in seen:
        return
    seen |= {part.reference} if part.reference else set()
    for one in part.alternatives():
        yield from (f"{place} = {value}" for value in one.said.get("enum", []))
        for name in one.said.get("properties", {}):
            yield f"{place}.{name}"
            yield from _fields(one.inner("properties", name), f"{place}.{name}", seen)
        if "items" in one.said:
            yield from _fields(one.inner("items"), f"{place}[]", seen)


def _at(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _without_words(part: Any, *, is_named: bool = False) -> Any:
    if isinstance(part, list):
        return [_without_words(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _without_words(inner, is_named=name in NAMED and not is_named)
        for name, inner in part.items()
        if is_named or name not in WORDS
    }


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _references(inner)
