"""Finding an exchange by its very bytes

Revision: 0029
Follows: 0028
"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_index("ix_exchange_body", "exchange", ["body_sha256"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_exchange_body", "exchange")
