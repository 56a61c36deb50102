"""Where short links were found to lead

Revision: 0029
Follows: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Characters, Instant, Json

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "link",
        sa.Column("id", Characters(), nullable=False),
        sa.Column("account_id", Characters(), nullable=False),
        sa.Column("address", Characters(), nullable=False, comment="as it was asked: https, without a fragment"),
        sa.Column("at", Instant(timezone=True), nullable=False, comment="as of when"),
        sa.Column("state", Characters(), nullable=False, comment="led, nowhere, refused, failed"),
        sa.Column("target", Characters(), nullable=True, comment="where it led; the furthest address that was named"),
        sa.Column("reason", Characters(), nullable=True),
        sa.Column("exchanges", Json(), nullable=False, comment="ids of the exchanges that show it, in order"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_link_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    op.create_index(op.f("ix_link_account_id_address"), "link", ["account_id", "address"])
    op.create_table(
        "record_link",
        sa.Column(
            "record_id",
            Characters(),
            nullable=False,
            comment="may name a record that is damaged, and not in the index",
        ),
        sa.Column("link_id", Characters(), nullable=False),
        sa.Column("told_at", Instant(timezone=True), nullable=False, comment="of the run record that says so"),
        sa.PrimaryKeyConstraint("record_id", "link_id", name=op.f("pk_record_link")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_record_link_link_id"), "record_link", ["link_id"])


def downgrade() -> None:
    """Go one step back."""
    for name in ("record_link", "link"):
        op.drop_table(name)
