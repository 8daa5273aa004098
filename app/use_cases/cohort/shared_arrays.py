"""Arrays lent to another process through shared memory: nothing is written to a disk or a pipe.

Pickling tens of megabytes would hold the interpreter's lock, and with it every request.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

HELD_IN: Final = Path("/dev/shm")  # noqa: S108 - where Linux keeps shared memory; never a file
SPARE: Final = 2
"""So many times what is lent must be free: a full memory would end the process by a signal."""


class NoRoom(Exception):
    """There is not enough shared memory for these arrays."""


@dataclass(frozen=True, slots=True)
class Lent:
    """Where arrays lie in shared memory: their types, shapes and places. Picklable."""

    name: str
    parts: tuple[tuple[str, tuple[int, ...], int], ...]


@contextmanager
def lend(arrays: Sequence[NDArray[Any]]) -> Iterator[Lent]:
    """Lend arrays until the end of the block. Raises NoRoom."""
    size = sum(array.nbytes + 8 for array in arrays)
    if HELD_IN.exists() and shutil.disk_usage(HELD_IN).free < SPARE * size:
        raise NoRoom
    try:
        memory = SharedMemory(create=True, size=max(size, 1))
    except OSError as error:
        raise NoRoom from error
    try:
        yield Lent(memory.name, tuple(_put(arrays, memory)))
    finally:
        memory.close()
        memory.unlink()


def borrow(lent: Lent) -> list[NDArray[Any]]:
    """Give copies of the arrays, which stay when the lender takes his back."""
    memory = SharedMemory(lent.name)
    try:
        return [
            np.array(np.ndarray(shape, np.dtype(kind), memory.buf, offset))
            for kind, shape, offset in lent.parts
        ]
    finally:
        memory.close()


def _put(
    arrays: Sequence[NDArray[Any]], memory: SharedMemory
) -> Iterator[tuple[str, tuple[int, ...], int]]:
    offset = 0
    for array in arrays:
        place: NDArray[Any] = np.ndarray(array.shape, array.dtype, memory.buf, offset)
        np.copyto(place, array)
        del place  # or the memory could not be closed
        yield array.dtype.str, array.shape, offset
        offset += -(-array.nbytes // 8) * 8
