"""Revoke an API key: from the next request on it opens nothing, in every process."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.api_key import ApiKey
from app.db.keys import KeyRepository
from app.use_cases.access.find_key import find_key


async def revoke_key(key_id: str, *, connection: AsyncConnection) -> ApiKey:
    """Close a key for good and give it as it was; one that was revoked before stays as it was.

    A key that took its place is another key and stays open. Raises NotFound.
    """
    key = await find_key(key_id, connection=connection)
    await KeyRepository(connection).revoke(key.id, datetime.now(UTC))
    return key
