"""Who did what, in one chain for each clinic, and the sealed head of each chain.

In PostgreSQL no policy lets an event be changed, and only events that the head has let go of
may be removed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221120"
down_revision = "202611221110"
branch_labels = None
depends_on = None

OWN_CLINIC = """
(SELECT current_setting('neurostrata.clinic_id', true)) IN (clinic_id::text, '*')
"""
LET_GO = """
sequence < (
  SELECT first_sequence FROM audit_chain WHERE audit_chain.clinic_id = audit_event.clinic_id
)
"""


def upgrade() -> None:
    """Add both tables."""
    _create_tables()
    if op.get_context().dialect.name == "postgresql":
        for table in ("audit_chain", "audit_event"):
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        own = f"USING ({OWN_CLINIC})"
        check = f"WITH CHECK ({OWN_CLINIC})"
        op.execute(f"CREATE POLICY own_clinic ON audit_chain {own} {check}")
        op.execute(f"CREATE POLICY own_clinic ON audit_event FOR SELECT {own}")
        op.execute(f"CREATE POLICY added ON audit_event FOR INSERT {check}")
        op.execute(
            f"CREATE POLICY let_go ON audit_event FOR DELETE USING ({OWN_CLINIC} AND {LET_GO})"
        )


def downgrade() -> None:
    """Remove both tables, and with them the account of every access."""
    op.drop_table("audit_event")
    op.drop_table("audit_chain")


def _create_tables() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("base_digest", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", name="pk_audit_chain"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_audit_chain_clinic_id"),
    )
    op.create_table(
        "audit_event",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(240), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "sequence", name="pk_audit_event"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_audit_event_clinic_id"),
    )
    op.create_index(
        "ix_audit_event_clinic_id_patient_id", "audit_event", ["clinic_id", "patient_id"]
    )
