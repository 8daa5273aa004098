"""A real second process: what it knows, and that it never outlives what it is for."""

import asyncio
import operator
import os
import runpy
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from app.cohort.families.parametric import extrapolate
from app.cohort.follow_up import FollowUp
from app.errors import Unavailable
from app.use_cases.cohort.worker_process import CLOSED, DIED, NICENESS, TOO_LONG, WorkerProcess
from tests.e2e.conftest import PATIENCE, ROOT

WEB = {"fastapi", "starlette", "sqlalchemy", "uvicorn", "pydantic", "app.main"}


@pytest.fixture
async def worker():
    made = WorkerProcess()
    yield made
    made.close()


def is_gone(pid):
    """Wait until a process is no more; one that nobody has waited for yet counts as gone."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


async def test_it_computes_in_one_other_process_that_gives_way(worker):
    pids = [await worker.run(os.getpid, timeout=PATIENCE) for _ in range(2)]
    assert pids[0] == pids[1] != os.getpid()
    assert psutil.Process(pids[0]).nice() == min(os.nice(0) + NICENESS, 19)


async def test_nothing_is_started_before_it_is_needed():
    before = set(psutil.Process().children())
    made = WorkerProcess()
    made.close()
    assert set(psutil.Process().children()) <= before


async def test_it_fits_families_and_never_sees_the_web(worker):
    cohort = FollowUp(np.array([10.0, 20.0, 30.0]), np.array([1, 0, 1], np.int8))
    done = await worker.run(extrapolate, cohort, 100.0, [50.0], 0.95, timeout=PATIENCE)
    assert done.families[0].parameters["scale_days"] == pytest.approx((10 + 20 + 30) / 2)
    modules = await worker.run(eval, "sorted(__import__('sys').modules)", timeout=PATIENCE)
    assert {"lifelines", "app.cohort.families.parametric"} <= set(modules)
    assert not WEB & set(modules)


async def test_what_a_function_raises_is_raised_here(worker):
    with pytest.raises(ZeroDivisionError):
        await worker.run(operator.truediv, 1, 0, timeout=PATIENCE)
    with pytest.raises(TimeoutError):
        await worker.run(exec, "raise TimeoutError", timeout=PATIENCE)
    assert await worker.run(operator.add, 1, 2, timeout=PATIENCE) == 1 + 2


async def test_a_process_that_dies_is_replaced(worker):
    first = await worker.run(os.getpid, timeout=PATIENCE)
    with pytest.raises(Unavailable, match=DIED):
        await worker.run(os._exit, 3, timeout=PATIENCE)
    second = await worker.run(os.getpid, timeout=PATIENCE)
    assert second != first


async def test_what_takes_too_long_is_killed_and_the_next_in_turn_is_served(worker):
    pid = await worker.run(os.getpid, timeout=PATIENCE)
    slow = asyncio.create_task(worker.run(time.sleep, PATIENCE * 2, timeout=0.5))
    await asyncio.sleep(0)
    served = asyncio.create_task(worker.run(operator.add, 1, 2, timeout=PATIENCE))
    with pytest.raises(Unavailable, match=TOO_LONG):
        await slow
    assert await served == 1 + 2
    assert is_gone(pid)


async def test_who_waits_too_long_for_a_turn_disturbs_nobody(worker):
    await worker.run(os.getpid, timeout=PATIENCE)
    working = asyncio.create_task(worker.run(eval, "__import__('time').sleep(1) or 7", timeout=30))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match=TOO_LONG):
        await worker.run(operator.add, 1, 2, timeout=0.2)
    assert await working == 7


async def test_a_caller_who_goes_away_leaves_no_computing_behind(worker):
    pid = await worker.run(os.getpid, timeout=PATIENCE)
    left = asyncio.create_task(worker.run(time.sleep, PATIENCE * 2, timeout=PATIENCE))
    await asyncio.sleep(0.2)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    assert is_gone(pid)


async def test_the_loop_goes_on_while_it_computes(worker):
    await worker.run(os.getpid, timeout=PATIENCE)
    busy = "sum(i * i for i in range(10_000_000))"
    computing, turns = asyncio.create_task(worker.run(eval, busy, timeout=PATIENCE)), 0
    while not computing.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 5


async def test_closing_ends_the_process_and_what_it_was_at(worker):
    pid = await worker.run(os.getpid, timeout=PATIENCE)
    working = asyncio.create_task(worker.run(time.sleep, PATIENCE * 2, timeout=PATIENCE))
    await asyncio.sleep(0.2)
    worker.close()
    with pytest.raises(Unavailable, match=CLOSED):
        await working
    with pytest.raises(Unavailable, match=CLOSED):
        await worker.run(os.getpid, timeout=PATIENCE)
    assert is_gone(pid)


PARENT = """
import asyncio, os, time
from app.use_cases.cohort.worker_process import WorkerProcess

async def main():
    worker = WorkerProcess()
    print(await worker.run(os.getpid, timeout=60), flush=True)
    await worker.run(time.sleep, 600, timeout=600)

asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_it_dies_with_its_parent_even_while_it_works(end):
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.send_signal(end)
    assert is_gone(pid)


def test_a_process_of_the_service_starts_no_second_service():
    """A new process runs the main module of its parent again, by this name."""
    assert "run" in runpy.run_path(str(ROOT / "app" / "__main__.py"), run_name="__mp_main__")
