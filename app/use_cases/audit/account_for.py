"""Account for a deed: one more event in the audit chain of its clinic."""

from __future__ import annotations

from datetime import UTC, datetime

from app.clinic.audit import Deed, Event, Head
from app.db.audit import AuditRepository


async def account_for(
    deed: Deed,
    *,
    audit: AuditRepository,
    key: bytes,
    held: Head | None = None,
    changes: bool = False,
) -> Event:
    """Append the deed to the chain. `held` is its head, if this transaction has it already.

    The event carries the moment of the head: what is told and what is kept have one time.
    `changes`: whether patients or levels may have changed by it.
    """
    head = held or await audit.hold(key)
    grown, event = head.append(deed, head.moment(datetime.now(UTC)), key)
    await audit.append(grown, event, changes=changes)
    return event
