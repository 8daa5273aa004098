"""Clients as processes of their own, which say when they are ready and wait for the word."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bench.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.machine import Pinning

READY = "ready"


class Client:
    """A client that has made what it will send. Its input is the word to begin, or to end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        if self._line() != READY:
            raise RuntimeError(f"{process.args!r} did not become ready")

    def begin(self) -> None:
        """Say the word."""
        if self.process.stdin is not None:
            self.process.stdin.write("begin\n")
            self.process.stdin.flush()

    def end(self) -> None:
        """Say that it is enough."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    def result(self) -> dict[str, Any]:
        """What it saw. Waits until it is done; a client gives itself up after a while."""
        line = self._line()
        if not line:
            raise RuntimeError(f"{self.process.args!r} saw nothing")
        seen: dict[str, Any] = json.loads(line)
        return seen

    def has_more(self, seconds: float) -> bool:
        """Wait for it to say something, no longer than the seconds."""
        heard = [self.process.stdout] if self.process.stdout else []
        return bool(select.select(heard, [], [], seconds)[0])

    def _line(self) -> str:
        return self.process.stdout.readline().strip() if self.process.stdout else ""


@contextmanager
def start_client(module: str, arguments: list[Any], pinning: Pinning) -> Iterator[Client]:
    """Start `python -m bench.MODULE` on the load's core."""
    command = [*pinning.load, sys.executable, "-m", f"bench.{module}", *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Client(process)
        finally:
            process.terminate()


def wait_for_the_word() -> None:
    """In the client: say that everything is made, and wait."""
    print(READY, flush=True)
    sys.stdin.readline()
