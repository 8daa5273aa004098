"""Count the cards that were given: beside the calls, written now and then."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.cds_feedback import CdsFeedbackRepository
from app.db.transaction import clinic_transaction

EVERY_SECONDS: Final = 10.0

Counts = Counter[tuple[date, str]]

logger = logging.getLogger("neurostrata")


class CardCounts:
    """Counts cards by clinic, day and kind. No call waits for it, and none fails because of it.

    What cannot be written is tried again with what came since: there are never more numbers held
    than clinics, days and kinds.
    """

    def __init__(self, engine: AsyncEngine, every_seconds: float = EVERY_SECONDS) -> None:
        self._engine = engine
        self._every_seconds = every_seconds
        self._waiting: defaultdict[str, Counts] = defaultdict(Counter)
        self._writing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def note(self, clinic_id: str, kind: str) -> None:
        """Have one more card of a kind counted for a clinic."""
        self._waiting[clinic_id][datetime.now(UTC).date(), kind] += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_later())

    async def finish(self) -> None:
        """Write what waits. Nothing may be noted afterwards."""
        self._closing.set()
        if self._writing is not None:
            await self._writing
        await self._write()

    async def _write_later(self) -> None:
        while self._waiting and not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every_seconds):
                    await self._closing.wait()
            await self._write()

    async def _write(self) -> None:
        for clinic_id in list(self._waiting):
            counts = self._waiting.pop(clinic_id)
            try:
                await self._write_of(clinic_id, counts)
            except Exception as error:  # noqa: BLE001  (nobody waits for this)
                self._waiting[clinic_id] += counts
                logger.warning("given cards are not counted yet: %s", type(error).__name__)

    async def _write_of(self, clinic_id: str, counts: Counts) -> None:
        async with clinic_transaction(self._engine, clinic_id, writes=True) as connection:
            await CdsFeedbackRepository(connection, clinic_id).count(counts)
