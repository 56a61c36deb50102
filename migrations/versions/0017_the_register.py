"""The register: what was said of authorities, custodians and accounts, and the documents it names

Revision: 0017
Follows: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "register_statement",
        sa.Column("act_id", _TEXT, nullable=False),
        sa.Column("number", _WHOLE, nullable=False, comment="of the act: the order in which it was said"),
        sa.Column("thing", _TEXT, nullable=False, comment="authority, department, custodianship, listing …"),
        sa.Column("thing_id", _TEXT, nullable=False),
        sa.Column("effective", _TEXT, nullable=False, comment="day from which it holds, YYYY-MM-DD"),
        sa.Column(
            "void",
            sa.Boolean(),
            nullable=False,
            comment="from then on there is no such thing: it was entered by mistake",
        ),
        sa.Column("entered_at", Instant(timezone=True), nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("why", _TEXT, nullable=True),
        sa.Column("says", sa.Text(), nullable=False, comment="all of the thing, as docs/register.md lays it down"),
        sa.Column("account_id", _TEXT, nullable=True, comment="of a listing: the account that is captured"),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_register_statement")),
    )
    op.create_index("ix_register_statement_thing", "register_statement", ["thing_id", "effective", "number"])
    op.create_index("ix_register_statement_account", "register_statement", ["account_id", "thing_id"])
    op.create_table(
        "register_document",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("act_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("size", _WHOLE, nullable=False),
        sa.Column("sha256", _TEXT, nullable=False),
        sa.Column("entered_at", Instant(timezone=True), nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_document")),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("register_document")
    op.drop_table("register_statement")
