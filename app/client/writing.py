"""What is sent: JSON whose numbers have the very digits they were given with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel

from app.client.errors import Misused

JSON: Final = {"content-type": "application/json"}


def write_json(value: Any) -> bytes:
    """Write JSON. A Decimal is written digit for digit, of a model only what was stated.

    Raises Misused on what is no JSON, such as NaN.
    """
    try:
        return _written(value).encode()
    except RecursionError:
        raise Misused("This cannot be sent as JSON: it holds itself, or is too deep.") from None


def _written(value: Any) -> str:
    if isinstance(value, BaseModel):
        return _written(value.model_dump(exclude_unset=True, by_alias=True))
    if isinstance(value, Mapping):
        members = (f"{json.dumps(str(name))}:{_written(inner)}" for name, inner in value.items())
        return f"{{{','.join(members)}}}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return f"[{','.join(map(_written, value))}]"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, date | datetime):
        return json.dumps(value.isoformat())
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise Misused(f"This cannot be sent as JSON: a {type(value).__name__}.") from None


def write_query(**parameters: Any) -> dict[str, str]:
    """Write query parameters; what is None is left out."""
    return {name: _word(value) for name, value in parameters.items() if value is not None}


def write_path(*steps: str) -> str:
    """Write a path of steps that may hold anything. Raises Misused on those that lead elsewhere."""
    if set(steps) & {"", ".", ".."}:
        raise Misused("An id is missing, or is none.")
    try:
        return "".join(f"/{quote(step, safe='')}" for step in steps)
    except UnicodeEncodeError:
        raise Misused("An id must be whole Unicode characters.") from None


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(_word, value))
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
