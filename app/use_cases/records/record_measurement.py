"""Record a level that was measured in a patient."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from app.clinic.measurement import Measurement, MeasurementFacts, biomarker_faults
from app.clinic.patient import Patient
from app.db.measurements import MeasurementRepository
from app.errors import InvalidInput
from app.survival.level import parse_level


async def record_measurement(
    patient: Patient,
    facts: MeasurementFacts,
    *,
    moment: datetime,
    measurements: MeasurementRepository,
) -> Measurement:
    """Record a measurement. Raises InvalidInput if no estimate could ever be made from it."""
    check_measurement(facts)
    measurement = Measurement(
        id=str(uuid4()), patient_id=patient.id, facts=facts, created_at=moment
    )
    await measurements.add(measurement)
    return measurement


def check_measurement(facts: MeasurementFacts) -> None:
    """Refuse what an estimate would refuse, with every fault at once."""
    faults = biomarker_faults(facts.biomarker)
    try:
        parse_level(facts.value, facts.unit, facts.comparator, facts.specimen)
    except InvalidInput as error:
        faults += error.faults
    if faults:
        raise InvalidInput(faults)
