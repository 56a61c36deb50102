"""Tags and notes on records, and records that somebody laid aside

Revision: 0027
Follows: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "record_tag",
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("tag", _TEXT, nullable=False, comment="in small letters"),
        sa.Column("by_id", _TEXT, nullable=False, comment="who put it there"),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "tag", name=op.f("pk_record_tag")),
    )
    op.create_index("ix_record_tag_tag", "record_tag", ["tag"])
    op.create_table(
        "record_note",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.Column("by_id", _TEXT, nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_note")),
    )
    op.create_index("ix_record_note_record", "record_note", ["record_id"])
    op.create_table(
        "selection",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("person_id", _TEXT, nullable=False, comment="whose it is"),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_selection")),
    )
    op.create_index("ix_selection_person", "selection", ["person_id"])
    for name, column in (("selection_record", "record_id"), ("selection_statement", "statement_id")):
        op.create_table(
            name,
            sa.Column("selection_id", _TEXT, nullable=False),
            sa.Column(column, _TEXT, nullable=False),
            sa.Column("at", Instant(timezone=True), nullable=False),
            sa.PrimaryKeyConstraint("selection_id", column, name=op.f(f"pk_{name}")),
        )


def downgrade() -> None:
    """Go one step back."""
    for name in ("selection_statement", "selection_record", "selection", "record_note", "record_tag"):
        op.drop_table(name)
