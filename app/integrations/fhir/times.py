"""FHIR's times: a year, a month, a day or an instant, and in a search a prefix before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple


class Span(NamedTuple):
    """A time as exactly as it was written: from `start` to just before `end`, in UTC."""

    start: datetime
    end: datetime


Bounds = tuple[datetime | None, datetime | None]
BOUNDS: Final[Mapping[str, Callable[[datetime, datetime], Bounds]]] = {
    "eq": lambda start, end: (start, end),
    "ge": lambda start, _: (start, None),
    "gt": lambda _, end: (end, None),
    "sa": lambda _, end: (end, None),
    "le": lambda _, end: (None, end),
    "lt": lambda start, _: (None, start),
    "eb": lambda start, _: (None, start),
}
"""Prefix -> what it asks, of a time from `start` to just before `end`."""

_PREFIXED: Final = re.compile(r"(eq|ge|gt|sa|le|lt|eb)?(.+)", re.ASCII | re.DOTALL)
_TIME: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T.+)?)?)?", re.ASCII)
_INSTANT_STEP: Final = timedelta(microseconds=1)


def read_bounds(written: str) -> Bounds | None:
    """A lower bound, met by what is at it, and an upper one, met by what is before it alone.

    None if this is no time.
    """
    found = _PREFIXED.fullmatch(written)
    span = read_span(found[2].replace(" ", "+")) if found else None
    return BOUNDS[found[1] or "eq"](*span) if found and span else None


def read_span(written: str, zone: tzinfo | None = None) -> Span | None:
    """When a year, a month, a day or an instant begins, and when it is over.

    An instant without a zone is one of `zone`. None if this is no time, or has no zone.
    """
    if _TIME.fullmatch(written) is None:
        return None
    try:
        if "T" in written:
            return _span_of_instant(datetime.fromisoformat(written.upper()), zone)
        first = date.fromisoformat(written + "-01-01"[len(written) - 4 :])
        after = {4: _next_year, 7: _next_month}.get(len(written), _next_day)(first)
    except (ValueError, OverflowError):
        return None
    return Span(_midnight(first), _midnight(after))


def _span_of_instant(at: datetime, zone: tzinfo | None) -> Span | None:
    known = at if at.tzinfo else at.replace(tzinfo=zone)
    if known.tzinfo is None:
        return None
    start = known.astimezone(UTC)
    return Span(start, start + _INSTANT_STEP)


def _next_year(first: date) -> date:
    return first.replace(year=first.year + 1)


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _next_day(first: date) -> date:
    return first + timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
