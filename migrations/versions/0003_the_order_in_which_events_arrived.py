"""The order in which events arrived

Where several write at the same time, an event is inserted without a position, and a sequencer gives positions in this
order. SQLite gives the position with the insertion and needs none.

Revision: 0003
Follows: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("position IS NULL")


def upgrade() -> None:
    """Go one step forward."""
    op.add_column(
        "event",
        sa.Column(
            "arrival",
            _WHOLE,
            nullable=True,
            comment="order of insertion, where positions are given later (PostgreSQL, a sequence); else null",
        ),
    )
    op.create_index("ix_event_waiting", "event", ["arrival"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE event_arrival AS bigint OWNED BY event.arrival")
        op.execute("ALTER TABLE event ALTER COLUMN arrival SET DEFAULT nextval('event_arrival')")


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_event_waiting", "event")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE event ALTER COLUMN arrival DROP DEFAULT")
        op.execute("DROP SEQUENCE event_arrival")
    op.drop_column("event", "arrival")
