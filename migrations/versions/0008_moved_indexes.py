"""When an index was moved into another database

Revision: 0008
Follows: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.add_column(
        "archive",
        sa.Column(
            "moved_at", Instant(timezone=True), nullable=True, comment="since when the index is another database's"
        ),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("archive", "moved_at")
