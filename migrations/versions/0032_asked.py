"""When somebody asked for a sweep, or for a look at a thread

Revision: 0032
Follows: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_COMMENTS = {
    "due": "when somebody asked for it last, until it is made",
    "watch": "when somebody asked for a look last, until then",
}


def upgrade() -> None:
    """Go one step forward."""
    for table, comment in _COMMENTS.items():
        op.add_column(table, sa.Column("asked_at", Instant(timezone=True), nullable=True, comment=comment))


def downgrade() -> None:
    """Go one step back."""
    for table in reversed(_COMMENTS):
        op.drop_column(table, "asked_at")
