"""Telling a database that is away from a statement that is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.errors import Unavailable

_PRIMARY_CODE = 0xFF


@contextmanager
def told_as_unavailable(detail: str) -> Iterator[None]:
    """Raise Unavailable if the database cannot be reached, is too busy, full or going down."""
    try:
        yield
    except (InterfaceError, PoolTimeoutError) as error:
        raise Unavailable(detail) from error
    except OperationalError as error:
        if _is_wrong_statement(error):
            raise
        raise Unavailable(detail) from error


@contextmanager
def driver_told_as_unavailable(detail: str) -> Iterator[None]:
    """The same where PostgreSQL's driver is used without SQLAlchemy."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable(detail) from error


def _is_wrong_statement(error: OperationalError) -> bool:
    # SQLite calls a missing table "operational" too; PostgreSQL has another class for that.
    code: int | None = getattr(error.orig, "sqlite_errorcode", None)
    return code is not None and code & _PRIMARY_CODE == sqlite3.SQLITE_ERROR
