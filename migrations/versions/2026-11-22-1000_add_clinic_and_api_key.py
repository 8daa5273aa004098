"""Clinics, and the keys that open the door for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221000"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "clinic",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("cursor_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clinic"),
        sa.UniqueConstraint("name", name="uq_clinic_name"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.String(12), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_api_key_clinic_id"),
        sa.UniqueConstraint("lookup", name="uq_api_key_lookup"),
        sa.CheckConstraint("role IN ('viewer', 'editor', 'admin')", name="ck_api_key_role"),
    )
    op.create_index("ix_api_key_clinic_id", "api_key", ["clinic_id"])


def downgrade() -> None:
    """Remove both tables, and with them every key."""
    op.drop_table("api_key")
    op.drop_table("clinic")
