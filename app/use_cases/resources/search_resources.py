"""Search a clinic's records across its patients, page by page.

Where a page ends and what was searched for are sealed into its cursor together: the link to the
next page has nothing in it that is known of a patient.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.kept_estimate import KeptEstimate
from app.clinic.measurement import Measurement
from app.clinic.page import BY_CREATION, CursorSeal, Kept, Order, Place, creation_of
from app.clinic.patient import Patient
from app.clinic.sought import Sought
from app.db.across_patients import AcrossPatients
from app.db.patients import PatientRepository
from app.errors import Fault, InvalidInput, NotFound
from app.integrations.fhir.search import Search, read_search
from app.use_cases.records.list_patients import place_of

LONGEST_SEARCH: Final = 400
"""Characters of a search that a cursor can carry."""

NO_SUCH_LEVEL: Final = "There is no such measurement."

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Row = TypeVar("Row", bound=Kept)
Pairs = Sequence[tuple[str, str]]
FindRows = Callable[[Place | None, int], Awaitable[Sequence[Row]]]
Count = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """A page of what was found, the cursor that goes on after it, and how many there are in all.

    That is known where one page holds everything, or where it was asked for: counting the rest
    costs more than it says.
    """

    items: tuple[Row, ...]
    next_cursor: str | None
    total: int | None


class SearchedFor:
    """A search for a kind of resource, as it was asked or as its cursor says."""

    def __init__(self, kind: str, pairs: Pairs, cursor_key: bytes) -> None:
        """Read the search. Raises InvalidInput with every fault."""
        self._seal = CursorSeal(cursor_key, f"fhir {kind}")
        self._asked: Pairs = [pair for pair in pairs if pair[0] != "_format"]
        self.after: Place | None = None
        cursors = [value for name, value in self._asked if name == "_cursor"]
        if cursors:
            self._go_on(cursors[0])
        self.search: Search = read_search(kind, self._asked)

    async def find(
        self, rows: FindRows[Row], count: Count, place: Callable[[Row], Place] = creation_of
    ) -> Found[Row]:
        """Find a page, and how many there are in all if that is asked."""
        size = self.search.size
        total = await count() if self.search.counts or size == 0 else None
        found = await rows(self.after, size + 1) if size else []
        items, goes_on = tuple(found[:size]), len(found) > size
        if total is None and self.after is None and not goes_on:
            total = len(items)
        return Found(items, self._cursor(place(items[-1])) if goes_on else None, total)

    def _cursor(self, last: Place) -> str:
        written = urlencode(self._asked)
        if len(written) > LONGEST_SEARCH:
            detail = "This search is too long to be continued: ask for fewer at once."
            raise InvalidInput([Fault("", "too_long", detail)])
        return self._seal.write(Place((written, *last.values), last.id))

    def _go_on(self, cursor: str) -> None:
        if len(self._asked) > 1:
            detail = "A cursor holds the whole search: send nothing else with it."
            raise InvalidInput([Fault("/_cursor", "invalid_cursor", detail)])
        try:
            place = self._seal.read(cursor)
        except InvalidInput as error:
            detail = "The cursor is not one of this search's. Follow the link as it was answered."
            raise InvalidInput([Fault("/_cursor", "invalid_cursor", detail)]) from error
        self._asked = parse_qsl(str(place.values[0]), keep_blank_values=True)
        self.after = Place(place.values[1:], place.id)


async def find_patients(
    pairs: Pairs, *, patients: PatientRepository, cursor_key: bytes
) -> Found[Patient]:
    """Find patients. Raises InvalidInput with every parameter that cannot be read."""
    asked = SearchedFor("Patient", pairs, cursor_key)
    wanted, order = asked.search.wanted, asked.search.order
    return await asked.find(
        lambda after, size: patients.page(after, size, order, wanted),
        lambda: patients.count(wanted),
        lambda patient: place_of(patient, order),
    )


async def find_levels(
    pairs: Pairs, *, across: AcrossPatients, cursor_key: bytes
) -> Found[Measurement]:
    """Find levels. Raises InvalidInput with every parameter that cannot be read."""
    asked = SearchedFor("Observation", pairs, cursor_key)
    sought, order = asked.search.sought, asked.search.order
    return await asked.find(
        lambda after, size: across.levels(sought, order, after, size),
        lambda: across.count_levels(sought),
        lambda level: _place_of_level(level, order),
    )


async def find_estimates(
    pairs: Pairs, *, across: AcrossPatients, cursor_key: bytes
) -> Found[KeptEstimate]:
    """Find kept estimates. Raises InvalidInput with every parameter that cannot be read."""
    asked = SearchedFor("RiskAssessment", pairs, cursor_key)
    sought = asked.search.sought
    return await asked.find(
        lambda after, size: across.estimates(sought, after, size),
        lambda: across.count_estimates(sought),
    )


def _place_of_level(level: Measurement, order: Order) -> Place:
    facts = {"collected_date": level.facts.collected_date, "created_at": level.created_at}
    return Place(tuple(facts[by.field] for by in order), level.id)


def across_of(connection: AsyncConnection, clinic_id: str) -> AcrossPatients:
    """Give what a clinic keeps, whoever it is about."""
    return AcrossPatients(connection, clinic_id)


async def read_level_anywhere(level_id: str, *, across: AcrossPatients) -> Measurement:
    """Give the clinic's level of this id, whoever it is of.

    Raises NotFound in the same words whether another clinic has it, nobody has, or it or its
    patient was deleted.
    """
    sought = Sought(ids=frozenset({level_id} if _UUID.fullmatch(level_id) else ()))
    found = await across.levels(sought, BY_CREATION, None, 1)
    if not found:
        raise NotFound(NO_SUCH_LEVEL)
    return found[0]
