"""Read an estimate that a clinic has kept."""

from __future__ import annotations

import re
from typing import Final

from app.clinic.kept_estimate import KeptEstimate
from app.db.estimates import EstimateRepository
from app.db.patients import PatientRepository
from app.errors import NotFound

NO_SUCH_ESTIMATE: Final = "There is no such estimate."

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def read_estimate(
    estimate_id: str, *, estimates: EstimateRepository, patients: PatientRepository
) -> KeptEstimate:
    """Give the clinic's estimate of this id.

    Raises NotFound in the same words whether another clinic has it, nobody has, or the patient
    was deleted: what is kept of a deleted patient is in the export alone.
    """
    known = _UUID.fullmatch(estimate_id)
    kept = await estimates.find(estimate_id) if known else None
    if kept is None or await patients.find(kept.patient_id) is None:
        raise NotFound(NO_SUCH_ESTIMATE)
    return kept
