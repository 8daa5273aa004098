"""List the API keys: whose they are, what they may do, and what has become of them."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.api_key import ApiKey
from app.db.keys import KeyRepository
from app.errors import NotFound


async def list_keys(
    clinic_name: str | None, *, connection: AsyncConnection
) -> list[tuple[str, ApiKey]]:
    """Give each key with the name of its clinic: of one clinic, or of all, oldest first.

    Raises NotFound if there is no clinic of that name, or none of its keys.
    """
    keys = KeyRepository(connection)
    if clinic_name is None:
        return await keys.list_all()
    listed = await keys.list_all(clinic_name)
    if not listed:
        raise NotFound("There is no clinic of this name that has a key.")
    return listed
