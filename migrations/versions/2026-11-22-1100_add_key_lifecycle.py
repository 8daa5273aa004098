"""When a key was last used, when it was revoked, and which key took its place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611221100"
down_revision = "202611221020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a key has lived through. Keys that are there have lived through nothing yet."""
    with op.batch_alter_table("api_key") as table:
        table.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("rotated_to", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Remove the columns. A revoked key stays closed: it expires when it was revoked."""
    op.execute("UPDATE api_key SET expires_at = revoked_at WHERE revoked_at IS NOT NULL")
    with op.batch_alter_table("api_key") as table:
        table.drop_column("rotated_to")
        table.drop_column("revoked_at")
        table.drop_column("last_used_at")
