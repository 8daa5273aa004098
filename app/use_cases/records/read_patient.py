"""Read a patient of a clinic, and the level that an estimate is made from."""

from __future__ import annotations

import re
from typing import Final

from app.clinic.measurement import CSF, PNFH, Measurement
from app.clinic.patient import Patient
from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository
from app.errors import NotFound

NO_SUCH_PATIENT: Final = "There is no such patient."
NO_SUCH_MEASUREMENT: Final = "This patient has no such measurement."

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def read_patient(patient_id: str, *, patients: PatientRepository) -> Patient:
    """Give the clinic's patient of this id.

    Raises NotFound in the same words whether another clinic has such a patient or nobody has.
    """
    patient = await patients.find(patient_id) if _UUID.fullmatch(patient_id) else None
    if patient is None:
        raise NotFound(NO_SUCH_PATIENT)
    return patient


async def read_even_deleted(patient_id: str, *, patients: PatientRepository) -> Patient:
    """Give the clinic's patient of this id, deleted or not, or raise NotFound."""
    known = _UUID.fullmatch(patient_id)
    patient = await patients.find_even_deleted(patient_id) if known else None
    if patient is None:
        raise NotFound(NO_SUCH_PATIENT)
    return patient


async def read_measurement(
    patient: Patient, measurement_id: str, *, measurements: MeasurementRepository
) -> Measurement:
    """Give the patient's measurement of this id, or raise NotFound."""
    known = _UUID.fullmatch(measurement_id)
    found = await measurements.find(patient.id, measurement_id) if known else None
    if found is None:
        raise NotFound(NO_SUCH_MEASUREMENT)
    return found


async def latest_pnfh(
    patient: Patient, *, measurements: MeasurementRepository
) -> Measurement | None:
    """Give the CSF pNFH measurement collected last, if there is any.

    Those without a date are the oldest; of equal ones, the one kept last.
    """
    return await measurements.latest(patient.id, PNFH, CSF)
