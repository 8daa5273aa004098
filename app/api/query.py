"""Query strings without tolerance: no unknown parameter, none given twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from app.errors import Fault, InvalidInput
from app.schemas.validation import unknown_field

if TYPE_CHECKING:
    from fastapi import Request

MOST_PARAMETERS = 50


def read_parameters(query: bytes) -> list[tuple[str, str]]:
    """Names and values in order. Raises InvalidInput on bytes that are not UTF-8."""
    if not query:
        return []
    if _is_plain(query):
        pairs = [pair.partition("=") for pair in query.decode("ascii").split("&") if pair]
        return [(name, value) for name, _, value in pairs]
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        detail = "The query must be at most 50 parameters of percent-encoded UTF-8."
        raise InvalidInput([Fault("", "unreadable_query", detail)]) from None


def _is_plain(query: bytes) -> bool:
    """Whether nothing in the query is encoded, so that it may simply be split."""
    plain = b"%" not in query and b"+" not in query and query.isascii()
    return plain and query.count(b"&") < MOST_PARAMETERS


def check_names(pairs: list[tuple[str, str]], known: frozenset[str]) -> list[Fault]:
    """A fault for every parameter that is unknown or repeated."""
    faults, seen = [], set()
    for name, _ in pairs:
        if name not in known:
            faults.append(unknown_field([name], known))
        elif name in seen:
            faults.append(Fault(f"/{name}", "repeated", f"{name} may be given once."))
        seen.add(name)
    return faults


def check_parameters(request: Request, dependant: Any) -> list[Fault]:
    """The faults of the request's query, judged by what the route declares."""
    pairs = read_parameters(request.scope["query_string"])
    return check_names(pairs, _declared(dependant)) if pairs else []


def _declared(dependant: Any) -> frozenset[str]:
    """The query parameters of a route and of all that it depends on."""
    names: set[str] = set()
    for field in dependant.query_params:
        inner = getattr(field.field_info.annotation, "model_fields", None)
        names |= set(inner) if inner else {field.alias}
    for inner in dependant.dependencies:
        names |= _declared(inner)
    return frozenset(names)
