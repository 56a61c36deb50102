"""What legal custodians decided on whether something is official

Revision: 0037
Follows: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant, Json

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "official_decision"
_INDEXES = {"ix_official_decision_record": "record_id", "ix_official_decision_account": "account_id"}


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        _TABLE,
        sa.Column("act_id", _TEXT, nullable=False),
        sa.Column("number", _WHOLE, nullable=False, comment="of the act: the order in which it was said"),
        sa.Column("decision_id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column(
            "record_id", _TEXT, nullable=True, comment="null: on the account as a whole; may not be in the index"
        ),
        sa.Column("finding", _TEXT, nullable=False),
        sa.Column("entered_at", Instant(timezone=True), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False, comment="never: a decision is taken back by a later one"),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("by_id", _TEXT, nullable=False, comment="of the person who entered it"),
        sa.Column("why", _TEXT, nullable=True),
        sa.Column("says", Json(), nullable=False, comment="all of it, as docs/official.md lays it down"),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_official_decision")),
    )
    for name, column in _INDEXES.items():
        op.create_index(name, _TABLE, [column, "number"])


def downgrade() -> None:
    """Go one step back."""
    for name in _INDEXES:
        op.drop_index(name, table_name=_TABLE)
    op.drop_table(_TABLE)
