"""Finding an exchange by its very bytes

Revision: 0031
Follows: 0030
"""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_index("ix_exchange_body", "exchange", ["body_sha256"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_exchange_body", "exchange")
