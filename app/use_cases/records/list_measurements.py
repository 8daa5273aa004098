"""List the measurements of a patient, page by page, in order of creation."""

from __future__ import annotations

from app.clinic.measurement import Measurement
from app.clinic.page import CursorSeal, Page, page_of
from app.clinic.patient import Patient
from app.db.measurements import MeasurementRepository


async def list_measurements(
    patient: Patient,
    size: int,
    cursor: str | None,
    *,
    measurements: MeasurementRepository,
    cursor_key: bytes,
) -> Page[Measurement]:
    """Give a page of up to `size` measurements. Raises InvalidInput if the cursor is not ours."""
    seal = CursorSeal(cursor_key, f"measurements of {patient.id}")
    after = None if cursor is None else seal.read(cursor)
    return page_of(await measurements.page(patient.id, after, size + 1), size, seal)
