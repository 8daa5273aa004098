"""Change a patient: other facts, in a further version. The one before can still be read."""

from __future__ import annotations

from datetime import datetime

from app.clinic.patient import Patient, PatientFacts
from app.db.patients import PatientRepository
from app.use_cases.records.keep_patient import identifier_taken


async def change_patient(
    patient: Patient,
    facts: PatientFacts,
    *,
    moment: datetime,
    by: str,
    patients: PatientRepository,
) -> Patient:
    """Give the patient these facts, all of them. The same facts again make no new version.

    Raises Conflict if another patient of the clinic has the identifier.
    """
    if facts == patient.facts:
        return patient
    renamed = facts.identifier != patient.facts.identifier
    if renamed and await patients.has_identifier(facts.identifier):
        raise identifier_taken()
    changed = patient.changed(facts, moment, by)
    await patients.supersede(changed)
    return changed
