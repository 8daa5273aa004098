"""PostgreSQL itself keeps clinics apart, whoever the service connects as."""

import asyncio
from contextlib import suppress
from random import Random

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from app.db.engine import LOOKS_PAST_POLICIES, SERVICE_ROLE, _options, open_engine
from app.db.measurements import MeasurementRepository
from app.db.metadata import metadata
from app.db.migrations import upgrade
from app.db.patients import PatientRepository
from app.db.transaction import clinic_transaction, transaction
from app.settings import Settings
from tests.db.rows import a_clinic, a_measurement, a_patient
from tests.services.postgres import run

WITHOUT_POLICY = {"api_key", "trusted_client"}
"""Tables that are read to find out which clinic asks. They hold nothing about patients."""

NAMED = {
    table.name for table in metadata.tables.values() if "clinic_id" in table.c
} - WITHOUT_POLICY


@pytest.fixture
async def owners(postgres_settings):
    """Open a database as the owner of its tables, who is no superuser."""
    engine = open_engine(postgres_settings)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="module")
def superusers_settings(postgres_url):
    """Point at a database that a superuser has migrated and uses, as a hasty operator would."""
    name = "used_by_a_superuser"
    run(postgres_url, f"CREATE DATABASE {name}")
    settings = Settings(database_url=make_url(postgres_url).set(database=name).render_as_string())
    upgrade(settings)
    yield settings
    run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def superusers(superusers_settings):
    """Open that database."""
    engine = open_engine(superusers_settings)
    yield engine
    await engine.dispose()


@pytest.fixture
async def two_clinics(superusers):
    """Keep ten patients with a level in each of two clinics; give the clinics' ids."""
    clinics = [await a_clinic(superusers, name) for name in ("North", "South")]
    for clinic_id in clinics:
        async with clinic_transaction(superusers, clinic_id, writes=True) as connection:
            for _ in range(10):
                kept = a_patient()
                await PatientRepository(connection, clinic_id).add(kept)
                await MeasurementRepository(connection, clinic_id).add(a_measurement(kept))
    return clinics


async def clinics_seen(connection, table="patient"):
    """Give the clinics of all rows that a statement without any condition sees."""
    return {str(one) for one in await connection.scalars(text(f"SELECT clinic_id FROM {table}"))}


async def test_every_table_that_names_a_clinic_forces_its_row_policies(owners):
    query = text("""
        SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced,
            array_agg(p.polcmd::text) AS commands,
            bool_and(p.polwithcheck IS NOT NULL) FILTER (WHERE p.polcmd IN ('a', '*')) AS checked,
            bool_and(p.polqual IS NOT NULL) FILTER (WHERE p.polcmd <> 'a') AS limited
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_policy p ON p.polrelid = c.oid
        WHERE c.relkind IN ('r', 'p') AND a.attname = 'clinic_id' AND NOT a.attisdropped
            AND c.relpersistence = 'p'
        GROUP BY c.oid
    """)
    async with owners.connect() as connection:
        found = {row["relname"]: row for row in (await connection.execute(query)).mappings()}
    assert found.keys() - WITHOUT_POLICY == NAMED
    for name in NAMED:
        row = found[name]
        assert row["forced"], name
        assert row["checked"], f"{name}: rows can be added without WITH CHECK"
        assert row["limited"], name
        assert {"*"} <= set(row["commands"]) or {"r", "a"} <= set(row["commands"]), name


async def test_every_policy_names_the_clinic_of_the_transaction(owners):
    query = text(
        "SELECT tablename, coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies"
    )
    async with owners.connect() as connection:
        for table, condition in (await connection.execute(query)).all():
            assert "neurostrata.clinic_id" in condition, table


async def test_kept_estimates_and_the_account_have_no_policy_to_change_them(owners):
    query = text("SELECT tablename, cmd FROM pg_policies WHERE tablename = ANY(:append_only)")
    values = {"append_only": ["estimate", "audit_event"]}
    async with owners.connect() as connection:
        commands = (await connection.execute(query, values)).all()
    assert {table for table, _ in commands} == set(values["append_only"])
    assert {command for _, command in commands} & {"UPDATE", "ALL"} == set()


