"""Lists in order of creation, continued from a place instead of counted from the start."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Table, literal, tuple_

from app.clinic.page import Place


def in_order_of_creation(query: Select[Any], table: Table, after: Place | None) -> Select[Any]:
    """Order the query's rows by creation, and begin after the place if there is one."""
    order = (table.c.created_at, table.c.id)
    if after is not None:
        place = (
            literal(after.created_at, table.c.created_at.type),
            literal(after.id, table.c.id.type),
        )
        query = query.where(tuple_(*order) > tuple_(*place))
    return query.order_by(*order)
