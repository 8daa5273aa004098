"""JSON without tolerance: what two parsers could read in two ways is refused, not guessed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Never

from app.errors import Fault, InvalidInput

DEEPEST = 32
LONGEST_NUMBER = 400


def parse_json(text: bytes) -> Any:
    """UTF-8 JSON with numbers as exact decimals.

    Raises InvalidInput on repeated members, NaN and Infinity, lone surrogates, NUL, a byte order
    mark, other encodings, and nesting deeper than 32.
    """
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError:
        raise _refusal("not_utf8", "The body must be JSON in UTF-8.") from None
    if decoded.startswith("\ufeff"):
        raise _refusal("byte_order_mark", "The body must not begin with a byte order mark.")
    if _depth(decoded) > DEEPEST:
        raise _refusal("too_deep", f"The body must not be nested deeper than {DEEPEST}.")
    try:
        value = json.loads(
            decoded,
            parse_float=_decimal,
            parse_int=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _refusal("not_json", f"The body is not JSON ({place}).") from None
    if "\\u" in decoded:
        _check_text(value)
    return value


def _refusal(code: str, detail: str, pointer: str = "") -> InvalidInput:
    return InvalidInput([Fault(pointer, code, detail)])


def _depth(text: str) -> int:
    """An upper bound of the nesting, from brackets inside and outside of strings alike."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return 0
    deepest = depth = 0
    quoted = escaped = False
    for character in text:
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise _refusal("too_long", f"A number has more than {LONGEST_NUMBER} characters.")
    return Decimal(text)


def _refuse_constant(name: str) -> Never:
    raise _refusal("not_finite", f"{name} is not JSON: numbers must be finite.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        known = twice if twice.isidentifier() and len(twice) <= 64 else "a member"
        raise _refusal("repeated_member", f"{known} is given twice in one object.")
    return members


def _check_text(value: Any) -> None:
    """Refuse what only an escape can smuggle in: lone surrogates and NUL."""
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" or character == "\0" for character in value):
            raise _refusal("unsafe_text", "Text must hold whole Unicode characters, and no NUL.")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner)
