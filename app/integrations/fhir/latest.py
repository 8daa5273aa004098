"""Which of a patient's results is the latest, and whether another of the same time contradicts it.

Judged before anything is read, so that a result that cannot be read is not passed over for an
older one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from app.clinic.measurement import MeasurementFacts
from app.errors import Fault, InvalidInput
from app.integrations.fhir.element import Element
from app.integrations.fhir.levels import collected_of, value_of
from app.integrations.fhir.times import Span, read_span
from app.survival.level import parse_level

NOT_LOOKED_AT: Final = frozenset(
    {"registered", "preliminary", "cancelled", "entered-in-error", "unknown"}
)
"""Statuses of R4 of a result that does not stand. One that R4 has not is looked at, and refused."""

DRAFTS: Final = frozenset({"registered", "preliminary"})
"""Those among them of a result that may come to stand."""

UNDATED: Final = Span(datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))
UNREADABLE: Final = Span(datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
"""Newer than all others, so that it is looked at."""


def is_result(observation: Element) -> bool:
    """Whether an Observation stands and says something: others are not looked at."""
    is_out = observation["status"].text in NOT_LOOKED_AT
    return not is_out and value_of(observation) is not None


def newest_first(observations: Iterable[Element]) -> list[Element]:
    """In the order of collection, undated ones last; of those at the same time, as they came."""
    return sorted(observations, key=lambda one: span_of(one).start, reverse=True)


def read_latest(
    observations: Sequence[Element], read: Callable[[Element], MeasurementFacts]
) -> tuple[Element, MeasurementFacts]:
    """Read the latest of some results, of which there must be one.

    Raises InvalidInput with its faults; and with those of any other that may be of the same time,
    which is refused too if it is another level: to choose one of the two would be to guess.
    """
    chosen, *older = newest_first(observations)
    level = read(chosen)
    for other in older:
        if _may_be_as_new(span_of(other), span_of(chosen)) and not _agree(read(other), level):
            raise InvalidInput([_contradiction(other)])
    return chosen, level


def has_newer_draft(chosen: Element, observations: Iterable[Element]) -> bool:
    """Whether there is a newer result that is not final yet, of which a reader should know."""
    after = span_of(chosen).start
    drafts = (one for one in observations if one["status"].text in DRAFTS)
    return any(span_of(one).start > after for one in drafts)


def span_of(observation: Element) -> Span:
    """When the sample was taken; a day without a zone is one of UTC."""
    written = collected_of(observation)
    if written is None:
        return UNDATED
    return _span(written) if isinstance(written, str) else UNREADABLE


@lru_cache(maxsize=1024)
def _span(written: str) -> Span:
    # Asked several times for one call: to sort, to choose, and to compare.
    return read_span(written, zone=UTC) or UNREADABLE


def _may_be_as_new(other: Span, chosen: Span) -> bool:
    """Whether an older one, by its start, may be of the same time or newer."""
    return other.start == chosen.start or other.end > chosen.start


def _agree(one: MeasurementFacts, other: MeasurementFacts) -> bool:
    levels = [parse_level(it.value, it.unit, it.comparator) for it in (one, other)]
    first, second = ((level.value, level.comparator) for level in levels)
    return first == second


def _contradiction(other: Element) -> Fault:
    detail = (
        "Another result of the same time has another level, and which is meant cannot be told: "
        "correct or withdraw one, or write the times at which they were taken."
    )
    return other["valueQuantity"].fault("contradiction", detail)
