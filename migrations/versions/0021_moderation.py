"""What is known of acts of moderation, and up to when somebody looked at what changed

Revision: 0021
Follows: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant, Json

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "moderation_statement",
        sa.Column("act_id", _TEXT, nullable=False),
        sa.Column("number", _WHOLE, nullable=False, comment="of the act: the order in which it was said"),
        sa.Column("moderation_id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("entered_at", Instant(timezone=True), nullable=False),
        sa.Column(
            "void",
            sa.Boolean(),
            nullable=False,
            comment="there is no such act of moderation: it was entered by mistake",
        ),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("by_id", _TEXT, nullable=False, comment="of the person who said it"),
        sa.Column("why", _TEXT, nullable=True),
        sa.Column("says", Json(), nullable=False, comment="all of it, as docs/moderation.md lays it down"),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_moderation_statement")),
    )
    op.create_index("ix_moderation_statement_said", "moderation_statement", ["moderation_id", "number"])
    op.create_index("ix_moderation_statement_account", "moderation_statement", ["account_id", "entered_at"])
    op.create_table(
        "moderation_item",
        sa.Column("act_id", _TEXT, nullable=False),
        sa.Column("position", _WHOLE, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("track", _TEXT, nullable=False, comment="state, edited"),
        sa.Column(
            "seen_at",
            Instant(timezone=True),
            nullable=True,
            comment="the change in effect then is meant; null: the first from begins_at on that fits",
        ),
        sa.Column("begins_at", Instant(timezone=True), nullable=False),
        sa.Column("fits", _TEXT, nullable=False, comment="which changes fit: away, gone, back, text"),
        sa.PrimaryKeyConstraint("act_id", "position", name=op.f("pk_moderation_item")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_moderation_item_record", "moderation_item", ["record_id", "track"])
    op.create_table(
        "change_mark",
        sa.Column("person_id", _TEXT, nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_change_mark")),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("change_mark")
    op.drop_index("ix_moderation_item_record", table_name="moderation_item")
    op.drop_table("moderation_item")
    op.drop_index("ix_moderation_statement_account", table_name="moderation_statement")
    op.drop_index("ix_moderation_statement_said", table_name="moderation_statement")
    op.drop_table("moderation_statement")
