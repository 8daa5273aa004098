"""Patients by 64-bit digests of their ids, by which the arrays of a cohort are ordered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.db.column_chunks import Ids

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


def keys_of(ids: Ids) -> NDArray[np.uint64]:
    """Digest ids to 64 bits each: enough to tell a few million random ones apart."""
    upper, lower = ids[:, 0], ids[:, 1]
    mixed: NDArray[np.uint64] = (upper * _MIX) ^ lower
    return mixed


def keys_of_texts(ids: Sequence[str]) -> NDArray[np.uint64]:
    """Digest ids as they are written."""
    joined = bytes.fromhex("".join(ids).replace("-", ""))
    return keys_of(np.frombuffer(joined, dtype=">u8").astype(np.uint64).reshape(-1, 2))


def check_distinct(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Give ascending keys, if no two are the same."""
    if keys.size > 1 and bool((keys[1:] == keys[:-1]).any()):
        raise RuntimeError("two patients' ids have the same digest")
    return keys
