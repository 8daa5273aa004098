"""Keep checkpoints of the audit chains outside the database: once a minute, and at the end."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.clinic.audit import Head
from app.clinic.checkpoint import Checkpoint
from app.db.audit_trail import audit_snapshot, every_head
from app.db.checkpoint_file import CheckpointFile
from app.errors import AppError

EVERY: Final = timedelta(seconds=60)
LAST_SECONDS: Final = 5
"""How long the last checkpoints may take when the service stops."""

logger = logging.getLogger("neurostrata")


class CheckpointKeeper:
    """Writes where each chain ends, as it was committed. No request waits for it."""

    def __init__(self, engine: AsyncEngine, key: bytes, file: CheckpointFile) -> None:
        self._engine = engine
        self._key = key
        self._file = file
        self._newest: dict[str, Checkpoint] | None = None  # by clinic: as many as there are
        self._ticking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write once a minute."""
        self._ticking = asyncio.create_task(self._tick())

    async def finish(self) -> None:
        """Write once more, and no more afterwards."""
        if self._ticking is not None:
            self._ticking.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticking
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self.write()

    async def write(self) -> None:
        """Write a checkpoint of each chain that went on since its last one.

        A chain that does not go on from its last checkpoint gets none: the log says so, and the
        checkpoint stays, for the check of the chain to find.
        """
        try:
            newest = await self._known()
            fresh = [
                Checkpoint.of(head, datetime.now(UTC), self._key)
                for head in await every_head(self._engine)
                if await self._goes_on(head, newest.get(head.clinic_id))
            ]
            if fresh:
                await asyncio.to_thread(self._file.add, fresh)
        except (AppError, SQLAlchemyError, OSError) as error:
            logger.warning("no audit checkpoint is written: %s", type(error).__name__)
            return
        for one in fresh:
            newest[one.clinic_id] = one
            logger.info("%s", one.told)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            await self.write()

    async def _known(self) -> dict[str, Checkpoint]:
        if self._newest is None:
            read = (await asyncio.to_thread(self._file.read)).read
            furthest = sorted(read, key=lambda one: one.last_sequence)
            self._newest = {one.clinic_id: one for one in furthest}
        return self._newest

    async def _goes_on(self, head: Head, last: Checkpoint | None) -> bool:
        if last is not None and (head.last_sequence, head.digest) == (
            last.last_sequence,
            last.digest,
        ):
            return False
        if head.is_sealed(self._key) and (last is None or await self._continues(head, last)):
            return True
        detail = "the audit chain of clinic %s is not the one that was sealed: run `audit verify`"
        logger.error(detail, head.clinic_id)
        return False

    async def _continues(self, head: Head, last: Checkpoint) -> bool:
        if last.last_sequence < head.first_sequence - 1:
            return True  # that event was let go of
        if last.last_sequence == head.first_sequence - 1:
            return head.base_digest == last.digest
        async with audit_snapshot(self._engine, head.clinic_id) as trail:
            return await trail.digest_at(last.last_sequence) == last.digest
