"""Lines on their way to a log that may be slow, full or gone: no request waits for it."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from threading import Event, Thread
from typing import Final

MOST_WAITING: Final = 20_000
"""Lines that wait at most; further ones are dropped and counted."""

GATHER_SECONDS: Final = 0.05
"""Lines are written in one go for so long: waking a thread for each would cost more than it."""

CLOSE_SECONDS: Final = 1.0
AT_ONCE: Final = 200
"""Lines written by one call."""

DROPPED: Final = "%d log lines were dropped: nobody took them."


class LineWriter:
    """Writes lines to a file descriptor in a thread of its own, in order."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: deque[bytes] = deque()
        self._dropped = 0
        self._is_torn = False
        self._wake, self._closing = Event(), Event()
        self._thread = Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Take a line, its end included. Never waits, never fails."""
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        self._waiting.append(line)
        if not self._wake.is_set():
            self._wake.set()

    def close(self) -> None:
        """Write what waits, if it is taken within a second."""
        self._closing.set()
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(GATHER_SECONDS)
            self._wake.clear()
            self._write_waiting()
        self._write_waiting()

    def _write_waiting(self) -> None:
        while self._waiting:
            lines = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            if not self._put(b"".join(lines)):
                self._dropped += len(lines)
                return
            if self._dropped and len(self._waiting) < MOST_WAITING:
                dropped, self._dropped = self._dropped, 0
                logging.getLogger("neurostrata").warning(DROPPED, dropped)

    def _put(self, text: bytes) -> bool:
        """Write all of it; say whether that went well."""
        rest = memoryview(b"\n" + text if self._is_torn else text)
        whole = len(rest)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                time.sleep(GATHER_SECONDS)
            except OSError:
                self._is_torn = self._is_torn or len(rest) < whole
                return False
        self._is_torn = False
        return True


class LineHandler(logging.Handler):
    """Hands formatted records to a LineWriter."""

    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Format a record and pass it on; one that cannot be formatted is told by its place."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001  (a log line may never end a request)
            record.msg, record.args = "a log line could not be written", None
            record.name, record.exc_info = "neurostrata", None
            line = self.format(record)
        self._writer.write(line.encode() + b"\n")
