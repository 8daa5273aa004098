"""Read the versions of a patient, page by page, the first one first."""

from __future__ import annotations

from app.clinic.page import CursorSeal, Page, Place, page_of
from app.clinic.patient import Patient
from app.db.patients import PatientRepository


async def read_history(
    patient: Patient,
    size: int,
    cursor: str | None,
    *,
    patients: PatientRepository,
    cursor_key: bytes,
) -> Page[Patient]:
    """Give a page of up to `size` versions. Raises InvalidInput if the cursor is not ours."""
    seal = CursorSeal(cursor_key, f"history of {patient.id}")
    after = 0 if cursor is None else _version(seal.read(cursor))
    past = await patients.versions(patient.id, after, size + 1)
    # Who changed the patient after we read them may have made this very version a past one.
    versions = [one for one in past if one.version < patient.version]
    if patient.version > after:
        versions.append(patient)
    return page_of(versions, size, seal, lambda one: Place((one.version,), one.id))


def _version(place: Place) -> int:
    (version,) = place.values
    return int(str(version))
