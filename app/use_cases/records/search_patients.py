"""Search the patients of a clinic by what is known of them."""

from __future__ import annotations

from typing import Final

from app.clinic.filter import Filter
from app.clinic.page import Order, Page
from app.clinic.patient import Patient
from app.db.patients import PatientRepository
from app.evidence.library import Library
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.use_cases.records.list_patients import list_patients

SEARCH: Final = "search of patients"


async def search_patients(
    wanted: Filter,
    order: Order,
    size: int,
    cursor: str | None,
    *,
    patients: PatientRepository,
    cursor_key: bytes,
    library: Library,
) -> Page[Patient]:
    """Give a page of the patients who are wanted. Raises InvalidInput if the cursor is not ours.

    A stratum is one of the default evidence.
    """
    study = library.studies[DEFAULT_EVIDENCE]
    return await list_patients(
        size,
        cursor,
        patients=patients,
        cursor_key=cursor_key,
        order=order,
        wanted=wanted,
        strata=study.ranges_by_id,
        name=SEARCH,
    )
