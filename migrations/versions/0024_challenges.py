"""What is known of challenges to the accuracy of records

Revision: 0024
Follows: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant, Json

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "challenge_statement",
        sa.Column("act_id", _TEXT, nullable=False),
        sa.Column("number", _WHOLE, nullable=False, comment="of the act: the order in which it was said"),
        sa.Column("challenge_id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False, comment="may name a record that is not in the index"),
        sa.Column("entered_at", Instant(timezone=True), nullable=False),
        sa.Column(
            "void", sa.Boolean(), nullable=False, comment="there is no such challenge: it was entered by mistake"
        ),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("by_id", _TEXT, nullable=False, comment="of the person who said it"),
        sa.Column("why", _TEXT, nullable=True),
        sa.Column("says", Json(), nullable=False, comment="all of it, as docs/challenges.md lays it down"),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_challenge_statement")),
    )
    op.create_index("ix_challenge_statement_said", "challenge_statement", ["challenge_id", "number"])
    op.create_index("ix_challenge_statement_record", "challenge_statement", ["record_id", "number"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_challenge_statement_record", table_name="challenge_statement")
    op.drop_index("ix_challenge_statement_said", table_name="challenge_statement")
    op.drop_table("challenge_statement")
