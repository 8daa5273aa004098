"""Column types that keep a value the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A moment, kept and given back in UTC. One without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any zone into UTC: SQLite keeps no zone."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("An instant needs a time zone.")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment in UTC, whatever the session's zone is."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal number kept as the text it was written with, digit by digit.

    To compare or sum in SQL, cast it to a number first: the column itself sorts as text.
    """

    impl = String(80)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Write the number's own digits: 3.70 stays 3.70."""
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Read the digits back."""
        del dialect
        return None if value is None else Decimal(value)


class Covariates(TypeDecorator[Mapping[str, Decimal | str]]):
    """Names with numbers or texts, kept as JSON text, sorted by name, numbers digit by digit."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self, value: Mapping[str, Decimal | str] | None, dialect: Dialect
    ) -> str | None:
        """Write JSON whose numbers have the digits they came with."""
        del dialect
        if value is None:
            return None
        return orjson.dumps(dict(value), _as_number, orjson.OPT_SORT_KEYS).decode()

    def process_result_value(
        self, value: str | None, dialect: Dialect
    ) -> Mapping[str, Decimal | str] | None:
        """Read the JSON back, every number as an exact decimal."""
        del dialect
        return None if value is None else json.loads(value, parse_float=Decimal, parse_int=Decimal)


def _as_number(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"A covariate is a number or a text, not {type(value).__name__}.")
