"""Acts whose facts are in the database only

Their files on the way into the object store, and what is known of them afterwards. What was done before is recorded
when an archive is next opened.

Revision: 0007
Follows: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "act_file",
        sa.Column("number", _WHOLE, autoincrement=False, nullable=False, comment="from 1, without a gap"),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=True, comment="null: its file was lost or could not be opened"),
        sa.Column("subject_id", _TEXT, nullable=True),
        sa.Column("commitment", _TEXT, nullable=False, comment="as in the log"),
        sa.Column("sha256", _TEXT, nullable=True, comment="of the file; null where it was lost"),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=True, comment="the file, until it is in the store; put unchanged"
        ),
        sa.Column("version_id", _TEXT, nullable=True, comment="of the object, where the store has versions"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_act_file")),
        sa.UniqueConstraint("id", name=op.f("uq_act_file_id")),
    )
    op.create_index(op.f("ix_act_file_subject_id"), "act_file", ["subject_id"])
    op.create_index(
        "ix_act_file_waiting",
        "act_file",
        ["number"],
        sqlite_where=sa.text("sealed IS NOT NULL"),
        postgresql_where=sa.text("sealed IS NOT NULL"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("act_file")
