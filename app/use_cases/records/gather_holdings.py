"""Everything that is held on one patient."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.audit import Event
from app.clinic.kept_estimate import KeptEstimate
from app.clinic.measurement import Measurement
from app.clinic.patient import Patient
from app.db.audit import AuditRepository
from app.db.estimates import EstimateRepository
from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What a clinic holds on one patient, deleted things included, oldest first."""

    versions: list[Patient]
    measurements: list[Measurement]
    estimates: list[KeptEstimate]
    accesses: list[Event]


async def gather_holdings(
    patient: Patient, *, clinic_id: str, connection: AsyncConnection
) -> Holdings:
    """Gather all versions, measurements and estimates of a patient, and who accessed them."""
    patients = PatientRepository(connection, clinic_id)
    return Holdings(
        versions=[
            # The patient was read first: a change meanwhile superseded that very version.
            *(one for one in await patients.versions(patient.id) if one.version < patient.version),
            patient,
        ],
        measurements=await MeasurementRepository(connection, clinic_id).every(patient.id),
        estimates=await EstimateRepository(connection, clinic_id).every(patient.id),
        accesses=await AuditRepository(connection, clinic_id).about(patient.id),
    )
