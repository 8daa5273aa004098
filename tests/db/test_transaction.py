"""One request, one transaction, one clinic."""

import asyncio
import gc
import time
import warnings
from io import BytesIO
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

from app.clinic.import_run import Mode, OnDuplicate
from app.db import impatience
from app.db.audit_trail import audit_snapshot
from app.db.clinics import ClinicRepository, clinic
from app.db.engine import open_engine
from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository, patient
from app.db.transaction import LOCK_PATIENCE, clinic_transaction, give_time, transaction
from app.errors import Unavailable
from app.use_cases.audit.act_for_operator import take_turn
from app.use_cases.transfer.export_patients import one_moment
from app.use_cases.transfer.import_patients import import_patients
from app.use_cases.transfer.stage_file import FileStager
from tests.db.rows import NOON, a_clinic, a_measurement, a_patient
from tests.services.postgres import run


async def clinic_names(engine):
    async with transaction(engine, writes=False) as connection:
        return set(await connection.scalars(select(clinic.c.name)))


async def test_what_succeeds_is_kept(engine):
    async with transaction(engine, writes=True) as connection:
        await ClinicRepository(connection).enrol("North")
    assert await clinic_names(engine) == {"North"}


async def test_what_fails_leaves_nothing(engine):
    async def fail():
        async with transaction(engine, writes=True) as connection:
            await ClinicRepository(connection).enrol("North")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await clinic_names(engine) == set()


PAST_LIMITS = f"SELECT format('', {','.join(['1'] * 1_001)})"


@pytest.mark.parametrize("wrong", ["SELECT * FROM no_such_table", PAST_LIMITS])
async def test_a_wrong_statement_is_not_taken_for_an_outage(engine, wrong):
    with pytest.raises(DBAPIError):
        async with transaction(engine, writes=False) as connection:
            await connection.execute(text(wrong))


async def test_many_writers_at_once_all_get_their_turn(engine):
    async def enrol(number):
        async with transaction(engine, writes=True) as connection:
            await ClinicRepository(connection).enrol(f"Clinic {number}")
            await asyncio.sleep(0.001)

    await asyncio.gather(*(enrol(number) for number in range(50)))
    assert len(await clinic_names(engine)) == 50


async def test_the_same_new_clinic_enrolled_by_many_is_one_clinic(engine):
    ids = await asyncio.gather(*(a_clinic(engine, "North") for _ in range(20)))
    assert len(set(ids)) == 1


async def test_a_sqlite_reader_does_not_wait_for_a_writer(sqlite_settings):
    engine = open_engine(sqlite_settings)
    async with transaction(engine, writes=True) as connection:
        await ClinicRepository(connection).enrol("North")
        assert await clinic_names(engine) == set()
    await engine.dispose()


async def test_a_writer_whose_turn_never_comes_is_told_so(sqlite_settings, monkeypatch):
    monkeypatch.setattr("app.db.transaction.BUSY_SECONDS", 0.05)
    engine = open_engine(sqlite_settings)
    async with transaction(engine, writes=True):
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await a_clinic(engine)
        assert time.monotonic() - began < 1  # it queued here, and did not poll SQLite
    await a_clinic(engine)
    await engine.dispose()


async def test_a_writer_locked_out_by_another_process_is_told_so(sqlite_settings, monkeypatch):
    monkeypatch.setattr("app.db.engine.BUSY_SECONDS", 0)
    ours, others = open_engine(sqlite_settings), open_engine(sqlite_settings)
    async with transaction(others, writes=True):
        with pytest.raises(Unavailable):
            await a_clinic(ours)
    await ours.dispose()
    await others.dispose()


@pytest.fixture
async def postgres(postgres_settings):
    engine = open_engine(postgres_settings)
    yield engine
    await engine.dispose()


@pytest.fixture
async def theirs(postgres):
    """Another clinic with a patient and a measurement."""
    clinic_id = await a_clinic(postgres, "South")
    stranger = a_patient()
    async with clinic_transaction(postgres, clinic_id, writes=True) as connection:
        await PatientRepository(connection, clinic_id).add(stranger)
        await MeasurementRepository(connection, clinic_id).add(a_measurement(stranger))
    return clinic_id


@pytest.mark.parametrize("table", ["patient", "measurement"])
async def test_postgresql_hides_other_clinics_rows_from_any_statement(postgres, theirs, table):
    ours = await a_clinic(postgres, "North")
    count = text(f"SELECT count(*) FROM {table}")  # a statement that forgot the clinic
    async with clinic_transaction(postgres, ours, writes=False) as connection:
        assert (await connection.execute(count)).scalar() == 0
    async with transaction(postgres, writes=False) as connection:
        assert (await connection.execute(count)).scalar() == 0
    async with clinic_transaction(postgres, theirs, writes=False) as connection:
        assert (await connection.execute(count)).scalar() == 1


