"""Checkpoints and time-stamps

What is known of the signed heads of the event log and their time-stamps. All of it can be read anew from the store.

Revision: 0004
Follows: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import archiver.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "log_subtree",
        sa.Column("level", _WHOLE, autoincrement=False, nullable=False, comment="8, 16 …: over 2**level entries"),
        sa.Column("number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_log_subtree")),
    )
    op.create_table(
        "log_signing",
        sa.Column("id", _WHOLE, nullable=False),
        sa.Column("size", _WHOLE, nullable=False, comment="of the newest checkpoint; 0: none yet"),
        sa.Column("frontier", sa.LargeBinary(), nullable=False, comment="of the tree under it"),
        sa.Column("signed_at", archiver.database.Instant(timezone=True), nullable=True),
        sa.Column(
            "looked_at",
            archiver.database.Instant(timezone=True),
            nullable=True,
            comment="when the log was last found in order",
        ),
        sa.Column("problem", _TEXT, nullable=True, comment="why nothing is signed now, as a code"),
        sa.Column("detail", _TEXT, nullable=True, comment="the same as a sentence"),
        sa.Column("problem_since", archiver.database.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_signing")),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("sha256", _TEXT, nullable=False, comment="of the signed note in the store"),
        sa.Column("seen_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "anchor",
        sa.Column("size", _WHOLE, autoincrement=False, nullable=False, comment="of the checkpoint"),
        sa.Column("service", _TEXT, nullable=False),
        sa.Column("sha256", _TEXT, nullable=False, comment="of the answer in the store"),
        sa.Column("time", archiver.database.Instant(timezone=True), nullable=False, comment="that it states"),
        sa.Column("received_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", "service", name=op.f("pk_anchor")),
    )
    op.create_table(
        "timestamp_service",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("due_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column(
            "waiting_since",
            archiver.database.Instant(timezone=True),
            nullable=True,
            comment="of the oldest checkpoint without a stamp",
        ),
        sa.Column("tries", _WHOLE, nullable=False, comment="in a row without a time-stamp"),
        sa.Column("problem", _TEXT, nullable=True, comment="of the last try, as a code"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_timestamp_service")),
    )


def downgrade() -> None:
    """Go one step back."""
    for table in ("timestamp_service", "anchor", "log_checkpoint", "log_signing", "log_subtree"):
        op.drop_table(table)
