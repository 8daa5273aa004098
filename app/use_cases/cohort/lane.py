"""A thread beside the requests that computes one thing after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

_Value = TypeVar("_Value")
_Job = tuple[Future[Any], Callable[[], Any]]


class Lane:
    """Runs functions in its thread, in order. numpy lets others go on meanwhile.

    The thread is a daemon: a computation that nobody waits for any more does not keep the process
    from ending, as those of an executor would.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._is_started = False

    async def run(self, function: Callable[..., _Value], *arguments: Any) -> _Value:
        """Give what the function gives, or raise what it raises, when its turn has come."""
        if not self._is_started:
            self._is_started = True
            self._thread.start()
        promise: Future[_Value] = Future()
        self._jobs.put((promise, lambda: function(*arguments)))
        return await asyncio.wrap_future(promise)

    def close(self) -> None:
        """Begin nothing any more that has not begun."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            promise, compute = job
            if not promise.set_running_or_notify_cancel():
                continue
            try:
                promise.set_result(compute())
            except BaseException as error:  # noqa: BLE001 - whoever waits is told
                promise.set_exception(error)
            del job, promise, compute  # what was computed may be large
