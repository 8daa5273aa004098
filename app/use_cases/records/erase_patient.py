"""Erase a patient: every version, measurement, estimate, remembered answer. A tombstone stays."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.erasure import Erasure
from app.clinic.patient import Patient
from app.db.erasures import ErasureRepository
from app.db.estimates import EstimateRepository
from app.db.first_answers import FirstAnswerRepository
from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository


async def erase_patient(
    patient: Patient, *, clinic_id: str, moment: datetime, by: str, connection: AsyncConnection
) -> Erasure:
    """Erase a patient of the clinic, deleted before or not. It cannot be undone.

    The audit chain keeps that there was a patient of this id, and who did what with the record:
    never a value of theirs. The key of the request that made them stays for its time, spent.
    """
    repositories = (
        FirstAnswerRepository,
        EstimateRepository,
        MeasurementRepository,
        PatientRepository,
    )
    for repository in repositories:
        await repository(connection, clinic_id).erase(patient.id)
    done = Erasure(patient_id=patient.id, erased_at=moment, erased_by=by)
    await ErasureRepository(connection, clinic_id).add(done)
    return done
