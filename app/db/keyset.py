"""Lists that are continued from a place instead of counted from the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, or_, tuple_

from app.clinic.page import BY_CREATION, Order, Place, SortValue
from app.db.terms import bound, comparable


def in_order_of_creation(query: Select[Any], table: Table, after: Place | None) -> Select[Any]:
    """Order the query's rows by creation, and begin after the place if there is one."""
    return in_order(query, table, BY_CREATION, after)


def in_order(query: Select[Any], table: Table, order: Order, after: Place | None) -> Select[Any]:
    """Order the query's rows, and begin after the place if there is one.

    What is not stated is last. Equal rows follow their ids, in the direction of the last field.
    """
    keys = [_Key(table.c[by.field], by.descending) for by in order]
    keys.append(_Key(table.c.id, order[-1].descending))
    if after is not None:
        query = query.where(_after(keys, (*after.values, after.id)))
    return query.order_by(*(key.ordering for key in keys))


@dataclass(frozen=True, slots=True)
class _Key:
    """A column that decides the order."""

    column: ColumnElement[Any]
    descending: bool

    @property
    def is_certain(self) -> bool:
        """Whether every row has a value here."""
        return not getattr(self.column, "nullable", True)

    @property
    def ordering(self) -> ColumnElement[Any]:
        """As in ORDER BY. What is always stated is ordered plainly, as indexes are."""
        term = comparable(self.column)
        directed = term.desc() if self.descending else term.asc()
        return directed if self.is_certain else directed.nulls_last()

    def equals(self, value: SortValue) -> ColumnElement[bool]:
        """Whether a row has the value; None is like None here."""
        if value is None:
            return self.column.is_(None)
        return comparable(self.column) == bound(self.column, value)

    def is_beyond(self, value: SortValue) -> ColumnElement[bool] | None:
        """Whether a row comes after the value; None if none can."""
        if value is None:
            return None
        term, at = comparable(self.column), bound(self.column, value)
        beyond = term < at if self.descending else term > at
        return beyond if self.is_certain else or_(beyond, self.column.is_(None))


def _after(keys: list[_Key], values: tuple[SortValue, ...]) -> ColumnElement[bool]:
    if all(key.is_certain for key in keys) and len({key.descending for key in keys}) == 1:
        return _after_at_once(keys, values)
    beyond: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, value in zip(keys, values, strict=True):
        step = key.is_beyond(value)
        if step is not None:
            beyond.append(and_(*equal, step))
        equal.append(key.equals(value))
    return or_(*beyond)


def _after_at_once(keys: list[_Key], values: tuple[SortValue, ...]) -> ColumnElement[bool]:
    """Compare whole rows: one walk along an index, where there is one."""
    here = tuple_(*(comparable(key.column) for key in keys))
    place = tuple_(*(bound(key.column, at) for key, at in zip(keys, values, strict=True)))
    return here < place if keys[0].descending else here > place
