"""Checkpoints outside the database: written after the commit, and kept when the chain went back."""

import logging
import stat
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from app.clinic.audit import Head
from app.clinic.checkpoint import Checkpoint, read_checkpoint
from app.db import checkpoint_file
from app.db.audit import AuditRepository, audit_chain, audit_event
from app.db.audit_trail import audit_snapshot, every_head
from app.db.checkpoint_file import FILE, CheckpointFile
from app.db.engine import open_engine
from app.db.transaction import clinic_transaction
from app.settings import Settings
from app.use_cases.audit.account_for import account_for
from app.use_cases.audit.keep_checkpoints import CheckpointKeeper
from tests.db.chains import KEY, a_deed, account, faults, of, of_head
from tests.db.rows import a_clinic


@pytest.fixture
def file(tmp_path):
    return CheckpointFile.in_folder(tmp_path, KEY)


@pytest.fixture
def keeper(engine, file):
    return CheckpointKeeper(engine, KEY, file)


@pytest.fixture
async def clinic(engine):
    north = await a_clinic(engine)
    await account(engine, north, a_deed(), a_deed(), a_deed())
    return north


@pytest.fixture
def go_back(tamper, clinic):
    """Put the first event and its head in the place of all, as a backup would."""

    async def back(engine):
        async with audit_snapshot(engine, clinic) as trail:
            first, *_ = [event async for event in trail.events()]
        older = {"last_sequence": 1, "digest": first.digest, "last_at": first.at}
        seal = {"seal": Head(clinic_id=clinic, **older).sealed(KEY).seal}
        tamper(
            delete(audit_event).where(of(clinic), audit_event.c.sequence > 1),
            update(audit_chain).where(of_head(clinic)).values(older | seal),
        )

    return back


async def test_a_checkpoint_says_how_far_each_chain_has_come(engine, clinic, keeper, file):
    south = await a_clinic(engine, "South")
    await account(engine, south, a_deed())
    await keeper.write()
    ends = {head.clinic_id: (head.last_sequence, head.digest) for head in await every_head(engine)}
    read = file.read()
    assert {one.clinic_id: (one.last_sequence, one.digest) for one in read.read} == ends
    assert {clinic: 3, south: 1} == {name: length for name, (length, _) in ends.items()}
    assert read.status == "read"


async def test_only_the_owner_may_read_the_file(tmp_path, clinic, keeper):
    await keeper.write()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


async def test_a_chain_that_did_not_go_on_gets_no_further_checkpoint(engine, clinic, keeper, file):
    await keeper.write()
    await keeper.write()
    assert len(file.read().read) == 1
    await account(engine, clinic, a_deed())
    await keeper.write()
    assert [one.last_sequence for one in file.read().read] == [3, 4]


async def test_nothing_is_told_of_what_is_not_committed(engine, clinic, keeper, file):
    if engine.dialect.name == "sqlite":  # which lets others read while one writes
        assert (await every_head(engine))[0].last_sequence == 3
    async with clinic_transaction(engine, clinic, writes=True) as connection:
        audit = AuditRepository(connection, clinic)
        await account_for(a_deed(), audit=audit, key=KEY)
        await keeper.write()
        assert [one.last_sequence for one in file.read().read] == [3]
    await keeper.write()
    assert [one.last_sequence for one in file.read().read] == [3, 4]


async def test_the_log_tells_each_checkpoint_so_that_it_can_be_read_back(
    clinic, keeper, file, caplog
):
    with caplog.at_level(logging.INFO, logger="neurostrata"):
        await keeper.write()
    (line,) = caplog.messages
    assert (read_checkpoint(line.encode(), KEY),) == file.read().read


async def test_the_last_checkpoint_is_written_when_the_service_stops(engine, clinic, keeper, file):
    keeper.start()
    assert file.read().status == "missing"
    await keeper.finish()
    assert [one.last_sequence for one in file.read().read] == [3]


async def test_an_older_state_put_back_is_found_by_the_file_alone(
    engine, clinic, keeper, file, go_back
):
    await keeper.write()
    await go_back(engine)
    assert await faults(engine, clinic) == []
    assert await faults(engine, clinic, checkpoints=file.read().read) == [(3, "checkpoint_ahead")]


