"""The role of PostgreSQL that row policies bind: whether the service can work, and its repair.

A restored database, or another user, leaves the role without what a migration once gave it, and no
migration would run again. So every `migrate` looks after it, and `/readyz` asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app.db.engine import MIGRATION_SECONDS, SERVICE_ROLE
from app.db.tables import TABLES
from app.errors import ConfigurationFault

RIGHTS: Final = ["SELECT", "INSERT", "UPDATE", "DELETE"]

_TURN: Final = 6_174_641  # any number, the same in every release, and not that of the migrations
# Refused; or done by another database's migration just now: roles belong to the whole server.
_EXPECTED: Final = ("42501", "42710", "23505")

# Before PostgreSQL 16 every member of a role might take it on.
STANDING: Final = text("""
SELECT quote_ident(u.rolname) AS username, quote_ident(current_schema()) AS place,
  u.rolsuper OR u.rolbypassrls AS is_unbound,
  u.rolsuper OR u.rolcreaterole AS may_make_roles,
  has_table_privilege(u.oid, 'patient', 'SELECT')
    AND has_table_privilege(u.oid, 'patient', 'INSERT') AS reaches_patients,
  CAST(current_setting('transaction_read_only') AS boolean) AS only_reads,
  r.oid IS NOT NULL AS role_exists,
  u.rolsuper OR coalesce(pg_has_role(u.oid, r.oid, CASE
    WHEN CAST(current_setting('server_version_num') AS integer) < 160000 THEN 'MEMBER' ELSE 'SET'
  END), false) AS may_become,
  coalesce(has_schema_privilege(r.oid, current_schema(), 'USAGE'), false) AS enters,
  coalesce(has_table_privilege(r.oid, 'alembic_version', 'SELECT'), false) AS reads_version,
  ARRAY(
    SELECT t FROM unnest(CAST(:tables AS text[])) AS t
    WHERE NOT coalesce((SELECT bool_and(has_table_privilege(r.oid, t, p))
      FROM unnest(CAST(:rights AS text[])) AS p), false)
  ) AS lacking
FROM pg_roles u LEFT JOIN pg_roles r ON r.rolname = :role
WHERE u.rolname = current_user
""").bindparams(role=SERVICE_ROLE, rights=RIGHTS, tables=[table.name for table in TABLES])
"""Gives what `Standing` is made of, in a database that is migrated to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the connected user and the role may do. `lacking` are tables closed to the role."""

    username: str
    place: str
    is_unbound: bool
    may_make_roles: bool
    reaches_patients: bool
    only_reads: bool
    role_exists: bool
    may_become: bool
    enters: bool
    reads_version: bool
    lacking: list[str]

    @property
    def fault(self) -> str | None:
        """Why records can be neither read nor written, and what helps; None if they can."""
        if not self.is_unbound:
            return None if self.reaches_patients else self._unknown_user()
        if self.may_become and self.enters and not self.lacking:
            return None
        return (
            f"{self.username} looks past row policies and cannot work as {SERVICE_ROLE}."
            f" Run as a superuser, in this database: {'; '.join(self.remedies())};"
        )

    def _unknown_user(self) -> str:
        remedy = f"GRANT {SERVICE_ROLE} TO {self.username};"
        return f"{self.username} may not use the tables. Run as a superuser: {remedy}"

    def remedies(self) -> Iterator[str]:
        """Give the statements that are missing."""
        if not self.role_exists:
            yield f"CREATE ROLE {SERVICE_ROLE} NOLOGIN"
        if self.is_unbound and not self.may_become:
            yield f"GRANT {SERVICE_ROLE} TO {self.username}"
        if not self.enters:
            yield f"GRANT USAGE ON SCHEMA {self.place} TO {SERVICE_ROLE}"
        if self.lacking:
            tables = ", ".join(self.lacking)
            yield f"GRANT {', '.join(RIGHTS)} ON {tables} TO {SERVICE_ROLE}"
        if not self.reads_version:
            yield f"GRANT SELECT ON alembic_version TO {SERVICE_ROLE}"


def look_after_role(engine: Engine) -> None:
    """Give the role what it lacks, as far as this user may.

    Raises ConfigurationFault if records cannot be worked with all the same. Where nothing is
    missing, nothing is written.
    """
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{MIGRATION_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
        standing = _read(connection)
        if not standing.only_reads and (standing.role_exists or standing.may_make_roles):
            for statement in standing.remedies():
                _try(connection, statement)
            standing = _read(connection)
    if standing.fault is not None:
        raise ConfigurationFault(standing.fault)


def _read(connection: Connection) -> Standing:
    return Standing(**connection.execute(STANDING).mappings().one())


def _try(connection: Connection, statement: str) -> None:
    """Run a statement that may be refused: what is still missing is seen when it is read again."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _EXPECTED:
            raise
