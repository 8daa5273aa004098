"""Inserting a row that may already be there, without a race and without a failed transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert


async def insert_unless_there(
    connection: AsyncConnection,
    table: Table,
    row: Mapping[str, Any],
    *,
    unique: Sequence[str],
    where: ColumnElement[bool] | None = None,
) -> bool:
    """Insert the row, or do nothing if another has its `unique` columns. Says whether it did.

    `where` is the condition of a unique index that is not about every row.
    """
    statement = unless_there(connection.dialect.name, table, tuple(unique), where)
    return (await connection.execute(statement, row)).first() is not None


@lru_cache
def unless_there(
    dialect: str, table: Table, unique: tuple[str, ...], where: ColumnElement[bool] | None = None
) -> ReturningInsert[Any]:
    """The statement itself: it gives back a row if it inserted one."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(table).on_conflict_do_nothing(index_elements=unique, index_where=where)
    return statement.returning(table.c[unique[0]])
