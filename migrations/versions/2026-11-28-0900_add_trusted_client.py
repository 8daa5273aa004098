"""Clients that prove themselves by signatures, their access tokens, and what they have used up.

None of it is about patients, and all of it is read to find out which clinic asks: no row policies.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611280900"
down_revision = "202611272210"
branch_labels = None
depends_on = None

OPEN = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    """Add the three tables."""
    _add_clients()
    op.create_table(
        "access_token",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", sa.String(1000), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_access_token"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["trusted_client.id"], name="fk_access_token_client_id"
        ),
    )
    op.create_table(
        "used_assertion",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "digest", name="pk_used_assertion"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["trusted_client.id"], name="fk_used_assertion_client_id"
        ),
    )
    for table in ("access_token", "used_assertion"):
        name = f"ix_{table}_client_id_expires_at"
        op.create_index(name, table, ["client_id", "expires_at"])


def downgrade() -> None:
    """Remove the tables: no client is trusted any more, and none of their tokens is good."""
    for table in ("used_assertion", "access_token", "trusted_client"):
        op.drop_table(table)


def _add_clients() -> None:
    op.create_table(
        "trusted_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=True),
        sa.Column("jwks_url", sa.String(500), nullable=True),
        sa.Column("jwks", sa.Text(), nullable=True),
        sa.Column("scopes", sa.String(1000), nullable=False),
        sa.Column("fhir_servers", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_trusted_client"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_trusted_client_clinic_id"),
        sa.CheckConstraint("(jwks_url IS NULL) <> (jwks IS NULL)", name="ck_trusted_client_keys"),
    )
    op.create_index("ix_trusted_client_clinic_id", "trusted_client", ["clinic_id"])
    op.create_index(
        "ix_trusted_client_issuer",
        "trusted_client",
        ["issuer"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
