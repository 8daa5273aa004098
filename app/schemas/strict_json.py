"""JSON without tolerance: what two parsers could read in two ways is refused, not guessed."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Never

from app.errors import Fault, InvalidInput

DEEPEST = 32
LONGEST_NUMBER = 400
MOST_MEMBERS = 1000
"""Members of one object: far more than any body has, few enough to name each one at fault."""

STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
ONE_KIND = bytes.maketrans(b"{}", b"[]")
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse_json(text: bytes) -> Any:
    """UTF-8 JSON with numbers as exact decimals.

    Raises InvalidInput on repeated members, NaN and Infinity, lone surrogates, NUL, a byte order
    mark, other encodings, nesting deeper than 32, and objects of more than 1000 members.
    """
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError:
        raise _refusal("not_utf8", "The body must be JSON in UTF-8.") from None
    if decoded.startswith("\ufeff"):
        raise _refusal("byte_order_mark", "The body must not begin with a byte order mark.")
    if _is_too_deep(text):
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


def _is_too_deep(text: bytes) -> bool:
    """Whether brackets are nested deeper than allowed; pairs are taken away level by level."""
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return False
    brackets = STRINGS.sub(b"", text).translate(ONE_KIND, NO_BRACKETS)
    for _ in range(DEEPEST):
        if b"[]" not in brackets:
            break
        brackets = brackets.replace(b"[]", b"")
    return b"[]" in brackets or brackets.count(b"[") > DEEPEST


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise _refusal("too_long", f"A number has more than {LONGEST_NUMBER} characters.")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise _refusal("not_finite", "A number's exponent is too large.") from None


def _refuse_constant(name: str) -> Never:
    raise _refusal("not_finite", f"{name} is not JSON: numbers must be finite.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(pairs) > MOST_MEMBERS:
        raise _refusal("too_many", f"An object may have at most {MOST_MEMBERS} members.")
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
