"""Deposits

Files that somebody brought by hand, with who, when, why and where from. There are none before this version.

Revision: 0014
Follows: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "deposit",
        sa.Column("exchange_id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("identity", _TEXT, nullable=False, comment="the same bytes about the same thing have the same, hex"),
        sa.Column("about", _TEXT, nullable=False, comment="moderation, account, record"),
        sa.Column("record_id", _TEXT, nullable=True, comment="the record it is about"),
        sa.Column("access", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False, comment="of the file, as it came"),
        sa.Column("deposited_by", _TEXT, nullable=False),
        sa.Column("as_of", _TEXT, nullable=False, comment="the day that it shows, YYYY-MM-DD, as the depositor says"),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("source", _TEXT, nullable=False, comment="where it is from, as the depositor says"),
        sa.Column("sha256", _TEXT, nullable=False),
        sa.Column("size", _WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_deposit_account_id_account")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_deposit_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_deposit")),
    )
    op.create_index("ix_deposit_account_id_identity", "deposit", ["account_id", "identity"])
    op.create_index("ix_deposit_record_id", "deposit", ["record_id"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("deposit")
