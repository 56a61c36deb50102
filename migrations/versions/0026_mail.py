"""Mail that waits, and whom links for owners are for

Revision: 0026
Follows: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = Instant(timezone=True)


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "mail",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("purpose", _TEXT, nullable=False, comment="a code"),
        sa.Column("about", _TEXT, nullable=False, comment="id of what it is about"),
        sa.Column("recipient", _TEXT, nullable=False, comment="address"),
        sa.Column("name", _TEXT, nullable=False, comment="of the recipient"),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("not_after", _AT, nullable=False, comment="it would be of no use any more"),
        sa.Column("state", _TEXT, nullable=False, comment="waiting, sent, dead, dropped"),
        sa.Column("next_at", _AT, nullable=False, comment="when it is tried next"),
        sa.Column("attempts", _WHOLE, nullable=False, comment="tries that were begun"),
        sa.Column("claim", _TEXT, nullable=True, comment="of whoever tries it just now"),
        sa.Column("claimed_until", _AT, nullable=True),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="subject and text; AAD = mail, id, key; null: it has ended",
        ),
        sa.Column("key_id", _TEXT, nullable=True),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("problem", _TEXT, nullable=True, comment="code of what the last try failed for"),
        sa.Column("reason", _TEXT, nullable=True, comment="the same in words"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index("ix_mail_next", "mail", ["state", "next_at"])
    op.create_index("ix_mail_about", "mail", ["about"])
    op.add_column(
        "connect_link", sa.Column("listing_id", _TEXT, nullable=True, comment="entry of the register it is for")
    )
    op.add_column("connect_link", sa.Column("owner", _TEXT, nullable=True, comment="for whom it was made, by name"))


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("connect_link", "owner")
    op.drop_column("connect_link", "listing_id")
    op.drop_index("ix_mail_about", table_name="mail")
    op.drop_index("ix_mail_next", table_name="mail")
    op.drop_table("mail")
