"""${message}.

Add first (nullable, or with a default), fill in a second migration, constrain in a third: the
release before this one still runs while this migration does. Import nothing from `app`: the code
moves on, a migration does not.

Revision: ${up_revision}, after ${down_revision | comma,n}, ${create_date}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Describe what is new."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take it back, or raise with the reason why that cannot be."""
    ${downgrades if downgrades else "pass"}
