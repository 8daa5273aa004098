"""What a client has sent and the service has not yet answered.

Many clients send a whole stream before they read the first answer. To stop reading would leave both
sides waiting for ever, and to keep all of it in memory would have no bound: past a few megabytes it
goes to a nameless file of the operating system, gone when the request ends.
"""

from __future__ import annotations

import asyncio
from collections import deque
from tempfile import TemporaryFile
from typing import IO

MEMORY = 4_194_304
PIECE = 262_144


class Spool:
    """A queue of bytes between one reader and one writer. Its file grows to `most` bytes or so.

    A full file is read to its end before it is written again, from its beginning.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._chunks: deque[bytes] = deque()
        self._in_memory = 0
        self._file: IO[bytes] | None = None
        self._read_to = self._written_to = 0
        self._changed = asyncio.Event()
        self._ended = False

    async def put(self, chunk: bytes) -> None:
        """Keep a chunk; waits only while the file is full."""
        while self._written_to >= self.most:
            await self._change()
        if self._written_to > self._read_to or self._in_memory >= MEMORY:
            self._append(chunk)
        else:
            self._chunks.append(chunk)
            self._in_memory += len(chunk)
        self._changed.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._changed.set()

    async def take(self) -> bytes:
        """The next bytes, in order; empty at the end."""
        while not self._chunks and self._written_to == self._read_to:
            if self._ended:
                return b""
            await self._change()
        chunk = self._chunks.popleft() if self._chunks else self._read()
        self._in_memory = max(self._in_memory - len(chunk), 0)
        self._changed.set()
        return chunk

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _append(self, chunk: bytes) -> None:
        if self._file is None:
            self._file = TemporaryFile(prefix="neurostrata-")  # noqa: SIM115  (lives as long as the spool)
        self._file.seek(self._written_to)
        self._file.write(chunk)
        self._written_to += len(chunk)

    def _read(self) -> bytes:
        if self._file is None:
            return b""
        self._file.seek(self._read_to)
        piece = self._file.read(min(PIECE, self._written_to - self._read_to))
        self._read_to += len(piece)
        if self._read_to == self._written_to:
            self._read_to = self._written_to = 0
            self._file.seek(0)
            self._file.truncate()
        return piece
