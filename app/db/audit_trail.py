"""Reading the audit chain of one clinic: page by page, or whole and as it was at one instant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.clinic.audit import Event, Head
from app.db.audit import HEAD_COLUMNS, audit_chain, audit_event, event_of
from app.db.erasures import erasure
from app.db.patients import patient, patient_version
from app.db.transaction import clinic_transaction, give_time

AT_ONCE: Final = 500
"""So many events are held at a time, however long the chain is."""

EVERY_CLINIC: Final = "*"
BEFORE_THE_CHAIN: Final = "unknown"
"""Who made a record that was kept before there was an account of accesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are asked for. Times in UTC; `until` is not included."""

    patient_id: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditTrail:
    """The chain of one clinic, to be read. No reader waits for a writer."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id
        self._ours = select(audit_event).where(audit_event.c.clinic_id == clinic_id)

    async def head(self) -> Head | None:
        """Give the head of the chain as it stands, if there is one."""
        query = select(*HEAD_COLUMNS).where(audit_chain.c.clinic_id == self._clinic_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else Head(**row)

    async def digest_at(self, sequence: int) -> str | None:
        """Give the digest of one event, if it is there."""
        query = select(audit_event.c.digest).where(
            audit_event.c.clinic_id == self._clinic_id, audit_event.c.sequence == sequence
        )
        return (await self._connection.scalars(query)).first()

    async def last_before(self, instant: datetime, below: int) -> Event | None:
        """Give the last event from before an instant, among those with a number below `below`."""
        query = self._ours.where(audit_event.c.at < instant, audit_event.c.sequence < below)
        query = query.order_by(audit_event.c.sequence.desc()).limit(1)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else event_of(row)

    async def span(self) -> tuple[int, Event] | None:
        """Give the number of the first event there is, and the last event, if there are any."""
        first = await self._connection.scalar(
            select(func.min(audit_event.c.sequence)).where(
                audit_event.c.clinic_id == self._clinic_id
            )
        )
        last = await self.page(EventFilter(), None, 1)
        return None if first is None else (first, last[0])

    async def page(self, wanted: EventFilter, before: int | None, size: int) -> list[Event]:
        """Give up to `size` events, the newest first, from the one before this number."""
        query = _chosen(self._ours, wanted)
        if before is not None:
            query = query.where(audit_event.c.sequence < before)
        query = query.order_by(audit_event.c.sequence.desc()).limit(size)
        return [event_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def events(self) -> AsyncIterator[Event]:
        """Give all events in order, a few at a time."""
        query = self._ours.order_by(audit_event.c.sequence)
        async with self._connection.stream(query, execution_options={"yield_per": AT_ONCE}) as all_:
            async for row in all_.mappings():
                yield event_of(row)

    async def oldest_record(self) -> datetime | None:
        """Say when the oldest record was kept that the chain must know of, if there is one."""
        found = []
        for table in (patient, patient_version):
            query = select(func.min(table.c.created_at)).where(
                table.c.clinic_id == self._clinic_id, table.c.changed_by != BEFORE_THE_CHAIN
            )
            found.append(await self._connection.scalar(query))
        erased = select(func.min(erasure.c.erased_at)).where(erasure.c.clinic_id == self._clinic_id)
        found.append(await self._connection.scalar(erased))
        return min((at for at in found if at is not None), default=None)


async def every_head(engine: AsyncEngine) -> list[Head]:
    """Give the heads of all clinics, as they are committed."""
    async with clinic_transaction(engine, EVERY_CLINIC, writes=False) as connection:
        rows = (await connection.execute(select(*HEAD_COLUMNS))).mappings()
        return [Head(**row) for row in rows]


@asynccontextmanager
async def audit_snapshot(engine: AsyncEngine, clinic_id: str) -> AsyncIterator[AuditTrail]:
    """Open a chain as it is at one instant: what others write meanwhile is not seen."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    async with clinic_transaction(engine, clinic_id, writes=False) as connection:
        give_time(connection)
        yield AuditTrail(connection, clinic_id)


def _chosen(query: Select[tuple[object, ...]], wanted: EventFilter) -> Select[tuple[object, ...]]:
    columns = audit_event.c
    if wanted.patient_id is not None:
        query = query.where(columns.patient_id == wanted.patient_id)
    if wanted.action is not None:
        query = query.where(columns.action == wanted.action)
    if wanted.since is not None:
        query = query.where(columns.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(columns.at < wanted.until)
    return query
