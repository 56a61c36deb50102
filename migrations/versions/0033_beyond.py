"""Lists that were longer than is taken in are found without reading all that was covered

Revision: 0033
Follows: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_NAME = "ix_coverage_beyond"


def upgrade() -> None:
    """Go one step forward."""
    where = sa.text("substr(reason, 1, 7) = 'beyond:'")
    columns = ["account_id", "listing", "at"]
    op.create_index(_NAME, "coverage", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Go one step back."""
    op.drop_index(_NAME, "coverage")
