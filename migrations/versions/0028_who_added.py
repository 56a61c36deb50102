"""Who added an account, and why

Revision: 0028
Follows: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_COLUMNS = {
    "added_by": "who, as entries of the log name them; null: not known",
    "added_user": "on the command line: the machine's user",
    "added_why": "what whoever added it said",
}


def upgrade() -> None:
    """Go one step forward."""
    for name, comment in _COLUMNS.items():
        op.add_column("account", sa.Column(name, _TEXT, nullable=True, comment=comment))


def downgrade() -> None:
    """Go one step back."""
    for name in _COLUMNS:
        op.drop_column("account", name)
