"""List the patients of a clinic who are meant, page by page, in any order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.clinic.filter import EVERYBODY, Filter
from app.clinic.page import BY_CREATION, CursorSeal, Order, Page, Place, page_of
from app.clinic.patient import Patient
from app.db.patients import PatientRepository
from app.survival.stratum import Range

LIST: Final = "patients"


async def list_patients(
    size: int,
    cursor: str | None,
    *,
    patients: PatientRepository,
    cursor_key: bytes,
    order: Order = BY_CREATION,
    wanted: Filter = EVERYBODY,
    strata: Mapping[str, Range] | None = None,
    name: str = LIST,
) -> Page[Patient]:
    """Give a page of up to `size` patients. Raises InvalidInput if the cursor is not ours.

    `name` is the list's: its cursors serve no other list. `strata` are the ranges of levels that
    a filter's strata stand for.
    """
    seal = CursorSeal(cursor_key, f"{name} {order!r} {wanted.digest}")
    after = None if cursor is None else seal.read(cursor)
    rows = await patients.page(after, size + 1, order, wanted, strata)
    return page_of(rows, size, seal, lambda patient: place_of(patient, order))


def place_of(patient: Patient, order: Order) -> Place:
    """Give a patient's place in a list that is sorted like this."""
    values = tuple(
        getattr(patient if hasattr(patient, by.field) else patient.facts, by.field) for by in order
    )
    return Place(values, patient.id)
