"""What must be known before a caller is: whose key this is, and which clinic a token names."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.clinic.access import Caller
from app.clinic.api_key import ApiKey
from app.clinic.trusted_client import Assertion, TrustedClient
from app.db.access_tokens import (
    FIND_TOKEN,
    USED_ONCE,
    AccessTokenRepository,
    read_bearer,
    use_of,
    used_assertion,
)
from app.db.clinics import clinic
from app.db.file_line import FileLine
from app.db.file_writer import FileWriter, Writing
from app.db.insert import unless_there
from app.db.keys import FIND_KEY, RECORD_USE, read_key
from app.db.lines import Lines, Prepared
from app.db.transaction import transaction
from app.db.trusted_clients import FIND_CLIENT, FIND_ISSUER, read_client
from app.errors import Unavailable

_SHAPE_OF_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

TIDY_EVERY: Final = timedelta(minutes=1)
"""How often what a client's assertions left behind is looked through: a call is not for that."""

_FIND_KEY: Final = Prepared(FIND_KEY)
_FIND_TOKEN: Final = Prepared(FIND_TOKEN)
_FIND_CLIENT: Final = Prepared(FIND_CLIENT)
_FIND_ISSUER: Final = Prepared(FIND_ISSUER)
_RECORD_USE: Final = Prepared(RECORD_USE)
_USE_UP: Final = Prepared(unless_there("postgresql", used_assertion, USED_ONCE))
_USE_UP_ON_FILE: Final = Writing(unless_there("sqlite", used_assertion, USED_ONCE))
_BY_ID: Final = Prepared(select(clinic.c.id).where(clinic.c.id == bindparam("named")))
_BY_NAME: Final = Prepared(select(clinic.c.id).where(clinic.c.name == bindparam("named")))


class Door:
    """Asks the database one statement at a time, outside of any clinic's transaction.

    Every method raises Unavailable if the database is away. No answer is remembered.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._lines = Lines(engine) if engine.dialect.name == "postgresql" else None
        self._file = None
        if self._lines is None and engine.url.database:
            self._file = FileLine(Path(engine.url.database))
        self._writer = FileWriter(engine) if self._lines is None else None
        self._tidied: dict[str, datetime] = {}

    async def find_key(self, lookup: str) -> ApiKey | None:
        """Give the key of this lookup, if there is one."""
        row = await self._ask(_FIND_KEY, {"lookup": lookup})
        return None if row is None else read_key(row)

    async def find_bearer(self, digest: str, now: datetime) -> Caller | None:
        """Give the caller of an access token, if it is good and its client is still trusted."""
        row = await self._ask(_FIND_TOKEN, {"digest": digest})
        return None if row is None else read_bearer(row, now)

    async def find_client(self, client_id: str) -> TrustedClient | None:
        """Give the client of this id, if it is trusted."""
        if not _SHAPE_OF_ID.fullmatch(client_id):
            return None
        row = await self._ask(_FIND_CLIENT, {"client_id": client_id})
        return None if row is None else read_client(row)

    async def find_client_by_issuer(self, issuer: str) -> TrustedClient | None:
        """Give the client that names itself so, if there is one that is trusted."""
        row = await self._ask(_FIND_ISSUER, {"issuer": issuer})
        return None if row is None else read_client(row)

    async def use_up(self, client_id: str, assertion: Assertion, now: datetime) -> bool:
        """Note that an assertion is used up; False if it was before, by whichever process.

        False too if the database was lost on the way and found again, and had noted it.
        """
        is_first = await self._note(client_id, assertion)
        last = self._tidied.get(client_id)
        if is_first and (last is None or now - last >= TIDY_EVERY):
            self._tidied[client_id] = now
            with suppress(Unavailable):  # then in a minute
                await self._tidy(client_id, now)
        return is_first

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
        if self._file is not None:
            self._file.close()
        if self._writer is not None:
            await self._writer.close()

    async def _note(self, client_id: str, assertion: Assertion) -> bool:
        row = use_of(client_id, assertion)
        if self._lines is not None:
            return await self._lines.ask(_USE_UP, row) is not None
        if self._writer is not None:
            with suppress(sqlite3.Error):  # the patient way says what is the matter
                return await self._writer.insert(_USE_UP_ON_FILE, row)
        async with transaction(self._engine, writes=True) as connection:
            return await AccessTokenRepository(connection).use(client_id, assertion)

    async def _tidy(self, client_id: str, now: datetime) -> None:
        async with transaction(self._engine, writes=True) as connection:
            await AccessTokenRepository(connection).forget_used(client_id, now)

    async def _ask(
        self, asked: Prepared, values: Mapping[str, Any], *, writes: bool = False
    ) -> Mapping[str, Any] | None:
        if self._lines is not None:
            return await self._lines.ask(asked, values)
        if self._file is not None and asked.on_file is not None:
            with suppress(sqlite3.Error, OSError):  # the patient way says what is the matter
                return self._file.ask(asked.on_file, values)
        async with transaction(self._engine, writes=writes) as connection:
            result = await connection.execute(asked.statement, values)
            row = result.mappings().first() if result.returns_rows else None
        return None if row is None else dict(row)
