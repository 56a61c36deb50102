"""When a list was last read

Every list of every sweep asks when it was last read to its end: found by an index, not by reading every look at every
list of every account.

Revision: 0011
Follows: 0010
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_index("ix_coverage_account_id_listing_at", "coverage", ["account_id", "listing", "at"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_coverage_account_id_listing_at", "coverage")
