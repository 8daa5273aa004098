"""Imports that were carried out: what of the file was kept, and what was wrong with the rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221200"
down_revision = "202611221150"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""


def upgrade() -> None:
    """Add the table, and close it to other clinics. In PostgreSQL no policy lets a row change."""
    op.create_table(
        "import_run",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(240), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("on_duplicate", sa.String(16), nullable=False),
        sa.Column("rows_total", sa.BigInteger(), nullable=False),
        sa.Column("rows_accepted", sa.BigInteger(), nullable=False),
        sa.Column("rows_rejected", sa.BigInteger(), nullable=False),
        sa.Column("patients_added", sa.BigInteger(), nullable=False),
        sa.Column("patients_changed", sa.BigInteger(), nullable=False),
        sa.Column("measurements_added", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_import_run"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_import_run_clinic_id"),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE import_run ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE import_run FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_clinic ON import_run FOR SELECT USING ({OWN_CLINIC})")
        op.execute(f"CREATE POLICY added ON import_run FOR INSERT WITH CHECK ({OWN_CLINIC})")


def downgrade() -> None:
    """Remove the table: what was imported stays, how it went is forgotten."""
    op.drop_table("import_run")
