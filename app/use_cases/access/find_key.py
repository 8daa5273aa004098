"""Find the API key that an operator names by its id."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.api_key import ApiKey
from app.db.keys import KeyRepository
from app.errors import NotFound

NO_SUCH_KEY = "There is no such key. `keys list` shows the ids of those there are."


async def find_key(key_id: str, *, connection: AsyncConnection) -> ApiKey:
    """Give the key of this id. Raises NotFound if there is none, or if this is no id."""
    try:
        parsed = str(UUID(key_id))
    except ValueError:
        raise NotFound(NO_SUCH_KEY) from None
    key = await KeyRepository(connection).get(parsed)
    if key is None:
        raise NotFound(NO_SUCH_KEY)
    return key
