"""Evidence fitted from a clinic's own patients: the bytes of its document, which never change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611272210"
down_revision = "202611272200"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""


def upgrade() -> None:
    """Add the table, and close it to other clinics. In PostgreSQL no policy lets a row change."""
    op.create_table(
        "fitted_evidence",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(240), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_version", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_fitted_evidence"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_fitted_evidence_clinic_id"),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE fitted_evidence ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE fitted_evidence FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_clinic ON fitted_evidence FOR SELECT USING ({OWN_CLINIC})")
        op.execute(f"CREATE POLICY added ON fitted_evidence FOR INSERT WITH CHECK ({OWN_CLINIC})")


def downgrade() -> None:
    """Remove the table; kept estimates stay as they were given, and can be replayed no more."""
    op.drop_table("fitted_evidence")