@pytest.mark.parametrize("is_new", [False, True], ids=["same process", "new process"])
async def test_a_chain_that_went_back_gets_no_checkpoint_even_when_it_has_grown_again(
    engine, clinic, keeper, file, go_back, caplog, is_new
):
    await keeper.write()
    await go_back(engine)
    if is_new:
        keeper = CheckpointKeeper(engine, KEY, file)
    for _ in range(4):
        await keeper.write()
        await account(engine, clinic, a_deed())
    await keeper.write()
    assert len(file.read().read) == 1
    assert f"the audit chain of clinic {clinic} is not the one that was sealed" in caplog.text
    found = await faults(engine, clinic, checkpoints=file.read().read)
    assert found == [(3, "checkpoint_differs")]


async def test_a_head_that_was_changed_gets_no_checkpoint(engine, clinic, file, caplog):
    other = CheckpointKeeper(engine, b"o" * 32, file)
    await other.write()
    assert file.read().status == "missing"
    assert "run `audit verify`" in caplog.text


async def test_checkpoints_go_on_after_events_were_let_go_of(engine, clinic, keeper, file):
    await keeper.write()
    for gone in (3, 4):
        await account(engine, clinic, a_deed(), a_deed())
        async with clinic_transaction(engine, clinic, writes=True) as connection:
            audit = AuditRepository(connection, clinic)
            async with audit_snapshot(engine, clinic) as trail:
                last = {event.sequence: event async for event in trail.events()}[gone]
            await audit.let_go((await audit.hold(KEY)).let_go(last, KEY))
        await keeper.write()
    assert [one.last_sequence for one in file.read().read] == [3, 5, 7]
    assert await faults(engine, clinic, checkpoints=file.read().read) == []


async def test_a_database_or_a_disk_that_is_away_stops_nothing(tmp_path, clinic, engine, caplog):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    nowhere = open_engine(Settings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    for broken in (
        CheckpointKeeper(engine, KEY, CheckpointFile(in_the_way / FILE, KEY)),
        CheckpointKeeper(nowhere, KEY, CheckpointFile.in_folder(tmp_path, KEY)),
    ):
        await broken.write()
    assert caplog.text.count("no audit checkpoint is written") == 2
    assert "postgresql" not in caplog.text


def a_checkpoint(sequence, *, at=None, clinic="c" * 36):
    told = {"clinic_id": clinic, "last_sequence": sequence, "digest": "0" * 64}
    return Checkpoint.of(Head(**told), at or datetime.now(UTC), KEY)


def test_a_file_that_is_not_there_or_is_damaged_is_told_as_such(tmp_path, file):
    assert (file.read().status, file.read().read) == ("missing", ())
    file.add([a_checkpoint(1), a_checkpoint(2)])
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().replace(b'"last_sequence":1', b'"last_sequence":7'))
    read = file.read()
    assert (read.status, read.damaged) == ("damaged", 1)
    assert [one.last_sequence for one in read.read] == [2]


def test_a_line_torn_by_a_power_cut_costs_no_other(tmp_path, file):
    file.add([a_checkpoint(1)])
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes() + a_checkpoint(2).line[:50])
    file.add([a_checkpoint(3)])
    read = file.read()
    assert ([one.last_sequence for one in read.read], read.damaged) == ([1, 3], 1)


def test_a_file_of_garbage_is_read_piece_by_piece(tmp_path, file):
    (tmp_path / FILE).write_bytes(b"\xff" * 10_000)
    assert (file.read().status, file.read().read) == ("damaged", ())


def test_a_file_that_has_grown_is_thinned_to_one_a_day_and_the_new_ones(
    tmp_path, file, monkeypatch
):
    monkeypatch.setattr(checkpoint_file, "THIN_ABOVE", 2000)
    file = CheckpointFile.in_folder(tmp_path, KEY)
    today = datetime.now(UTC).replace(hour=0)
    old = [a_checkpoint(n, at=today - timedelta(days=9, minutes=-n)) for n in range(20)]
    file.add(old)
    file.add([a_checkpoint(30), a_checkpoint(31)])
    assert [one.last_sequence for one in file.read().read] == [19, 30, 31]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
