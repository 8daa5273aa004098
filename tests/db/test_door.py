"""What is asked before a caller is known: one statement, one round trip, and no outage missed."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, timedelta

import pytest
from sqlalchemy import make_url

from app.clinic.access import Role
from app.clinic.api_key import ApiKey, new_key_text
from app.db.door import Door
from app.db.engine import open_engine
from app.db.keys import KeyRepository
from app.db.lines import MOST_LINES
from app.db.transaction import transaction
from app.errors import Unavailable
from app.settings import Settings
from tests.db.rows import NOON, a_clinic
from tests.services.postgres import run

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def door(engine):
    """Open the door of a database."""
    opened = Door(engine)
    yield opened
    await opened.close()


@pytest.fixture
async def postgres_door(postgres_settings):
    """Open the door of a PostgreSQL database."""
    engine = open_engine(postgres_settings)
    opened = Door(engine)
    yield opened
    await opened.close()
    await engine.dispose()


async def a_key(engine, **lived):
    text = new_key_text()
    clinic_id = await a_clinic(engine)
    key = ApiKey(
        id=NOWHERE.replace("8", "9"),
        clinic_id=clinic_id,
        lookup=text.lookup,
        digest=text.digest,
        role=Role.EDITOR,
        created_at=NOON,
        **lived,
    )
    async with transaction(engine, writes=True) as connection:
        await KeyRepository(connection).add(key)
    return key


async def test_a_key_is_found_as_it_was_kept(engine, door):
    later = NOON + timedelta(days=1, microseconds=1)
    lived = {"expires_at": later, "last_used_at": NOON, "revoked_at": NOON, "rotated_to": NOWHERE}
    key = await a_key(engine, **lived)
    assert await door.find_key(key.lookup) == key
    assert await door.find_key("x" * 12) is None
    assert (await door.find_key(key.lookup)).created_at.tzinfo is UTC


async def test_a_key_that_has_lived_through_nothing_is_found_so(engine, door):
    key = await a_key(engine)
    assert await door.find_key(key.lookup) == key
    assert key.rotated_to is key.revoked_at is key.last_used_at is key.expires_at is None


@pytest.mark.parametrize("name", ["North", "Clínica % 3", "'; DROP TABLE clinic; --", "a:b"])
async def test_a_clinic_is_found_by_its_whole_name_or_its_id(engine, door, name):
    clinic_id = await a_clinic(engine, name)
    assert await door.find_clinic(name) == clinic_id
    assert await door.find_clinic(clinic_id) == clinic_id
    for other in (name.swapcase(), name + " ", name[:-1], "%", "", NOWHERE):
        assert await door.find_clinic(other) is None


async def test_a_name_like_an_id_is_never_taken_for_the_clinic_of_that_name(engine, door):
    await a_clinic(engine, NOWHERE)
    assert await door.find_clinic(NOWHERE) is None


async def test_a_use_is_recorded_unless_one_is_on_record_since(engine, door):
    key = await a_key(engine)
    minute = timedelta(seconds=60)
    for second, expected in ((0, 0), (59, 0), (60, 60), (61, 60)):
        now = NOON + timedelta(seconds=second)
        await door.record_use(key.id, now, now - minute)
        assert (await door.find_key(key.lookup)).last_used_at == NOON + timedelta(seconds=expected)


async def test_fifty_at_once_are_answered_by_a_few_connections(postgres_settings, postgres_door):
    found = await asyncio.gather(*(postgres_door.find_clinic("North") for _ in range(50)))
    assert found == [None] * 50
    assert await connections(postgres_settings) <= MOST_LINES


async def connections(settings):
    engine = open_engine(settings)
    async with engine.connect() as connection:
        count = await connection.exec_driver_sql(
            "SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()"
        )
        open_ones = count.scalar_one()
    await engine.dispose()
    return open_ones


@asynccontextmanager
async def counting_proxy(settings):
    """Stand between the service and PostgreSQL, and count how often the service waits for it."""
    socket = make_url(settings.database_url).query["host"]
    turns, ended = [], asyncio.Event()

    async def carry(reader, writer, said):
        while data := await reader.read(65_536):
            if said[-1:] != [writer]:
                turns.append(writer)
                said[:] = [writer]
            writer.write(data)
        writer.close()
        await writer.wait_closed()

    async def meet(reader, writer):
        far_reader, far_writer = await asyncio.open_unix_connection(f"{socket}/.s.PGSQL.5432")
        said = []
        await asyncio.gather(carry(reader, far_writer, said), carry(far_reader, writer, said))
        ended.set()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    url = make_url(settings.database_url).set(host=host, port=port, query={})
    yield Settings(database_url=url.render_as_string()), turns
    await asyncio.wait_for(ended.wait(), 5)
    server.close()


async def test_a_key_is_looked_up_in_one_round_trip(postgres_settings):
    async with counting_proxy(postgres_settings) as (settings, turns):
        engine = open_engine(settings)
        door = Door(engine)
        await door.find_key("x" * 12)
        turns.clear()
        for _ in range(10):
            await door.find_key("x" * 12)
        assert len(turns) == 10 * 2  # there and back
        await door.close()
        await engine.dispose()


async def test_connections_that_died_are_replaced_without_a_word(postgres_settings, postgres_door):
    await asyncio.gather(*(postgres_door.find_clinic("North") for _ in range(8)))
    url = make_url(postgres_settings.database_url).set(drivername="postgresql+psycopg")
    url = url.set(username="postgres").render_as_string()
    run(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    found = await asyncio.gather(*(postgres_door.find_clinic("North") for _ in range(8)))
    assert found == [None] * 8


async def test_a_database_that_is_not_there_is_unavailable():
    engine = open_engine(Settings(database_url="postgresql://127.0.0.1:1/none"))
    door = Door(engine)
    for _ in range(MOST_LINES + 1):  # none of them keeps its turn
        with pytest.raises(Unavailable):
            await door.find_key("x" * 12)
    await door.close()
    await engine.dispose()


async def test_a_question_that_is_given_up_spoils_no_other(postgres_door):
    for _ in range(3 * MOST_LINES):
        task = asyncio.create_task(postgres_door.find_clinic("North"))
        await asyncio.sleep(0.0005)
        task.cancel()
        await asyncio.wait([task])
    assert await postgres_door.find_clinic("North") is None
