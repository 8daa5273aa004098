"""List the events of a clinic's audit chain, page by page, the newest first."""

from __future__ import annotations

from hashlib import sha256

from app.clinic.audit import Event
from app.clinic.page import CursorSeal, Place
from app.db.audit_trail import AuditTrail, EventFilter


async def list_events(
    wanted: EventFilter, size: int, cursor: str | None, *, trail: AuditTrail, cursor_key: bytes
) -> tuple[list[Event], str | None]:
    """Give up to `size` events and the cursor that goes on after them, if the list does.

    Events that are added meanwhile stand before the first page: no page repeats or misses one.
    Raises InvalidInput if the cursor is not of this list.
    """
    chosen = sha256(repr(wanted).encode()).hexdigest()
    seal = CursorSeal(cursor_key, f"audit {chosen}")
    before = None if cursor is None else int(str(seal.read(cursor).values[0]))
    found = await trail.page(wanted, before, size + 1)
    items = found[:size]
    goes_on = len(found) > size
    return items, seal.write(Place((items[-1].sequence,), "")) if goes_on else None
