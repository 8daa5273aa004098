"""One process beside the service, for computing that would hold it up.

lifelines and what it imports keep the interpreter's lock for seconds: in a thread every other
request would wait. The process starts when it is first needed, as a fresh interpreter that never
sees the web app, and computes one thing at a time. It gives way to requests where cores are few.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Final, TypeVar

from app.errors import Unavailable

T = TypeVar("T")

DIED: Final = "What should compute this stopped. Please try again."
TOO_LONG: Final = "This takes longer than there is time for. Please ask for less, or try later."
CLOSED: Final = "The service is stopping."

NICENESS: Final = 10


class WorkerProcess:
    """Computes in a process of its own. Close it in the end.

    What is given and got must be picklable; a function is found again by its name.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()
        self._is_closed = False

    async def run(self, function: Callable[..., T], *arguments: object, timeout: float) -> T:  # noqa: ASYNC109 - the process must end with it
        """Give what the function gives, within `timeout` seconds, the wait for a turn included.

        Raises what the function raises, and Unavailable if there was not enough time or the
        process died. Who is cancelled, or has no time left, leaves no computing behind.
        """
        limit = asyncio.timeout(timeout)
        try:
            async with limit, self._turn:
                return await self._compute(function, *arguments)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise Unavailable(TOO_LONG) from error

    def close(self) -> None:
        """End the process, whatever it is at. Nothing can be run any more."""
        self._is_closed = True
        self._end()

    async def _compute(self, function: Callable[..., T], *arguments: object) -> T:
        if self._is_closed:
            raise Unavailable(CLOSED)
        if self._pool is None:
            # A forked copy of this process would hold its locks and connections.
            self._pool = ProcessPoolExecutor(1, get_context("spawn"), _prepare)
        try:
            return await asyncio.wrap_future(self._pool.submit(function, *arguments))
        except BrokenProcessPool as error:
            self._end()
            raise Unavailable(self._why_it_ended()) from error
        except asyncio.CancelledError:
            self._end()
            raise

    def _why_it_ended(self) -> str:
        return CLOSED if self._is_closed else DIED

    def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        # Python 3.14 has kill_workers() for this; `shutdown` alone would wait for the last job.
        processes = list((pool._processes or {}).values())  # noqa: SLF001
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


def _prepare() -> None:
    """Make a new process fit for its place: it runs this before anything else."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends this one
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    """Wait for the end of the service, even one that could not say good-bye, and end too."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)
