"""What Pydantic finds wrong, in plain words and under stable codes, whichever door it came by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

PLAIN_WORDS: Final = {
    "model_type": ("not_an_object", "This must be a JSON object."),
    "model_attributes_type": ("not_an_object", "This must be a JSON object."),
    "dict_type": ("not_an_object", "This must be a JSON object."),
    "list_type": ("not_a_list", "This must be a JSON list."),
    "string_type": ("not_text", "This must be text."),
    "bool_type": ("not_a_boolean", "This must be true or false."),
    "missing": ("missing", "This is required."),
}
"""Pydantic's words for the commonest faults, in plainer ones without the names of our classes."""


def words_of(found: Mapping[str, Any]) -> tuple[str, str]:
    """Give the code and the words of one of Pydantic's errors. The input is never repeated."""
    kind = str(found["type"])
    return PLAIN_WORDS.get(kind, (kind, _sentence(str(found["msg"]))))


def _sentence(message: str) -> str:
    plain = message.removeprefix("Value error, ").replace("Input should be", "This must be")
    plain = plain.replace(" after validation", "")
    return plain if plain.endswith((".", "?")) else f"{plain}."
