"""The SQLite file for single inserts, each a transaction by itself.

SQLAlchemy's transaction around one insert is some ten messages to the thread of a connection and
back. Here it is one: the thread writes, syncs the journal, and tells whether a row was new.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import aiosqlite
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import ReturningInsert

from app.db.outage import told_as_unavailable
from app.db.transaction import AWAY, turn

_DIALECT: Final = sqlite.dialect(paramstyle="named")


class Writing:
    """An insert, written for SQLite once; and how its values are put in."""

    def __init__(self, insert: ReturningInsert[Any]) -> None:
        compiled = insert.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self._writers = {
            name: bound.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
            for name, bound in compiled.binds.items()
        }

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the file has them."""
        return {
            name: write(given[name]) if write else given[name]
            for name, write in self._writers.items()
        }


class FileWriter:
    """One connection of an engine, taken out of its pool for good."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._line: aiosqlite.Connection | None = None

    async def insert(self, writing: Writing, given: Mapping[str, Any]) -> bool:
        """Insert the row, and say whether it did.

        Raises sqlite3.Error if nothing was inserted, Unavailable if the file cannot be opened or
        no turn came.
        """
        async with turn(self._engine, writes=True):
            line, self._line = self._line or await self._open(), None
            try:
                rows = await line.execute_fetchall(writing.text, writing.values(given))
            except BaseException:
                await line.close()  # what is under way is finished before that
                raise
            self._line = line
        return bool(list(rows))

    async def close(self) -> None:
        """Close the connection, if there is one. Nothing may be inserted afterwards."""
        if self._line is not None:
            await self._line.close()
            self._line = None

    async def _open(self) -> aiosqlite.Connection:
        with told_as_unavailable(AWAY):
            pooled = await self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()
        line: aiosqlite.Connection = driver
        return line
