"""The first answer to each idempotency key, for whoever sends the same request again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221130"
down_revision = "202611221120"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""


def upgrade() -> None:
    """Add the table, and close it to other clinics."""
    op.create_table(
        "first_answer",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.String(240), nullable=False),
        sa.Column("route", sa.String(200), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "principal", "route", "key", name="pk_first_answer"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_first_answer_clinic_id"),
    )
    op.create_index("ix_first_answer_created_at", "first_answer", ["created_at"])
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE first_answer ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE first_answer FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY own_clinic ON first_answer "
            f"USING ({OWN_CLINIC}) WITH CHECK ({OWN_CLINIC})"
        )


def downgrade() -> None:
    """Remove the table: a request that is sent again is then carried out again."""
    op.drop_table("first_answer")
