"""What must be known before a caller is: whose key this is, and which clinic a token names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.clinic.api_key import ApiKey
from app.db.clinics import clinic
from app.db.keys import FIND_KEY, RECORD_USE, read_key
from app.db.lines import Lines, Prepared
from app.db.transaction import transaction

_SHAPE_OF_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_FIND_KEY: Final = Prepared(FIND_KEY)
_RECORD_USE: Final = Prepared(RECORD_USE)
_BY_ID: Final = Prepared(select(clinic.c.id).where(clinic.c.id == bindparam("named")))
_BY_NAME: Final = Prepared(select(clinic.c.id).where(clinic.c.name == bindparam("named")))


class Door:
    """Asks the database one statement at a time, outside of any clinic's transaction.

    Every method raises Unavailable if the database is away. Nothing is remembered between calls.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._lines = Lines(engine) if engine.dialect.name == "postgresql" else None

    async def find_key(self, lookup: str) -> ApiKey | None:
        """Give the key of this lookup, if there is one."""
        row = await self._ask(_FIND_KEY, {"lookup": lookup})
        return None if row is None else read_key(row)

    async def find_clinic(self, named: str) -> str | None:
        """Give the id of the clinic that is named: by its id, or by its name here, exactly.

        What has the shape of an id is one, and never the name of another clinic.
        """
        asked = _BY_ID if _SHAPE_OF_ID.fullmatch(named) else _BY_NAME
        row = await self._ask(asked, {"named": named})
        return None if row is None else str(row["id"])

    async def record_use(self, key_id: str, now: datetime, unless_after: datetime) -> None:
        """Record that a key was used, unless a use after `unless_after` is on record."""
        values = {"key_id": key_id, "now": now, "unless_after": unless_after}
        await self._ask(_RECORD_USE, values, writes=True)

    async def close(self) -> None:
        """Close what is kept open. The engine stays as it is."""
        if self._lines is not None:
            await self._lines.close()

    async def _ask(
        self, asked: Prepared, values: Mapping[str, Any], *, writes: bool = False
    ) -> Mapping[str, Any] | None:
        if self._lines is not None:
            return await self._lines.ask(asked, values)
        async with transaction(self._engine, writes=writes) as connection:
            result = await connection.execute(asked.statement, values)
            row = result.mappings().first() if result.returns_rows else None
        return None if row is None else dict(row)
