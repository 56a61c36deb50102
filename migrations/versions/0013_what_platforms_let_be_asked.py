"""What platforms let be asked

How much of each platform's allowance is used. Working state: nothing of it is known of the time before.

Revision: 0013
Follows: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = Instant(timezone=True)


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "quota",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("platform", _TEXT, nullable=False),
        sa.Column("allowance", _TEXT, nullable=False),
        sa.Column(
            "subject",
            _TEXT,
            nullable=False,
            comment="whose it is: an account's id, or the origin of the server asked",
        ),
        sa.Column("purpose", _TEXT, nullable=False, comment="endpoint, where each is counted by itself"),
        sa.Column(
            "coarse", sa.Boolean(), nullable=False, comment="use is kept by the day, not by the quarter of an hour"
        ),
        sa.Column("limit", _WHOLE, nullable=True, comment="as the platform told it"),
        sa.Column("remaining", _WHOLE, nullable=True),
        sa.Column("reset_at", _AT, nullable=True),
        sa.Column("told_at", _AT, nullable=True),
        sa.Column("since", _WHOLE, nullable=False, comment="used since it was told, by our count"),
        sa.Column("empty_until", _AT, nullable=True, comment="the platform refused, and named this time"),
        sa.Column("met_limit", _WHOLE, nullable=True, comment="our count in the window when it refused"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_quota")),
    )
    op.create_table(
        "quota_use",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("at", _AT, nullable=False, comment="beginning of the slot"),
        sa.Column("used", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("key", "at", name=op.f("pk_quota_use")),
    )
    op.create_table(
        "quota_cost",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("sweep", _TEXT, nullable=False),
        sa.Column("cost", _WHOLE, nullable=False, comment="thousandths; the newest sweeps count most"),
        sa.PrimaryKeyConstraint("key", "account_id", "sweep", name=op.f("pk_quota_cost")),
    )


def downgrade() -> None:
    """Go one step back."""
    for name in ("quota_cost", "quota_use", "quota"):
        op.drop_table(name)
