"""Keep a new patient of a clinic."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from app.clinic.patient import Patient, PatientFacts
from app.db.patients import PatientRepository
from app.errors import Conflict, Fault


async def keep_patient(
    facts: PatientFacts, *, moment: datetime, by: str, patients: PatientRepository
) -> Patient:
    """Keep a patient. Raises Conflict if the clinic has one with this identifier."""
    patient = Patient(
        id=str(uuid4()),
        facts=facts,
        version=1,
        created_at=moment,
        updated_at=moment,
        changed_by=by,
        change="created",
    )
    if not await patients.add(patient):
        raise identifier_taken()
    return patient


def identifier_taken() -> Conflict:
    """The conflict of two patients with one identifier."""
    detail = "Your clinic has a patient with this identifier already."
    return Conflict(detail, [Fault("/identifier", "identifier_taken", detail)])
