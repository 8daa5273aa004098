"""Delete a patient: nobody reads or estimates them any more, but what is held is held."""

from __future__ import annotations

from datetime import datetime

from app.clinic.patient import Patient
from app.db.patients import PatientRepository


async def delete_patient(
    patient: Patient, *, moment: datetime, by: str, patients: PatientRepository
) -> None:
    """Delete a patient, whose identifier is then free. The past stays, until it is erased."""
    await patients.supersede(patient.deleted(moment, by))
