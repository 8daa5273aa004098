"""Patients have a past: who changed them, what they were before, and when they were deleted.

The identifier of a deleted patient is free again, so it is unique among the living rows alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221110"
down_revision = "202611221105"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""
NOT_DELETED = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    """Add the columns and the table; existing patients were created by somebody not known."""
    with op.batch_alter_table("patient") as patient:
        for name, size, before in (("changed_by", 240, "unknown"), ("change", 16, "created")):
            patient.add_column(
                sa.Column(name, sa.String(size), nullable=False, server_default=before)
            )
        patient.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        patient.drop_constraint("uq_patient_clinic_id_identifier", type_="unique")
    op.create_index(
        "ix_patient_clinic_id_identifier",
        "patient",
        ["clinic_id", "identifier"],
        unique=True,
        postgresql_where=NOT_DELETED,
        sqlite_where=NOT_DELETED,
    )
    op.add_column("measurement", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    _create_patient_version()


def downgrade() -> None:
    """Remove the past. Deleted patients are removed whole: without the column they would return."""
    op.drop_table("patient_version")
    op.execute(
        "DELETE FROM measurement WHERE deleted_at IS NOT NULL OR patient_id IN "
        "(SELECT id FROM patient WHERE deleted_at IS NOT NULL)"
    )
    op.execute("DELETE FROM patient WHERE deleted_at IS NOT NULL")
    with op.batch_alter_table("measurement") as measurement:
        measurement.drop_column("deleted_at")
    op.drop_index("ix_patient_clinic_id_identifier", "patient")
    with op.batch_alter_table("patient") as patient:
        for column in ("deleted_at", "change", "changed_by"):
            patient.drop_column(column)
        patient.create_unique_constraint(
            "uq_patient_clinic_id_identifier", ["clinic_id", "identifier"]
        )


def _create_patient_version() -> None:
    op.create_table(
        "patient_version",
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
        sa.Column("changed_by", sa.String(240), nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "id", "version", name="pk_patient_version"),
        sa.ForeignKeyConstraint(
            ["clinic_id", "id"],
            ["patient.clinic_id", "patient.id"],
            name="fk_patient_version_clinic_id_id",
        ),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE patient_version ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE patient_version FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY own_clinic ON patient_version "
            f"USING ({OWN_CLINIC}) WITH CHECK ({OWN_CLINIC})"
        )
