"""The plain values that bodies are made of: exact numbers, safe text, days and instants."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from time import time
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

EARLIEST: Final = date(1900, 1, 1)
MOST_DIGITS: Final = 30

_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY_SECONDS: Final = 86_400
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{{1,{MOST_DIGITS}}})?(Z|[+-]\d\d:\d\d)", re.ASCII
)
# Controls, format characters (bidi and zero-width among them), surrogates, private use and
# unassigned code points, line and paragraph separators.
_UNSAFE: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Between:
    """Marks an exact number within bounds, both of them allowed; `whole` asks for an integer.

    Only JSON numbers count: no text and no true or false. Not one digit is changed. `digits`
    bounds how many there may be.
    """

    lower: int | None = None
    upper: int | None = None
    whole: bool = False
    digits: int | None = MOST_DIGITS

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check the number as a Decimal; a whole one becomes an int."""
        del source, handler
        if self.whole:
            integer = core_schema.int_schema(ge=self.lower, le=self.upper)
            return core_schema.no_info_before_validator_function(_read_whole, integer)
        number = core_schema.decimal_schema(
            ge=None if self.lower is None else Decimal(self.lower),
            le=None if self.upper is None else Decimal(self.upper),
            max_digits=self.digits,
        )
        return core_schema.no_info_before_validator_function(_read_number, number)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: object) -> dict[str, Any]:
        """Describe it as the JSON number it is."""
        del schema, handler
        bounds = {"minimum": self.lower, "maximum": self.upper}
        known = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"type": "integer" if self.whole else "number", **known}


def as_stated(model: type[BaseModel], name: str) -> Any:
    """Describe a field of an answer as the request describes it."""
    field = model.model_fields[name]
    return Field(description=field.description, examples=field.examples)


def latest_day() -> date:
    """The last day that does not lie in the future: somewhere on Earth it is already tomorrow."""
    return date.fromordinal(_EPOCH + int(time() // _DAY_SECONDS) + 1)


def is_safe(text: str) -> bool:
    """Whether the text has only characters that are seen, or a space."""
    return not any(unicodedata.category(character) in _UNSAFE for character in text)


def read_instant(value: object) -> datetime:
    """An instant with its zone (RFC 3339), in UTC, to the microsecond.

    Systems of others write nanoseconds and more: what is finer is cut off, never rounded up into
    the next day. Raises PydanticCustomError.
    """
    written = value.upper() if isinstance(value, str) else ""
    try:
        return datetime.fromisoformat(_shaped(written, _INSTANT)).astimezone(UTC)
    except (ValueError, OverflowError):
        detail = "This must be an instant with its zone: YYYY-MM-DDTHH:MM:SSZ, or +01:00 for Z."
        raise PydanticCustomError("not_an_instant", detail) from None


def _read_number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise PydanticCustomError("not_a_number", "This must be a JSON number.")
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise PydanticCustomError("not_finite", "This must be a finite number.")
    return exact or exact.copy_abs()  # there is no minus zero


def _read_whole(value: object) -> int:
    number = _read_number(value)
    if number.adjusted() > MOST_DIGITS or number != number.to_integral_value():
        raise PydanticCustomError("not_whole", "This must be a whole number.")
    return int(number)


def _read_day(value: object) -> date:
    try:
        day = date.fromisoformat(_shaped(value, _DAY))
    except ValueError:
        detail = "This must be a date of the calendar: YYYY-MM-DD."
        raise PydanticCustomError("not_a_date", detail) from None
    return _plausible(day)


def _read_day_or_instant(value: object) -> date | datetime:
    if not isinstance(value, str) or len(value) <= len("YYYY-MM-DD"):
        return _read_day(value)
    instant = read_instant(value)
    _plausible(instant.date())
    return instant


def _shaped(value: object, shape: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and shape.fullmatch(value) else ""


def _plausible(day: date) -> date:
    if day < EARLIEST:
        raise PydanticCustomError("date_too_early", "Dates before 1900 are not plausible here.")
    if day > latest_day():
        raise PydanticCustomError("date_in_the_future", "This date lies in the future.")
    return day


def _clean(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("empty_text", "This text is empty: leave the field out instead.")
    if not is_safe(text):
        detail = "The text has control, invisible or unassigned characters."
        raise PydanticCustomError("unsafe_text", detail)
    return unicodedata.normalize("NFC", text)


SAFE: Final = AfterValidator(_clean)
"""Marks text that is seen as it is, in Unicode's NFC. Say first how long it may be."""

Day = Annotated[
    date, PlainValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})
]
"""A day, from 1900 to now, as YYYY-MM-DD."""

DayOrInstant = Annotated[
    date | datetime,
    PlainValidator(_read_day_or_instant),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date"},
                {"type": "string", "format": "date-time"},
            ]
        }
    ),
]
"""A day, or an instant with its zone (RFC 3339); instants become UTC."""
