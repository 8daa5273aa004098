"""Retain a clinic's records for as long as the settings say, and no longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.audit_trail import AuditTrail
from app.db.erasures import ErasureRepository
from app.db.first_answers import FirstAnswerRepository
from app.settings import Settings
from app.use_cases.audit.act_for_operator import take_turn

AT_ONCE: Final = 10_000
"""So many events are let go of in one transaction: other writers of the clinic wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGo:
    """How many of each kind a clinic does not keep any more."""

    first_answers: int
    tombstones: int
    audit_events: int


async def retain(clinic_id: str, *, settings: Settings, engine: AsyncEngine, key: bytes) -> LetGo:
    """Remove what is older than the settings allow, and account for each removal.

    Raises Unavailable if the audit chain was not sealed with this key.
    """
    now = datetime.now(UTC)
    answers = await _forget_answers(
        clinic_id, now - timedelta(hours=settings.idempotency_hours), engine=engine, key=key
    )
    tombstones = events = 0
    if settings.tombstone_days is not None:
        oldest = now - timedelta(days=settings.tombstone_days)
        tombstones = await _remove_tombstones(clinic_id, oldest, engine=engine, key=key)
    if settings.audit_days is not None:
        oldest = now - timedelta(days=settings.audit_days)
        while gone := await _let_go(clinic_id, oldest, engine=engine, key=key):
            events += gone
    return LetGo(first_answers=answers, tombstones=tombstones, audit_events=events)


async def _forget_answers(
    clinic_id: str, oldest: datetime, *, engine: AsyncEngine, key: bytes
) -> int:
    async with take_turn(engine, clinic_id, key) as turn:
        answers = FirstAnswerRepository(turn.connection, clinic_id)
        gone = await answers.forget_before(oldest)
        if gone:
            await turn.account("forget_first_answers", count=gone)
    return gone


async def _remove_tombstones(
    clinic_id: str, oldest: datetime, *, engine: AsyncEngine, key: bytes
) -> int:
    async with take_turn(engine, clinic_id, key) as turn:
        gone = await ErasureRepository(turn.connection, clinic_id).remove_before(oldest)
        if gone:
            await turn.account("remove_tombstones", count=gone)
    return gone


async def _let_go(clinic_id: str, oldest: datetime, *, engine: AsyncEngine, key: bytes) -> int:
    async with take_turn(engine, clinic_id, key) as turn:
        trail = AuditTrail(turn.connection, clinic_id)
        last = await trail.last_before(oldest, below=turn.head.first_sequence + AT_ONCE)
        if last is None or last.sequence < turn.head.first_sequence:
            return 0
        turn.head = turn.head.let_go(last, key)
        gone = await turn.audit.let_go(turn.head)
        await turn.account("let_go_of_audit_events", count=gone)
    return gone
