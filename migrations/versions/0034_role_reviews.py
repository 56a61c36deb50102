"""What is said of reviews of who has which role on accounts at their platforms

Revision: 0034
Follows: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant, Json

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE, _INDEX = "role_review_statement", "ix_role_review_statement_account"


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        _TABLE,
        sa.Column("act_id", _TEXT, nullable=False),
        sa.Column("number", _WHOLE, nullable=False, comment="of the act: the order in which it was said"),
        sa.Column("review_id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False, comment="may name an account that is not in the index"),
        sa.Column("entered_at", Instant(timezone=True), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False, comment="there was no such review: it was entered by mistake"),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("by_id", _TEXT, nullable=False, comment="of the person who said it"),
        sa.Column("why", _TEXT, nullable=True),
        sa.Column("says", Json(), nullable=False, comment="all of it, as docs/page-roles.md lays it down"),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_role_review_statement")),
    )
    op.create_index(_INDEX, _TABLE, ["account_id", "number"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_index(_INDEX, table_name=_TABLE)
    op.drop_table(_TABLE)
