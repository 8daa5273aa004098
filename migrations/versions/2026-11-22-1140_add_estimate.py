"""Estimates that were given for a patient and kept: the very bytes, and what they rest on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221140"
down_revision = "202611221130"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""


def upgrade() -> None:
    """Add the table, and close it to other clinics. In PostgreSQL no policy lets a row change."""
    op.create_table(
        "estimate",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("measurement_id", sa.Uuid(), nullable=False),
        sa.Column("patient_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(240), nullable=False),
        sa.Column("evidence_id", sa.String(64), nullable=False),
        sa.Column("evidence_version", sa.String(32), nullable=False),
        sa.Column("evidence_digest", sa.String(80), nullable=False),
        sa.Column("service_version", sa.String(32), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_estimate"),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name="fk_estimate_clinic_id_patient_id",
        ),
    )
    op.create_index(
        "ix_estimate_clinic_id_patient_id_created_at_id",
        "estimate",
        ["clinic_id", "patient_id", "created_at", "id"],
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE estimate ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE estimate FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_clinic ON estimate FOR SELECT USING ({OWN_CLINIC})")
        op.execute(f"CREATE POLICY added ON estimate FOR INSERT WITH CHECK ({OWN_CLINIC})")
        op.execute(f"CREATE POLICY erased ON estimate FOR DELETE USING ({OWN_CLINIC})")


def downgrade() -> None:
    """Remove the table, and with it every kept estimate."""
    op.drop_table("estimate")
