"""Record when a key was last used: beside the request, at most once a minute."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from app.clinic.api_key import ApiKey
from app.db.door import Door

EVERY: Final = timedelta(seconds=60)

logger = logging.getLogger("neurostrata")


class KeyUses:
    """Records uses of keys. No request waits for it, and none fails because of it.

    `clock` is in seconds.
    """

    def __init__(self, door: Door, clock: Callable[[], float] = time.monotonic) -> None:
        self._door = door
        self._clock = clock
        self._tried: dict[str, float] = {}  # by key, in seconds: holds no more than there are keys
        self._under_way: set[asyncio.Task[None]] = set()

    def note(self, key: ApiKey, now: datetime) -> None:
        """Have the use of a key recorded, unless one is on record since a minute ago.

        Nor is it tried again within the minute: a database that is locked would otherwise be
        asked for its lock by every request.
        """
        if key.was_used_within(EVERY, now) or self._was_tried(key.id):
            return
        self._tried[key.id] = self._clock()
        task = asyncio.create_task(self._record(key.id, now))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def finish(self) -> None:
        """Wait for what is under way. Nothing may be noted afterwards."""
        await asyncio.gather(*self._under_way)

    def _was_tried(self, key_id: str) -> bool:
        tried = self._tried.get(key_id)
        return tried is not None and self._clock() - tried < EVERY.total_seconds()

    async def _record(self, key_id: str, now: datetime) -> None:
        try:
            await self._door.record_use(key_id, now, now - EVERY)
        except Exception as error:  # noqa: BLE001  (nobody waits for this; the key was good)
            logger.warning("the use of a key is not recorded: %s", type(error).__name__)
