"""Verify the audit chain of a clinic: every event, its head, and what the checkpoints know."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncEngine

from app.clinic.chain_check import ChainCheck, ChainReport
from app.clinic.checkpoint import Checkpoint
from app.db.audit_trail import audit_snapshot


async def verify_chain(
    clinic_id: str, *, checkpoints: Iterable[Checkpoint], engine: AsyncEngine, key: bytes
) -> ChainReport:
    """Walk the chain as it is now, in constant memory; the clinic's requests go on meanwhile."""
    async with audit_snapshot(engine, clinic_id) as trail:
        check = ChainCheck(
            clinic_id,
            await trail.head(),
            key,
            checkpoints=checkpoints,
            oldest_record=await trail.oldest_record(),
        )
        async for event in trail.events():
            check.take(event)
    return check.report()
