"""A role that the row policies of PostgreSQL bind, whoever the service's own user is.

Patients are read and written under it where that user could look past the policies: a superuser,
or one with BYPASSRLS. A user who may not make roles needs none: the policies bind such a user.
"""

from __future__ import annotations

from alembic import op

revision = "202611221105"
down_revision = "202611221100"
branch_labels = None
depends_on = None

MAY_MAKE_ROLES = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
# Roles belong to the whole server: another database of it may have made this one, even just now.
MAKE_ROLE = """
DO $$ BEGIN
  CREATE ROLE neurostrata_service NOLOGIN NOSUPERUSER NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
# A superuser may take any role on. Who is bound by the policies already needs no other. Who is
# refused the role is told at the end of `migrate`, which looks after it each time.
JOIN_ROLE = """
DO $$ BEGIN
  IF (SELECT rolbypassrls AND NOT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    GRANT neurostrata_service TO CURRENT_USER;
  END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$
"""
RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    """Make the role, and let it work with the tables there are and those to come."""
    if not _may_make_roles():
        return
    op.execute(MAKE_ROLE)
    op.execute(JOIN_ROLE)
    op.execute(f"GRANT {RIGHTS} ON clinic, api_key, patient, measurement TO neurostrata_service")
    op.execute(f"ALTER DEFAULT PRIVILEGES GRANT {RIGHTS} ON TABLES TO neurostrata_service")


def downgrade() -> None:
    """Take the rights away. The role stays: other databases of the server may use it."""
    if not _may_make_roles():
        return
    op.execute(f"ALTER DEFAULT PRIVILEGES REVOKE {RIGHTS} ON TABLES FROM neurostrata_service")
    op.execute(f"REVOKE {RIGHTS} ON clinic, api_key, patient, measurement FROM neurostrata_service")


def _may_make_roles() -> bool:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return False
    return bool(connection.exec_driver_sql(MAY_MAKE_ROLES).scalar())
