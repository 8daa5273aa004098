"""The audit chain in the database: one writer a clinic, and whatever is changed is found."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, insert, literal, select, update
from sqlalchemy.exc import DBAPIError

from app.db.audit import AuditRepository, audit_chain, audit_event, event_of
from app.db.audit_trail import AT_ONCE, AuditTrail, EventFilter, audit_snapshot
from app.db.patients import PatientRepository
from app.db.transaction import clinic_transaction
from app.errors import Conflict, Unavailable
from app.use_cases.audit.resume_chain import RESUMED, resume_chain
from tests.db.chains import (
    KEY,
    RECORD,
    a_deed,
    account,
    faults,
    now,
    of,
    of_head,
    restamped,
    verify,
)
from tests.db.rows import a_clinic, a_patient

OTHER_KEY = b"o" * 32
CHANGES = {
    "at": now() - timedelta(days=1), "principal": "key:2", "role": "admin", "action": "erase",
    "patient_id": RECORD, "record_id": None, "request_id": "r-2", "status": 403, "count": 4,
    "digest": "0" * 64,
}  # fmt: skip
HEAD_CHANGES = {
    "first_sequence": 2, "last_sequence": 4, "base_digest": "1" * 64, "digest": "0" * 64,
    "last_at": now() - timedelta(days=1), "seal": "0" * 64,
}  # fmt: skip


@pytest.fixture
async def clinic(engine):
    """Give a clinic with five events, and one beside it with two."""
    north, south = await a_clinic(engine), await a_clinic(engine, "South")
    for _ in range(5):
        await account(engine, north, a_deed())
    await account(engine, south, a_deed(), a_deed())
    return north


async def read_events(engine, clinic):
    async with audit_snapshot(engine, clinic) as trail:
        return [event async for event in trail.events()]


def test_every_column_of_an_event_and_of_a_head_is_changed_by_a_test():
    assert {*CHANGES, "clinic_id", "sequence"} == set(audit_event.c.keys())
    # The version of the cohort is no part of the account: nothing is proved with it.
    assert {*HEAD_CHANGES, "clinic_id", "changed_digest"} == set(audit_chain.c.keys())


async def test_events_come_back_as_they_were_sealed(engine, clinic):
    report = await verify(engine, clinic)
    assert report.is_valid
    assert (report.first_sequence, report.last_sequence, report.events) == (1, 5, 5)
    assert (await read_events(engine, clinic))[0].deed == a_deed()


async def test_a_chain_longer_than_is_held_at_once_is_valid(engine):
    clinic = await a_clinic(engine)
    await account(engine, clinic, *[a_deed(count=n) for n in range(AT_ONCE + 7)])
    report = await verify(engine, clinic)
    assert (report.is_valid, report.events) == (True, AT_ONCE + 7)


async def test_writers_at_once_make_one_chain_without_gaps(engine):
    clinic = await a_clinic(engine)
    made = await asyncio.gather(*[account(engine, clinic, a_deed()) for _ in range(24)])
    assert sorted(event.sequence for (event,) in made) == [*range(1, 25)]
    assert (await verify(engine, clinic)).is_valid


async def test_events_are_in_order_by_number_and_time_when_the_clock_jumps_back(engine):
    clinic = await a_clinic(engine)
    for day in (5, 4, 4, 6, 1):
        with time_machine.travel(f"2026-03-0{day}T12:00:00Z", tick=False):
            await account(engine, clinic, a_deed())
    events = await read_events(engine, clinic)
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert [event.at for event in events] == sorted({event.at for event in events})
    assert (await verify(engine, clinic)).is_valid


@pytest.mark.parametrize("column", CHANGES)
async def test_each_changed_column_is_found(engine, clinic, tamper, column):
    tamper(update(audit_event).where(of(clinic, 3)).values({column: CHANGES[column]}))
    assert await faults(engine, clinic) == [(3, "event_changed")]


async def test_an_event_given_to_another_clinic_is_found_in_both(engine, clinic, tamper):
    south = await a_clinic(engine, "South")
    tamper(update(audit_event).where(of(clinic, 3)).values(clinic_id=south))
    assert await faults(engine, clinic) == [(3, "events_missing")]
    assert await faults(engine, south) == [(3, "event_surplus")]


@pytest.mark.parametrize("sequence", [1, 3, 5])
async def test_a_removed_event_is_found(engine, clinic, tamper, sequence):
    tamper(delete(audit_event).where(of(clinic, sequence)))
    assert await faults(engine, clinic) == [(sequence, "events_missing")]


async def test_an_added_event_is_found(engine, clinic, tamper):
    columns = [column for column in audit_event.c if column.name != "sequence"]
    last = select(literal(6), *columns).where(of(clinic, 5))
    tamper(insert(audit_event).from_select(["sequence", *columns], last))
    assert await faults(engine, clinic) == [(6, "event_surplus")]


async def test_two_events_that_changed_places_are_found(engine, clinic, tamper):
    places = ((2, 99), (3, 2), (99, 3))
    tamper(
        *(
            update(audit_event).where(of(clinic, before)).values(sequence=after)
            for before, after in places
        )
    )
    assert {(2, "event_changed"), (3, "event_changed")} <= set(await faults(engine, clinic))


async def test_a_chain_written_anew_with_another_key_is_found(engine, clinic, tamper):
    head, rows = restamped(await read_events(engine, clinic), OTHER_KEY, clinic)
    changed = [
        update(audit_event).where(of(clinic, row["sequence"])).values(digest=row["digest"])
        for row in rows
    ]
    whole = update(audit_chain).where(of_head(clinic)).values(digest=head.digest, seal=head.seal)
    tamper(*changed, whole)
    assert (await verify(engine, clinic, key=OTHER_KEY)).is_valid
    assert (await verify(engine, clinic)).faults_found == 5 + 1


@pytest.mark.parametrize("column", HEAD_CHANGES)
async def test_each_changed_column_of_the_head_is_found(engine, clinic, tamper, column):
    tamper(update(audit_chain).where(of_head(clinic)).values({column: HEAD_CHANGES[column]}))
    assert "head_changed" in {code for _, code in await faults(engine, clinic)}


async def test_a_removed_head_is_found_with_and_without_its_events(engine, clinic, tamper):
    patient = a_patient()
    async with clinic_transaction(engine, clinic, writes=True) as connection:
        await PatientRepository(connection, clinic).add(patient)
    tamper(delete(audit_chain).where(of_head(clinic)))
    assert await faults(engine, clinic) == [(0, "head_missing")]
    tamper(delete(audit_event).where(of(clinic)))
    assert await faults(engine, clinic) == [(0, "head_missing")]
    await account(engine, clinic, a_deed())  # a new chain, of now, while the patient is of March
    assert patient.created_at < now() - timedelta(days=2)
    assert await faults(engine, clinic) == [(1, "begins_late")]


async def test_a_patient_from_before_there_was_a_chain_is_no_fault(engine):
    clinic = await a_clinic(engine)
    async with clinic_transaction(engine, clinic, writes=True) as connection:
        patients = PatientRepository(connection, clinic)
        await patients.add(replace(a_patient(), changed_by="unknown"))
    assert (await verify(engine, clinic)).is_valid
    await account(engine, clinic, a_deed())
    assert (await verify(engine, clinic)).is_valid


async def test_what_is_added_while_a_chain_is_walked_is_not_seen(engine, clinic):
    async with audit_snapshot(engine, clinic) as trail:
        head = await trail.head()
        await account(engine, clinic, a_deed())
        assert [event.sequence async for event in trail.events()] == [1, 2, 3, 4, 5]
        assert head.last_sequence == 5


@pytest.mark.parametrize("column", HEAD_CHANGES)
async def test_a_chain_whose_head_was_changed_does_not_go_on(engine, clinic, tamper, column):
    tamper(update(audit_chain).where(of_head(clinic)).values({column: HEAD_CHANGES[column]}))
    with pytest.raises(Unavailable):
        await account(engine, clinic, a_deed())
    assert len(await read_events(engine, clinic)) == 5


async def test_a_chain_does_not_go_on_with_another_key_or_without_its_head(engine, clinic, tamper):
    with pytest.raises(Unavailable):
        await account(engine, clinic, a_deed(), key=OTHER_KEY)
    tamper(delete(audit_chain).where(of_head(clinic)))
    with pytest.raises(Unavailable):
        await account(engine, clinic, a_deed())
    assert len(await read_events(engine, clinic)) == 5


async def test_a_resumed_chain_goes_on_and_still_tells_what_was_wrong(engine, clinic, tamper):
    with pytest.raises(Conflict):
        await resume_chain(clinic, engine=engine, key=KEY)
    tamper(
        update(audit_chain).where(of_head(clinic)).values(last_sequence=3),
        update(audit_event).where(of(clinic, 2)).values(status=500),
    )
    await resume_chain(clinic, engine=engine, key=KEY)
    (event,) = await account(engine, clinic, a_deed())
    assert event.sequence == 7
    told = (await read_events(engine, clinic))[5].deed
    assert (told.action, told.principal) == (RESUMED, "command")
    assert await faults(engine, clinic) == [(2, "event_changed")]


async def test_a_chain_whose_head_is_gone_can_be_resumed(engine, clinic, tamper):
    tamper(delete(audit_chain).where(of_head(clinic)))
    await resume_chain(clinic, engine=engine, key=KEY)
    report = await verify(engine, clinic)
    assert (report.is_valid, report.events) == (True, 6)


async def test_events_are_given_newest_first_and_by_what_is_asked(engine, clinic):
    (other,) = await account(engine, clinic, a_deed(patient_id=RECORD, action="erase"))
    async with audit_snapshot(engine, clinic) as trail:
        page = await trail.page(EventFilter(), None, 3)
        assert [event.sequence for event in page] == [6, 5, 4]
        assert [e.sequence for e in await trail.page(EventFilter(), 4, 9)] == [3, 2, 1]
        for wanted in (
            EventFilter(patient_id=RECORD), EventFilter(action="erase"),
            EventFilter(since=other.at),
        ):  # fmt: skip
            assert [e.sequence for e in await trail.page(wanted, None, 9)] == [6]
        before = await trail.page(EventFilter(until=other.at), None, 9)
        assert [event.sequence for event in before] == [5, 4, 3, 2, 1]


async def test_another_clinics_events_are_never_given(engine, clinic):
    south = await a_clinic(engine, "South")
    async with clinic_transaction(engine, south, writes=False) as connection:
        assert len(await AuditTrail(connection, south).page(EventFilter(), None, 9)) == 2
        rows = (await connection.execute(select(audit_event))).mappings().all()
    if engine.dialect.name == "postgresql":  # even for a statement that forgot the clinic
        assert {event_of(row).clinic_id for row in rows} == {south}


async def test_let_go_removes_what_the_head_let_go_of_and_nothing_else(engine, clinic):
    events = await read_events(engine, clinic)
    async with clinic_transaction(engine, clinic, writes=True) as connection:
        audit = AuditRepository(connection, clinic)
        head = (await audit.hold(KEY)).let_go(events[2], KEY)
        assert await audit.let_go(head) == 3
    report = await verify(engine, clinic)
    assert (report.is_valid, report.first_sequence, report.events) == (True, 4, 2)
    assert len(await read_events(engine, await a_clinic(engine, "South"))) == 2


@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_postgres_lets_the_service_change_or_remove_no_event(engine, clinic):
    async with clinic_transaction(engine, clinic, writes=True) as connection:
        for statement in (
            update(audit_event).values(status=500), delete(audit_event),
            delete(audit_event).where(of(clinic, 1)),
        ):  # fmt: skip
            assert (await connection.execute(statement)).rowcount == 0
    assert (await verify(engine, clinic)).is_valid


@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_postgres_lets_the_service_add_no_event_to_another_clinic(engine, clinic):
    row = {"clinic_id": await a_clinic(engine, "South"), "sequence": 3, "digest": "0" * 64}
    told = {"principal": "p", "role": "r", "action": "a", "request_id": "i", "status": 200}
    with pytest.raises(DBAPIError, match="row-level security"):
        async with clinic_transaction(engine, clinic, writes=True) as connection:
            await connection.execute(insert(audit_event).values(row | told | {"at": now()}))
