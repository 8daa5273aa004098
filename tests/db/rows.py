"""Rows to test with. A test states only what matters to it."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from app.clinic.measurement import Measurement, MeasurementFacts
from app.clinic.patient import Patient, PatientFacts
from app.db.clinics import ClinicRepository
from app.db.transaction import transaction

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_patient(identifier=None, *, created_at=NOON, **facts):
    stated = PatientFacts(identifier=identifier or f"P-{uuid4().hex[:12]}", **facts)
    return Patient(
        id=str(uuid4()),
        facts=stated,
        version=1,
        created_at=created_at,
        updated_at=created_at,
        changed_by="key:somebody",
        change="created",
    )


def a_measurement(patient, value="1500", *, created_at=NOON, **facts):
    stated = {"biomarker": "pnfh", "unit": "pg/mL", "specimen": "csf"} | facts
    facts = MeasurementFacts(value=Decimal(value), **stated)
    return Measurement(id=str(uuid4()), patient_id=patient.id, facts=facts, created_at=created_at)


async def a_clinic(engine, name="North"):
    async with transaction(engine, writes=True) as connection:
        return await ClinicRepository(connection).enrol(name)
