"""What became of the cards of CDS Hooks: counts of those given, and the last word on each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611281000"
down_revision = "202611280900"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""


def upgrade() -> None:
    """Add the tables, and close them to other clinics."""
    op.create_table(
        "cds_feedback",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("card", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome_month", sa.String(7), nullable=False),
        sa.Column("reason_system", sa.String(255), nullable=True),
        sa.Column("reason_code", sa.String(64), nullable=True),
        sa.Column("has_comment", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_from", sa.String(240), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "card", name="pk_cds_feedback"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_cds_feedback_clinic_id"),
    )
    op.create_table(
        "cds_card_count",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "day", "kind", name="pk_cds_card_count"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_cds_card_count_clinic_id"),
    )
    if op.get_context().dialect.name == "postgresql":
        for table in ("cds_feedback", "cds_card_count"):
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(
                f"CREATE POLICY own_clinic ON {table} "
                f"USING ({OWN_CLINIC}) WITH CHECK ({OWN_CLINIC})"
            )


def downgrade() -> None:
    """Remove the tables: what was said of cards is lost."""
    op.drop_table("cds_card_count")
    op.drop_table("cds_feedback")
