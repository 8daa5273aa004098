"""Inserting a row that may already be there, without a race and without a failed transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_unless_there(
    connection: AsyncConnection, table: Table, row: Mapping[str, Any], *, unique: Sequence[str]
) -> bool:
    """Insert the row, or do nothing if another has its `unique` columns. Says whether it did."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**row).on_conflict_do_nothing(index_elements=unique)
    result = await connection.execute(statement.returning(table.c[unique[0]]))
    return result.first() is not None