async def test_who_may_look_past_policies_steps_down_for_each_clinic(superusers, two_clinics):
    who = text("SELECT current_user, (SELECT rolsuper OR rolbypassrls FROM pg_roles"
               " WHERE rolname = current_user)")  # fmt: skip
    north, _ = two_clinics
    async with clinic_transaction(superusers, north, writes=False) as connection:
        raw = await connection.get_raw_connection()
        assert raw.info[LOOKS_PAST_POLICIES] is True
        assert (await connection.execute(who)).one() == (SERVICE_ROLE, False)
    async with transaction(superusers, writes=False) as connection:
        assert (await connection.execute(who)).one()[1] is True  # only for that transaction


@pytest.mark.parametrize("table", ["patient", "measurement"])
async def test_a_superusers_service_sees_one_clinic_at_a_time(superusers, two_clinics, table):
    async with transaction(superusers, writes=False) as connection:
        assert await clinics_seen(connection, table) >= set(two_clinics)  # the control
    for clinic_id in two_clinics:
        async with clinic_transaction(superusers, clinic_id, writes=False) as connection:
            assert await clinics_seen(connection, table) == {clinic_id}


async def test_a_superusers_service_cannot_write_into_another_clinic(superusers, two_clinics):
    north, south = two_clinics
    async with clinic_transaction(superusers, north, writes=True) as connection:
        moved = text("UPDATE patient SET arm = 'x' WHERE clinic_id = :south")
        assert (await connection.execute(moved, {"south": south})).rowcount == 0
    async with clinic_transaction(superusers, north, writes=True) as connection:
        await connection.execute(text("DELETE FROM measurement"))
        theirs = text("UPDATE patient SET clinic_id = :south")
        with pytest.raises(DBAPIError, match="row-level security"):
            await connection.execute(theirs, {"south": south})
    async with clinic_transaction(superusers, north, writes=True) as connection:
        with pytest.raises(DBAPIError, match="row-level security"):
            await PatientRepository(connection, south).add(a_patient())


async def test_the_lesser_role_reaches_every_table(superusers, two_clinics):
    async with clinic_transaction(superusers, two_clinics[0], writes=False) as connection:
        for name in NAMED:
            await clinics_seen(connection, name)


async def test_four_hundred_reads_over_few_connections_see_no_foreign_row(
    superusers_settings, two_clinics, monkeypatch
):
    """Also when requests are cancelled in the midst: no connection keeps a clinic or a role."""
    few = {"pool_size": 3, "max_overflow": 0}
    monkeypatch.setattr("app.db.engine._options", lambda url: _options(url) | few)
    engine, chance, seen = open_engine(superusers_settings), Random(7), []

    async def read(clinic_id):
        async with clinic_transaction(engine, clinic_id, writes=False) as connection:
            await connection.execute(text("SELECT pg_sleep(:s)"), {"s": chance.random() / 200})
            seen.append((clinic_id, await clinics_seen(connection)))

    async def read_or_give_up(number):
        task = asyncio.create_task(read(two_clinics[chance.randrange(2)]))
        if number % 4 == 0:
            await asyncio.sleep(chance.random() / 50)
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    for start in range(0, 400, 40):
        await asyncio.gather(*(read_or_give_up(start + number) for number in range(40)))
    async with engine.connect() as connection:
        left = text(
            "SELECT current_setting('neurostrata.clinic_id', true), current_user = session_user"
        )
        assert (await connection.execute(left)).one() in [("", True), (None, True)]
    await engine.dispose()
    assert {clinic_id: rows for clinic_id, rows in seen if rows != {clinic_id}} == {}
    assert {clinic_id for clinic_id, _ in seen} == set(two_clinics)
    assert 300 <= len(seen) < 400  # a hundred were to be cancelled, and some of them were
