"""The file of signed checkpoints: beside the database, not in it, and only ever added to.

It is thinned when it has grown: new lines stay, and one a day of the older ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Literal

from app.clinic.checkpoint import Checkpoint, read_checkpoint, thinned

FILE: Final = "audit-checkpoints.ndjson"
LONGEST_LINE: Final = 4096
THIN_ABOVE: Final = 4_194_304
"""Bytes the file may hold before it is thinned."""

_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """What was read of checkpoints. `damaged` counts the lines that this key did not make."""

    is_there: bool
    read: tuple[Checkpoint, ...] = ()
    damaged: int = 0

    @property
    def status(self) -> Literal["read", "missing", "damaged"]:
        """What became of reading them."""
        if not self.is_there:
            return "missing"
        return "damaged" if self.damaged else "read"

    def about(self, clinic_id: str) -> tuple[Checkpoint, ...]:
        """Those of one clinic."""
        return tuple(one for one in self.read if one.clinic_id == clinic_id)


class CheckpointFile:
    """One file of checkpoints. Several processes may add to it at once."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._thin_above = THIN_ABOVE

    @classmethod
    def in_folder(cls, data_dir: Path, key: bytes) -> CheckpointFile:
        """The file of the data folder."""
        return cls(data_dir / FILE, key)

    def read(self) -> Checkpoints:
        """Read all. A file that is not there or cannot be read holds none."""
        try:
            with self._path.open("rb") as file:
                lines = [read_checkpoint(line, self._key) for line in _lines(file)]
        except OSError:
            return Checkpoints(is_there=False)
        good = tuple(one for one in lines if one is not None)
        return Checkpoints(is_there=True, read=good, damaged=len(lines) - len(good))

    def add(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Add lines at the end, and wait until they are on the disk. Raises OSError."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self._path, flags, _OWNER_ONLY)
        try:
            # In one piece: lines of several processes do not mix. A line that a power cut left
            # half written is ended first.
            os.write(descriptor, self._break() + b"".join(one.line for one in checkpoints))
            os.fsync(descriptor)
            size = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        if size > self._thin_above:
            self.thin(datetime.now(UTC))
            self._thin_above = max(THIN_ABOVE, 2 * self._path.stat().st_size)

    def thin(self, now: datetime) -> None:
        """Leave out old checkpoints that say no more than later ones do. Raises OSError."""
        kept = thinned(self.read().read, now)
        fresh = self._path.with_name(f".{FILE}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(one.line for one in kept)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def _break(self) -> bytes:
        with self._path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return b""
            file.seek(-1, os.SEEK_END)
            return b"" if file.read(1) == b"\n" else b"\n"


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines that are not empty; one longer than any checkpoint is cut, and so is none."""
    while line := file.readline(LONGEST_LINE):
        if line.strip():
            yield line
