"""Threads that hang under others

An index of the records that begin a thread of their own and answer something: few, and looked for by what they answer
whenever a thread is read.

Revision: 0005
Follows: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FEW = sa.text("thread_id = id AND parent_id IS NOT NULL")


def upgrade() -> None:
    """Go one step forward."""
    op.create_index("ix_record_hanging", "record", ["parent_id"], sqlite_where=_FEW, postgresql_where=_FEW)


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_record_hanging", "record")
