"""Patients. In PostgreSQL a row shows itself only to the clinic that the transaction names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221010"
down_revision = "202611221000"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""


def upgrade() -> None:
    """Add the table, and close it to other clinics."""
    op.create_table(
        "patient",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identifier", sa.String(64), nullable=False),
        sa.Column("sex", sa.String(16), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("age_at_baseline", sa.String(80), nullable=True),
        sa.Column("onset_date", sa.Date(), nullable=True),
        sa.Column("onset_site", sa.String(16), nullable=True),
        sa.Column("diagnosis_date", sa.Date(), nullable=True),
        sa.Column("el_escorial", sa.String(16), nullable=True),
        sa.Column("riluzole_start", sa.Date(), nullable=True),
        sa.Column("alsfrs_r", sa.Integer(), nullable=True),
        sa.Column("svc_percent", sa.String(80), nullable=True),
        sa.Column("c9orf72", sa.Boolean(), nullable=True),
        sa.Column("ftd", sa.Boolean(), nullable=True),
        sa.Column("arm", sa.String(64), nullable=True),
        sa.Column("baseline_date", sa.Date(), nullable=True),
        sa.Column("entry_days", sa.String(80), nullable=True),
        sa.Column("follow_up_date", sa.Date(), nullable=True),
        sa.Column("follow_up_days", sa.String(80), nullable=True),
        sa.Column("vital_status", sa.String(16), nullable=True),
        sa.Column("event_type", sa.String(16), nullable=True),
        sa.Column("covariates", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_patient"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_patient_clinic_id"),
        sa.UniqueConstraint("clinic_id", "identifier", name="uq_patient_clinic_id_identifier"),
        sa.CheckConstraint("alsfrs_r BETWEEN 0 AND 48", name="ck_patient_alsfrs_r"),
        sa.CheckConstraint("version > 0", name="ck_patient_version"),
    )
    op.create_index(
        "ix_patient_clinic_id_created_at_id", "patient", ["clinic_id", "created_at", "id"]
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE patient ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE patient FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_clinic ON patient USING ({OWN_CLINIC}) WITH CHECK ({OWN_CLINIC})"
        )


def downgrade() -> None:
    """Remove the table, and with it every patient."""
    op.drop_table("patient")
