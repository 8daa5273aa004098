"""Which event last changed a clinic's patients: what was read before it is not read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611272150"
down_revision = "202611221200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Without a change since, it is empty, which is a version like any other."""
    op.add_column("audit_chain", sa.Column("changed_digest", sa.String(64), nullable=True))


def downgrade() -> None:
    """Remove the column. No event is lost: whoever reads a cohort reads it anew."""
    with op.batch_alter_table("audit_chain") as table:
        table.drop_column("changed_digest")
