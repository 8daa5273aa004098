"""Search a clinic's records across its patients, page by page.

Where a page ends and what was searched for are sealed into its cursor together: the link to the
next page has nothing in it that is known of a patient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """A page of what was found, and the cursor that goes on after it."""

    items: tuple[Row, ...]
    next_cursor: str | None
    is_first: bool


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

    def page(self, rows: Sequence[Row], place: Callable[[Row], Place] = creation_of) -> Found[Row]:
        """Make a page; one row more than its size says that the search goes on."""
        size, first = self.search.size, self.after is None
        items = tuple(rows[:size])
        if len(rows) <= size:
            return Found(items, None, first)
        written = urlencode(self._asked)
        if len(written) > LONGEST_SEARCH:
            detail = "This search is too long to be continued: ask for fewer at once."
            raise InvalidInput([Fault("", "too_long", detail)])
        at = place(items[-1])
        return Found(items, self._seal.write(Place((written, *at.values), at.id)), first)

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
    search = asked.search
    rows = await patients.page(asked.after, search.size + 1, search.order, search.wanted)
    return asked.page(rows, lambda patient: place_of(patient, search.order))


async def find_levels(
    pairs: Pairs, *, across: AcrossPatients, cursor_key: bytes
) -> Found[Measurement]:
    """Find levels. Raises InvalidInput with every parameter that cannot be read."""
    asked = SearchedFor("Observation", pairs, cursor_key)
    search = asked.search
    rows = await across.levels(search.sought, search.order, asked.after, search.size + 1)
    return asked.page(rows, lambda level: _place_of_level(level, search.order))


async def find_estimates(
    pairs: Pairs, *, across: AcrossPatients, cursor_key: bytes
) -> Found[KeptEstimate]:
    """Find kept estimates. Raises InvalidInput with every parameter that cannot be read."""
    asked = SearchedFor("RiskAssessment", pairs, cursor_key)
    rows = await across.estimates(asked.search.sought, asked.after, asked.search.size + 1)
    return asked.page(rows)


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
