"""What the platform counts

How many records the platform counts under a record, and when the list of them was read. Of what was captured before, it
is known after the next look, or after ``archiver index rebuild``. Indexes hold enough to count by.

Revision: 0010
Follows: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTED = sa.text("counted > 0")
_COLUMNS = (
    ("counted", _WHOLE, "how many records the platform last counted under it; null: it never said"),
    ("counted_deep", sa.Boolean(), "at any depth; else only what answers it directly"),
    ("counted_at", Instant(timezone=True), "when it said so"),
    ("read_at", Instant(timezone=True), "when a list of what is under it was last read to its end; null: never"),
    ("read_whole", sa.Boolean(), "that list was everything the platform has"),
    (
        "differs",
        sa.Boolean(),
        "what is known under it is not just what it counts, all of it visible; null: it never counted",
    ),
)


def upgrade() -> None:
    """Go one step forward."""
    for name, kind, comment in _COLUMNS:
        op.add_column("record", sa.Column(name, kind, nullable=True, comment=comment))
    op.drop_index("ix_record_thread_id", "record")
    op.create_index("ix_record_thread", "record", ["thread_id", "state", "access", "first_seen_at", "id"])
    op.create_index("ix_record_answers", "record", ["parent_id", "state", "access", "first_seen_at"])
    op.create_index("ix_record_account_id_author_id", "record", ["account_id", "author_id"])
    columns = ["account_id", "thread_id", "kind", "state", "author_id"]
    op.create_index("ix_record_counted", "record", columns, sqlite_where=_COUNTED, postgresql_where=_COUNTED)
    only = {"sqlite": sa.text("differs IS 1"), "postgresql": sa.text("differs IS true")}
    op.create_index(
        "ix_record_differs", "record", ["account_id"], sqlite_where=only["sqlite"], postgresql_where=only["postgresql"]
    )


def downgrade() -> None:
    """Go one step back."""
    for name in ("differs", "counted", "account_id_author_id", "answers", "thread"):
        op.drop_index(f"ix_record_{name}", "record")
    op.create_index("ix_record_thread_id", "record", ["thread_id"])
    for name, _, _ in reversed(_COLUMNS):
        op.drop_column("record", name)
