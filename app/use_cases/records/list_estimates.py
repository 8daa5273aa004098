"""List the kept estimates of a patient, page by page, in order of creation."""

from __future__ import annotations

from app.clinic.kept_estimate import KeptEstimate
from app.clinic.page import CursorSeal, Page, page_of
from app.clinic.patient import Patient
from app.db.estimates import EstimateRepository


async def list_estimates(
    patient: Patient,
    size: int,
    cursor: str | None,
    *,
    estimates: EstimateRepository,
    cursor_key: bytes,
) -> Page[KeptEstimate]:
    """Give a page of up to `size` estimates. Raises InvalidInput if the cursor is not ours."""
    seal = CursorSeal(cursor_key, f"estimates of {patient.id}")
    after = None if cursor is None else seal.read(cursor)
    return page_of(await estimates.page(patient.id, after, size + 1), size, seal)
