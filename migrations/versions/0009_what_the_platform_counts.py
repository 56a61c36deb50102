"""What the platform counts

How many records the platform counts under a record, and when the list of them was read. Of what was captured before, it
is known after the next look, or after ``archiver index rebuild``. Two indexes hold enough to count by.

Revision: 0009
Follows: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTED = sa.text("counted IS NOT NULL")
_COLUMNS = (
    ("counted", _WHOLE, "how many records the platform last counted under it; null: it never said"),
    ("counted_at", Instant(timezone=True), "when it said so"),
    ("read_at", Instant(timezone=True), "when a list of what is under it was last read to its end; null: never"),
    ("read_whole", sa.Boolean(), "that list was everything the platform has"),
)


def upgrade() -> None:
    """Go one step forward."""
    for name, kind, comment in _COLUMNS:
        op.add_column("record", sa.Column(name, kind, nullable=True, comment=comment))
    op.drop_index("ix_record_thread_id", "record")
    op.create_index("ix_record_thread", "record", ["thread_id", "state", "access", "first_seen_at"])
    op.create_index("ix_record_answers", "record", ["parent_id", "state", "access", "first_seen_at"])
    op.create_index("ix_record_account_id_author_id", "record", ["account_id", "author_id"])
    columns = ["account_id", "kind"]
    op.create_index("ix_record_counted", "record", columns, sqlite_where=_COUNTED, postgresql_where=_COUNTED)


def downgrade() -> None:
    """Go one step back."""
    for name in ("ix_record_counted", "ix_record_account_id_author_id", "ix_record_answers", "ix_record_thread"):
        op.drop_index(name, "record")
    op.create_index("ix_record_thread_id", "record", ["thread_id"])
    for name, _, _ in reversed(_COLUMNS):
        op.drop_column("record", name)
