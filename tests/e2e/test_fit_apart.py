"""A fit in a process of its own is the fit that would have been made here."""

import asyncio
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.follow_up import FollowUp
from app.cohort.models.fitting import Analysis
from app.cohort.models.refusal import FitRefused
from app.cohort.models.terms import Term
from app.use_cases.cohort import shared_arrays
from app.use_cases.cohort.fit_apart import Prepared, fit_apart
from app.use_cases.cohort.lane import Lane
from app.use_cases.cohort.shared_arrays import NoRoom, borrow, lend
from app.use_cases.cohort.worker_process import WorkerProcess


@pytest.fixture
def worker():
    started = WorkerProcess()
    yield started
    started.close()


def prepared(n=500, *, entry=False, strata=False, deaths=True):
    draw = np.random.Generator(np.random.PCG64(7))
    days = np.ceil(draw.exponential(400, n)) + 1
    arm = CategoricalColumn(draw.integers(0, 2, n).astype(np.int32), ("placebo", "il2ld"))
    level = NumericColumn(np.exp(draw.normal(7.6, 0.7, n)))
    event = draw.integers(0, 2, n) if deaths else np.zeros(n)
    return Prepared(
        (Term("arm", "placebo"), Term("pnfh", transform="log")),
        Analysis((("arm", "pnfh"),)),
        {"arm": arm, "pnfh": level},
        FollowUp(days, event.astype(np.int8), np.floor(days / 3) if entry else None),
        draw.integers(0, 3, n).astype(np.int32) if strata else None,
    )


@pytest.mark.parametrize("entry", [False, True])
@pytest.mark.parametrize("strata", [False, True])
async def test_the_answer_is_the_same_as_here(worker, entry, strata):
    asked = prepared(entry=entry, strata=strata)
    assert await fit_apart(asked, worker=worker, seconds=60) == asked.fit()


async def test_a_refusal_comes_back_with_its_code_and_term(worker):
    asked = prepared(deaths=False)
    with pytest.raises(FitRefused) as here:
        asked.fit()
    with pytest.raises(FitRefused) as there:
        await fit_apart(asked, worker=worker, seconds=60)
    assert (there.value.code, there.value.term) == (here.value.code, here.value.term)
    assert here.value.code == "no_events"


async def test_without_room_in_shared_memory_nothing_is_sent(worker, monkeypatch):
    monkeypatch.setattr(shared_arrays.shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
    assert await fit_apart(prepared(), worker=worker, seconds=60) is None


def test_what_is_borrowed_stays_when_it_is_taken_back():
    arrays = [np.arange(5.0), np.array([1, 2, 3], np.int8), np.empty((0, 2)), np.arange(4)]
    with lend(arrays) as lent:
        borrowed = borrow(lent)
    assert [array.dtype for array in borrowed] == [array.dtype for array in arrays]
    assert all(np.array_equal(a, b) for a, b in zip(arrays, borrowed, strict=True))
    with pytest.raises(FileNotFoundError):
        borrow(lent)


def test_a_system_without_room_says_so(monkeypatch):
    def refuse(*_, **__):
        raise OSError

    monkeypatch.setattr(shared_arrays, "SharedMemory", refuse)
    with pytest.raises(NoRoom), lend([np.arange(3)]):
        pass


async def test_a_lane_computes_in_order_and_tells_what_was_raised():
    lane, seen = Lane("test"), []
    first = lane.run(lambda: seen.append(threading.current_thread().name))
    second = lane.run(lambda: 1 // 0)
    third = lane.run(sum, [1, 2])
    done = await asyncio.gather(first, second, third, return_exceptions=True)
    assert seen == ["test"]
    assert isinstance(done[1], ZeroDivisionError)
    assert done[2] == 1 + 2
    lane.close()


async def test_what_nobody_waits_for_any_more_is_not_begun():
    lane, begun, held = Lane("test"), [], threading.Event()
    running = asyncio.ensure_future(lane.run(held.wait))
    waiting = asyncio.ensure_future(lane.run(begun.append, "begun"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])  # only now has the lane been told
    held.set()
    await running
    assert await lane.run(len, begun) == 0
    lane.close()
