"""Models fitted to a clinic's own cohort, kept with their question and the cohort's version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611272200"
down_revision = "202611272150"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""


def upgrade() -> None:
    """Add the table, and close it to other clinics."""
    op.create_table(
        "cohort_model",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(240), nullable=False),
        sa.Column("cohort_version", sa.String(64), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_cohort_model"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_cohort_model_clinic_id"),
        sa.CheckConstraint(
            "status IN ('running', 'done', 'failed')", name="ck_cohort_model_status"
        ),
    )
    op.create_index(
        "ix_cohort_model_clinic_id_created_at_id",
        "cohort_model",
        ["clinic_id", "created_at", "id"],
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE cohort_model ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE cohort_model FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY own_clinic ON cohort_model "
            f"USING ({OWN_CLINIC}) WITH CHECK ({OWN_CLINIC})"
        )


def downgrade() -> None:
    """Remove the table, and with it every fitted model."""
    op.drop_table("cohort_model")
