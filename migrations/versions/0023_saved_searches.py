"""Searches that somebody saved, and up to when they looked at them

Revision: 0023
Follows: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "saved_search",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("number", _WHOLE, nullable=False, comment="of the last act about it"),
        sa.Column("person_id", _TEXT, nullable=False, comment="whose it is"),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("query", _TEXT, nullable=False, comment="as typed"),
        sa.Column("saved_at", Instant(timezone=True), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
    )
    op.create_index("ix_saved_search_person", "saved_search", ["person_id"])
    op.create_table(
        "saved_search_mark",
        sa.Column("saved_id", _TEXT, nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("saved_id", name=op.f("pk_saved_search_mark")),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("saved_search_mark")
    op.drop_index("ix_saved_search_person", table_name="saved_search")
    op.drop_table("saved_search")