@pytest.mark.parametrize("verb", [insert, update])
async def test_postgresql_refuses_to_write_into_another_clinic(postgres, theirs, verb):
    ours = await a_clinic(postgres, "North")
    row = {"id": str(uuid4()), "identifier": "P-1", "covariates": {}, "version": 1}
    row |= {"created_at": NOON, "updated_at": NOON, "clinic_id": theirs}
    async with clinic_transaction(postgres, ours, writes=True) as connection:
        await PatientRepository(connection, ours).add(a_patient())
        with pytest.raises(ProgrammingError, match="row-level security"):
            await connection.execute(verb(patient).values(row))


async def test_a_pooled_connection_forgets_the_clinic_it_served(postgres, theirs):
    setting = text("SELECT current_setting('neurostrata.clinic_id', true)")
    async with clinic_transaction(postgres, theirs, writes=False) as connection:
        assert (await connection.execute(setting)).scalar() == theirs
    async with transaction(postgres, writes=False) as connection:
        assert not (await connection.execute(setting)).scalar()


KILL_THE_SERVICES = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'neurostrata'
"""


async def test_a_rested_connection_that_has_died_is_replaced_unseen(
    postgres, postgres_url, monkeypatch
):
    monkeypatch.setattr("app.db.engine.RESTED_SECONDS", 0)
    await a_clinic(postgres, "North")
    run(postgres_url, KILL_THE_SERVICES)
    assert await clinic_names(postgres) == {"North"}


async def test_a_busy_connection_that_has_died_is_told_once(postgres, postgres_url, monkeypatch):
    monkeypatch.setattr("app.db.engine.RESTED_SECONDS", 60)
    await a_clinic(postgres, "North")
    run(postgres_url, KILL_THE_SERVICES)
    with pytest.raises(Unavailable):
        await clinic_names(postgres)
    assert await clinic_names(postgres) == {"North"}


async def test_an_ordinary_statement_is_given_up_soon_and_a_long_one_is_not(postgres, monkeypatch):
    clinic_id = await a_clinic(postgres)
    monkeypatch.setattr("app.db.impatience.STATEMENT_SECONDS", 0.5)
    slow = text("SELECT pg_sleep(1.5)")

    async def wait(*, is_long):
        async with clinic_transaction(postgres, clinic_id, writes=True) as connection:
            if is_long:
                give_time(connection)
            await connection.execute(slow)

    await wait(is_long=True)
    with pytest.raises(Unavailable):  # also on a connection that was given time before
        await wait(is_long=False)


async def test_an_ordinary_statement_outlasts_every_lock_it_may_wait_for():
    assert LOCK_PATIENCE == "10s"
    assert impatience.FIRST_ANSWER_SECONDS < 10 < impatience.STATEMENT_SECONDS
    assert impatience.STATEMENT_SECONDS < impatience.LONGEST_STATEMENT_SECONDS


async def test_what_is_known_to_be_long_is_given_time(postgres):
    clinic_id = await a_clinic(postgres)
    async with clinic_transaction(postgres, clinic_id, writes=True) as connection:
        assert not await has_time(connection)
    async with take_turn(postgres, clinic_id, b"k" * 32) as turn:
        assert await has_time(turn.connection)
    async with audit_snapshot(postgres, clinic_id) as trail:
        assert await has_time(trail._connection)
    async with one_moment(postgres, clinic_id) as connection:
        assert await has_time(connection)
    file = FileStager(BytesIO(b"identifier\nP-1\n"), None, 1_000)
    while file.step():
        pass
    rules = {"clinic_id": clinic_id, "moment": NOON, "by": "key:somebody"}
    async with clinic_transaction(postgres, clinic_id, writes=True) as connection:
        kept = (file.staged, Mode.ALL_OR_NOTHING, OnDuplicate.REJECT)
        await import_patients(*kept, connection=connection, **rules)
        assert await has_time(connection)
    file.staged.lines.close()
    file.close()


async def has_time(connection):
    return (await connection.get_raw_connection()).driver_connection.has_time


WITHOUT_WRITING = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
}


async def test_a_connection_that_can_write_nothing_is_told_and_replaced(engine):
    async with engine.connect() as connection:
        await connection.exec_driver_sql(WITHOUT_WRITING[engine.dialect.name])
        await connection.commit()
    with pytest.raises(Unavailable):
        await a_clinic(engine, "North")
    await a_clinic(engine, "South")
    assert await clinic_names(engine) == {"South"}


@pytest.mark.parametrize("is_gone", [True, False])
async def test_only_a_cursor_of_a_living_connection_is_complained_of(postgres_settings, is_gone):
    engine = open_engine(postgres_settings)
    pooled = await engine.raw_connection()
    driver = pooled.driver_connection
    pooled.detach()
    cursor = driver.cursor(name="left")
    await cursor.execute("SELECT generate_series(1, 9)")
    if is_gone:
        driver.pgconn.finish()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        del cursor
        gc.collect()
    complaints = [one for one in told if "deleted while still open" in str(one.message)]
    assert len(complaints) == (0 if is_gone else 1)
    await driver.close()
    await engine.dispose()
