"""An index of the few records that are settings, so that the board need not read all records to know which were seen

Revision: 0036
Follows: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_NAME = "ix_record_settings"


def upgrade() -> None:
    """Go one step forward."""
    where = sa.text("kind = 'settings'")
    columns = ["account_id", "access", "last_seen_at"]
    op.create_index(_NAME, "record", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Go one step back."""
    op.drop_index(_NAME, "record")
