"""Patients in the database."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from app.clinic.filter import EVERYBODY
from app.clinic.page import Place
from app.clinic.patient import PatientFacts
from app.db.engine import open_engine
from app.db.measurements import MeasurementRepository, measurement
from app.db.patients import PatientRepository, patient
from app.db.transaction import clinic_transaction
from tests.db.rows import NOON, a_clinic, a_measurement, a_patient

EVERYTHING = {
    "sex": "female",
    "birth_year": 1961,
    "age_at_baseline": Decimal("62.50"),
    "onset_date": date(2023, 3, 1),
    "onset_site": "bulbar",
    "diagnosis_date": date(2023, 11, 20),
    "el_escorial": "probable_lab",
    "riluzole_start": date(2023, 12, 1),
    "alsfrs_r": 38,
    "svc_percent": Decimal("91.0000000000000000001"),
    "c9orf72": False,
    "ftd": True,
    "arm": "il2ld",
    "baseline_date": date(2024, 1, 15),
    "entry_days": Decimal(0),
    "follow_up_date": date(2025, 6, 30),
    "follow_up_days": Decimal("532.0"),
    "vital_status": "dead",
    "event_type": "tracheostomy",
    "covariates": {"n": Decimal("3.10"), "whole": Decimal(3), "word": "3", "ü": "é"},
}


@asynccontextmanager
async def patients(engine, clinic_id):
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        yield PatientRepository(connection, clinic_id)


async def test_every_fact_comes_back_digit_by_digit(engine):
    assert EVERYTHING.keys() | {"identifier"} == {field.name for field in fields(PatientFacts)}
    kept = a_patient(**EVERYTHING)
    clinic_id = await a_clinic(engine)
    async with patients(engine, clinic_id) as ours:
        await ours.add(kept)
    async with patients(engine, clinic_id) as ours:
        found = await ours.find(kept.id)
    assert found == kept
    assert repr(found) == repr(kept)  # == takes 62.5 for 62.50


async def test_an_instant_comes_back_in_utc(engine):
    paris = datetime(2026, 3, 1, 13, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    kept = a_patient(created_at=paris)
    clinic_id = await a_clinic(engine)
    async with patients(engine, clinic_id) as ours:
        await ours.add(kept)
        found = await ours.find(kept.id)
    assert found.created_at == paris
    assert found.created_at.tzinfo is UTC


async def test_a_second_patient_of_the_same_identifier_is_not_added(engine):
    clinic_id = await a_clinic(engine)
    async with patients(engine, clinic_id) as ours:
        assert await ours.add(a_patient("P-1"))
        assert not await ours.add(a_patient("P-1"))
        assert len(await ours.page(None, 10)) == 1


async def test_two_at_once_with_the_same_identifier_are_one_patient(engine):
    clinic_id = await a_clinic(engine)

    async def add():
        async with patients(engine, clinic_id) as ours:
            return await ours.add(a_patient("P-1"))

    assert sorted(await asyncio.gather(*(add() for _ in range(10)))) == [False] * 9 + [True]


async def test_two_clinics_may_use_the_same_identifier(engine):
    for name in ("North", "South"):
        async with patients(engine, await a_clinic(engine, name)) as theirs:
            assert await theirs.add(a_patient("P-1"))


async def test_another_clinic_finds_nothing(engine):
    kept = a_patient()
    north, south = await a_clinic(engine, "North"), await a_clinic(engine, "South")
    async with patients(engine, north) as ours:
        await ours.add(kept)
    async with patients(engine, south) as others:
        assert await others.find(kept.id) is None
        assert await others.page(None, 10) == []


async def test_pages_go_through_all_patients_in_order_of_creation(engine):
    clinic_id = await a_clinic(engine)
    # Seven at each of three moments: the id decides between equals.
    new = [a_patient(created_at=NOON + timedelta(microseconds=i % 3)) for i in range(21)]
    async with patients(engine, clinic_id) as ours:
        for one in new:
            await ours.add(one)
        seen, place = [], None
        while rows := await ours.page(place, 4):
            seen += rows
            place = Place((rows[-1].created_at,), rows[-1].id)
    assert seen == sorted(new, key=lambda one: (one.created_at, one.id))


async def test_every_statement_of_a_repository_names_the_clinic(sqlite_settings):
    engine = open_engine(sqlite_settings)
    clinic_id, kept, statements = await a_clinic(engine), a_patient(), []
    of_clinic = clinic_id.replace("-", "")

    def note(connection, cursor, statement, parameters, *_):
        statements.append((statement.split()[0], of_clinic in parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        ours = PatientRepository(connection, clinic_id)
        levels = MeasurementRepository(connection, clinic_id)
        level = a_measurement(kept)
        await ours.add(kept)
        await ours.find(kept.id)
        await ours.page(None, 5)
        await ours.page(Place((NOON,), kept.id), 5)
        await ours.count(EVERYBODY)
        await levels.add(level)
        await levels.find(kept.id, level.id)
        await levels.page(kept.id, None, 5)
        await levels.latest(kept.id, "pnfh", "csf")
        await levels.every(kept.id)
        await levels.delete(level, NOON)
        await ours.find_even_deleted(kept.id)
        await ours.of_identifier("P-1")
        await ours.has_identifier("P-1")
        await ours.versions(kept.id)
        await ours.supersede(kept.deleted(NOON, "key:somebody"))
        await levels.erase(kept.id)
        await ours.erase(kept.id)
    await engine.dispose()
    asked = [(kind, named) for kind, named in statements if kind != "BEGIN"]
    public = [n for r in (PatientRepository, MeasurementRepository) for n in vars(r) if n[0] != "_"]
    # `page` twice; `supersede` and the patients' `erase` each with a second statement.
    assert len(asked) == len(public) + 1 + 2
    assert all(named for _, named in asked)


@pytest.mark.parametrize("change", ["alsfrs_r = 49", "version = 0", "identifier = NULL"])
async def test_the_database_itself_refuses_nonsense(engine, change):
    clinic_id = await a_clinic(engine)
    async with patients(engine, clinic_id) as ours:
        await ours.add(a_patient())
    with pytest.raises(IntegrityError):
        async with clinic_transaction(engine, clinic_id, writes=True) as connection:
            await connection.execute(text(f"UPDATE patient SET {change}"))


async def test_a_measurement_cannot_hang_on_another_clinics_patient(engine):
    north, south = await a_clinic(engine, "North"), await a_clinic(engine, "South")
    kept = a_patient()
    async with patients(engine, north) as ours:
        await ours.add(kept)
    with pytest.raises(IntegrityError):
        async with clinic_transaction(engine, south, writes=True) as connection:
            await MeasurementRepository(connection, south).add(a_measurement(kept))


async def test_every_table_of_patients_has_its_clinic_in_its_primary_key(engine):
    for table in (patient, measurement):
        assert "clinic_id" in table.primary_key.columns
    unknown = str(uuid4())
    with pytest.raises(IntegrityError):
        async with patients(engine, unknown) as nobodys:
            await nobodys.add(a_patient())
