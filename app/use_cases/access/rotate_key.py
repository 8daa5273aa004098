"""Rotate an API key: a new one takes its place, and the old one works a little longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.api_key import KeyState, new_key_text
from app.db.keys import KeyRepository
from app.errors import Conflict
from app.use_cases.access.find_key import find_key

_NOT_GOOD: Final = {
    KeyState.ROTATED: "This key was rotated before: rotate the one that took its place.",
    KeyState.EXPIRED: "This key has expired: create a new one instead.",
    KeyState.REVOKED: "This key is revoked: create a new one instead.",
}


async def rotate_key(key_id: str, grace: timedelta, *, connection: AsyncConnection) -> str:
    """Give the text of a new key for the same clinic and role, this once.

    The old one opens the door for the grace, unless it expires earlier. The new one may live as
    many days as the old one was made for. Raises NotFound, or Conflict if the key is not good.
    """
    old = await find_key(key_id, connection=connection)
    now, text = datetime.now(UTC), new_key_text()
    state = old.state(now)
    if state is not KeyState.GOOD:
        raise Conflict(_NOT_GOOD[state])
    ending, new = old.rotated(text, old.expires_after_rotation(now), grace, now)
    keys = KeyRepository(connection)
    if not await keys.mark_rotated(ending):
        raise Conflict("This key was rotated or revoked just now.")
    await keys.add(new)
    return text.written
