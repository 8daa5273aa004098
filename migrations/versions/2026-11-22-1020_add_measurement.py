"""Biomarker levels of patients, closed to other clinics like the patients themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221020"
down_revision = "202611221010"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""


def upgrade() -> None:
    """Add the table, and close it to other clinics."""
    op.create_table(
        "measurement",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("biomarker", sa.String(16), nullable=False),
        sa.Column("value", sa.String(80), nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("specimen", sa.String(16), nullable=False),
        sa.Column("comparator", sa.String(2), nullable=True),
        sa.Column("assay", sa.String(200), nullable=True),
        sa.Column("collected_date", sa.Date(), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_measurement"),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name="fk_measurement_clinic_id_patient_id",
        ),
    )
    op.create_index(
        "ix_measurement_clinic_id_patient_id_created_at_id",
        "measurement",
        ["clinic_id", "patient_id", "created_at", "id"],
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE measurement ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE measurement FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY own_clinic ON measurement "
            f"USING ({OWN_CLINIC}) WITH CHECK ({OWN_CLINIC})"
        )


def downgrade() -> None:
    """Remove the table, and with it every measurement."""
    op.drop_table("measurement")
