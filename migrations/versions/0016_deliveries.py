"""Addresses that platforms send to, and what they were asked to send

Revision: 0016
Follows: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant, Json

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def _at(name: str, comment: str | None = None, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, Instant(timezone=True), nullable=nullable, comment=comment)


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "hook",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("platform", _TEXT, nullable=False, comment="whose application sends; its name is in the address"),
        sa.Column("account_id", _TEXT, nullable=True, comment="null: all of the application"),
        sa.Column("path_sha256", _TEXT, nullable=False, comment="of the last part of the address"),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="path, verify token, own secret; AAD = hook, id, key"
        ),
        sa.Column("key_id", _TEXT, nullable=False),
        _at("made_at", nullable=False),
        _at("verified_at", "when the platform last asked whether it is ours, and was answered"),
        _at("last_at", "last authentic delivery"),
        sa.Column("counts", Json(), nullable=False, comment="what became of deliveries"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook")),
        sa.UniqueConstraint("path_sha256", name=op.f("uq_hook_path_sha256")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_hook_account_id_account")),
    )
    op.create_table(
        "subscription",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("topic", _TEXT, nullable=True, comment="what is subscribed to at a hub"),
        _at("asked_at"),
        sa.Column("awaited", sa.Boolean(), nullable=False, comment="a hub has not confirmed yet what it was asked for"),
        _at("confirmed_at", "null: it is not subscribed"),
        _at("lease_until"),
        sa.Column("failed", _TEXT, nullable=True, comment="why the last try came to nothing"),
        _at("last_at", "last delivery or event about it"),
        _at("connected_at", "since when its stream is heard"),
        _at("broken_at", "since when it is not"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_subscription")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_subscription_account_id_account")),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("subscription")
    op.drop_table("hook")
