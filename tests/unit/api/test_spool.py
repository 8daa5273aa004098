"""What waits for its answer: some in memory, the rest in a file without a name, never too much."""

import asyncio

import pytest

from app.api.estimates import spool as spooling
from app.api.estimates.spool import Spool


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch):
    monkeypatch.setattr(spooling, "MEMORY", 4)


async def is_waiting(task):
    for _ in range(10):
        await asyncio.sleep(0)
    return not task.done()


async def test_a_little_waits_in_memory():
    spool = Spool(8)
    await spool.put(b"abc")
    assert spool._file is None
    assert await spool.take() == b"abc"


async def test_more_waits_in_a_file_and_comes_back_in_order():
    spool = Spool(100)
    for chunk in (b"abc", b"def", b"ghi", b"jkl"):
        await spool.put(chunk)
    assert spool._file is not None
    assert [await spool.take() for _ in range(3)] == [b"abc", b"def", b"ghijkl"]
    await spool.put(b"mno")
    assert await spool.take() == b"mno"
    spool.close()


async def test_a_full_file_is_read_to_its_end_before_it_is_written_again():
    spool = Spool(4)
    for chunk in (b"abcd", b"efgh"):
        await spool.put(chunk)
    waiting = asyncio.create_task(spool.put(b"ijkl"))
    assert await is_waiting(waiting)
    assert await spool.take() == b"abcd"
    assert await is_waiting(waiting)
    assert await spool.take() == b"efgh"
    assert not await is_waiting(waiting)
    assert await spool.take() == b"ijkl"
    spool.close()


async def test_an_empty_spool_waits_for_more_or_the_end():
    spool = Spool(8)
    waiting = asyncio.create_task(spool.take())
    assert await is_waiting(waiting)
    await spool.put(b"a")
    assert await waiting == b"a"
    waiting = asyncio.create_task(spool.take())
    assert await is_waiting(waiting)
    spool.end()
    assert await waiting == b""
    assert await spool.take() == b""


async def test_the_file_has_no_name_and_ends_with_the_spool(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = Spool(100)
    for chunk in (b"abcd", b"efgh"):
        await spool.put(chunk)
    assert list(tmp_path.iterdir()) == []
    spool.close()
    assert spool._file.closed
