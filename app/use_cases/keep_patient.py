"""Keep a new patient of a clinic."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from app.clinic.patient import Patient, PatientFacts
from app.db.patients import PatientRepository
from app.errors import Conflict, Fault


async def keep_patient(facts: PatientFacts, *, patients: PatientRepository) -> Patient:
    """Keep a patient. Raises Conflict if the clinic has one with this identifier."""
    now = datetime.now(UTC)
    patient = Patient(str(uuid4()), facts, 1, now, now)
    if not await patients.add(patient):
        detail = "Your clinic has a patient with this identifier already."
        raise Conflict(detail, [Fault("/identifier", "identifier_taken", detail)])
    return patient
