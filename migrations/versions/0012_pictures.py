"""Pictures of own posts

Drawn by the archiver from what was captured, where that is switched on.

Revision: 0012
Follows: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "picture",
        sa.Column("exchange_id", _TEXT, nullable=False, comment="where the picture is stored"),
        sa.Column(
            "record_id", _TEXT, nullable=False, comment="may name a record that is damaged, and not in the index"
        ),
        sa.Column("drawn_from", _TEXT, nullable=False, comment="exchange whose words it shows"),
        sa.Column("position", _WHOLE, nullable=False, comment="in that exchange"),
        sa.Column("drawn_at", Instant(timezone=True), nullable=False),
        sa.Column("page", _TEXT, nullable=False, comment="which page it was drawn from, and its version"),
        sa.Column("browser", _TEXT, nullable=False, comment="what drew it, and its version"),
        sa.Column("whole", sa.Boolean(), nullable=False, comment="false: what is further down was not drawn"),
        sa.Column("width", _WHOLE, nullable=False),
        sa.Column("height", _WHOLE, nullable=False),
        sa.Column("content_type", _TEXT, nullable=False),
        sa.Column("sha256", _TEXT, nullable=False),
        sa.Column("size", _WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_picture_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_picture")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_picture_record_id"), "picture", ["record_id"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("picture")
