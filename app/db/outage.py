"""Telling a database that is away from a statement that is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.errors import Unavailable

_PRIMARY_CODE = 0xFF
_PAST_LIMITS = "54"  # the class of PostgreSQL's program_limit_exceeded
_ONLY_READS = "25006"  # read_only_sql_transaction, to psycopg an internal error


@contextmanager
def told_as_unavailable(detail: str) -> Iterator[None]:
    """Raise Unavailable if the database cannot be reached, is too busy, full or going down."""
    try:
        yield
    except (InterfaceError, PoolTimeoutError) as error:
        raise Unavailable(detail) from error
    except (OperationalError, InternalError) as error:
        if _is_wrong_statement(error.orig):
            raise
        raise Unavailable(detail) from error


@contextmanager
def driver_told_as_unavailable(detail: str) -> Iterator[None]:
    """The same where PostgreSQL's driver is used without SQLAlchemy."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
        if _is_wrong_statement(error):
            raise
        raise Unavailable(detail) from error


def only_reads(error: BaseException | None) -> bool:
    """Whether a statement failed because its connection may write nothing."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code & _PRIMARY_CODE == sqlite3.SQLITE_READONLY
    return getattr(error, "sqlstate", None) == _ONLY_READS


def _is_wrong_statement(error: BaseException | None) -> bool:
    # SQLite calls a missing table "operational" too, PostgreSQL a statement past its limits.
    if only_reads(error):
        return False
    if isinstance(error, (sqlite3.InternalError, psycopg.InternalError)):
        return True
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code & _PRIMARY_CODE == sqlite3.SQLITE_ERROR
    return (getattr(error, "sqlstate", None) or "").startswith(_PAST_LIMITS)
