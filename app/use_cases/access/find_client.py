"""Find the trusted client that an operator names by its id."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.trusted_client import TrustedClient
from app.db.trusted_clients import TrustedClientRepository
from app.errors import NotFound

NO_SUCH_CLIENT: Final = "There is no such client. `clients list` shows the ids of those there are."


async def find_client(client_id: str, *, connection: AsyncConnection) -> TrustedClient:
    """Give the client of this id. Raises NotFound if there is none, or if this is no id."""
    try:
        parsed = str(UUID(client_id))
    except ValueError:
        raise NotFound(NO_SUCH_CLIENT) from None
    client = await TrustedClientRepository(connection).get(parsed)
    if client is None:
        raise NotFound(NO_SUCH_CLIENT)
    return client
