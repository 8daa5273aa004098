"""What is left of a patient who was erased: that there was one, and when and by whom erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221150"
down_revision = "202611221140"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""


def upgrade() -> None:
    """Add the table, and close it to other clinics."""
    op.create_table(
        "erasure",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_by", sa.String(240), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", name="pk_erasure"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_erasure_clinic_id"),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE erasure ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE erasure FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_clinic ON erasure USING ({OWN_CLINIC}) WITH CHECK ({OWN_CLINIC})"
        )


def downgrade() -> None:
    """Remove the table, and with it the trace that somebody was erased."""
    op.drop_table("erasure")
