"""Connections to PostgreSQL for single statements, each a transaction by itself.

A request asks who its caller is before anything else, and that answer must not cost four round
trips: no BEGIN, no COMMIT, no ROLLBACK when the connection goes back, and no question whether it
still lives. It is asked, and if it turns out to be dead, a new one is asked once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select

from app.db.engine import POOL_SECONDS
from app.db.file_line import Reading
from app.db.outage import driver_told_as_unavailable, told_as_unavailable
from app.db.transaction import AWAY
from app.errors import Unavailable

MOST_LINES: Final = 4
"""How many are kept: an answer takes a tenth of a millisecond, so few are enough."""

ANSWER_SECONDS: Final = 5


class Prepared:
    """A statement, written for PostgreSQL once; and how the columns of its answer are read."""

    def __init__(self, statement: Select[Any] | UpdateBase) -> None:
        dialect = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]
        self.statement = statement
        self.on_file = Reading(statement) if isinstance(statement, Select) else None
        self.text = str(statement.compile(dialect=dialect))
        self._readers = [
            (column.name, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for column in statement.exported_columns
        ]

    @property
    def answers(self) -> bool:
        """Whether rows come back. The driver knows too, and takes its time to tell."""
        return bool(self._readers)

    def read(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """The columns by name, as SQLAlchemy would give them."""
        cells = zip(self._readers, row, strict=True)
        return {name: read(cell) if read else cell for (name, read), cell in cells}


class Lines:
    """A few connections of an engine, taken out of its pool for good."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._idle: list[psycopg.AsyncConnection[tuple[Any, ...]]] = []
        self._turns = asyncio.Semaphore(MOST_LINES)

    async def ask(self, asked: Prepared, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """Give the first row, if there is one. Raises Unavailable if the database is away.

        A statement may be run twice, the second time when nobody knows of the first whether it
        was. If it writes, that must do no harm.
        """
        try:
            with driver_told_as_unavailable(AWAY):
                async with asyncio.timeout(POOL_SECONDS + ANSWER_SECONDS), self._turns:
                    return await self._ask_a_living_one(asked, values)
        except TimeoutError as error:
            raise Unavailable(AWAY) from error

    async def close(self) -> None:
        """Close those that are idle. Nothing may be asked afterwards."""
        while self._idle:
            await self._idle.pop().close()

    async def _ask_a_living_one(
        self, asked: Prepared, values: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        if self._idle:
            try:
                return await self._ask(self._idle.pop(), asked, values)
            except psycopg.OperationalError:
                await self.close()  # what ended one has most likely ended all
        return await self._ask(await self._open(), asked, values)

    async def _ask(
        self,
        line: psycopg.AsyncConnection[tuple[Any, ...]],
        asked: Prepared,
        values: Mapping[str, Any],
    ) -> dict[str, Any] | None:
        try:
            cursor = await line.execute(asked.text, values)
            row = await cursor.fetchone() if asked.answers else None
        except BaseException:
            await line.close()  # nobody knows what is still on its way
            raise
        self._idle.append(line)
        return None if row is None else asked.read(row)

    async def _open(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        with told_as_unavailable(AWAY):
            pooled = await self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()
        line: psycopg.AsyncConnection[tuple[Any, ...]] = driver
        await line.set_autocommit(True)
        return line
