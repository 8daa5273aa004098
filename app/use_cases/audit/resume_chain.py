"""Resume an audit chain that cannot go on: its key was lost, or somebody changed its head."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from app.clinic.audit import Head
from app.db.audit import AuditRepository
from app.db.audit_trail import AuditTrail
from app.db.transaction import clinic_transaction, give_time
from app.errors import Conflict
from app.use_cases.audit.act_for_operator import Turn

RESUMED = "resume_audit"


async def resume_chain(clinic_id: str, *, engine: AsyncEngine, key: bytes) -> None:
    """Let the chain go on after its last event, sealed with this key, and account for that.

    Nothing is made good: what was changed or is missing is found by every later check. Raises
    Conflict if the chain can go on as it is.
    """
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        give_time(connection)
        audit, trail = AuditRepository(connection, clinic_id), AuditTrail(connection, clinic_id)
        head, span = await trail.head(), await trail.span()
        if (head is None and span is None) or (head is not None and head.is_sealed(key)):
            raise Conflict("This chain can go on as it is: its head is sealed with this key.")
        first, last = span or (1, None)
        resumed = Head(clinic_id=clinic_id, first_sequence=first)
        if last is not None:
            base = head.base_digest if head else resumed.base_digest
            resumed = Head(
                clinic_id=clinic_id,
                first_sequence=first,
                last_sequence=last.sequence,
                base_digest=base,
                digest=last.digest,
                last_at=last.at,
            )
        resumed = resumed.sealed(key)
        await audit.put(resumed)
        moment = resumed.moment(datetime.now(UTC))
        await Turn(connection, clinic_id, audit, key, resumed, moment).account(RESUMED)
