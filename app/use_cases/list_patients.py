"""List the patients of a clinic, page by page, in order of creation."""

from __future__ import annotations

from app.clinic.page import CursorSeal, Page, page_of
from app.clinic.patient import Patient
from app.db.patients import PatientRepository


async def list_patients(
    size: int, cursor: str | None, *, patients: PatientRepository, cursor_key: bytes
) -> Page[Patient]:
    """Give a page of up to `size` patients. Raises InvalidInput if the cursor is not ours."""
    seal = CursorSeal(cursor_key, "patients")
    after = None if cursor is None else seal.read(cursor)
    return page_of(await patients.page(after, size + 1), size, seal)
