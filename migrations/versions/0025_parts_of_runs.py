"""Which parts of its record a run's row tells of, and problems found by account

Revision: 0025
Follows: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Json

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_COMMENT = "[[part, access]] of its record that this row tells of; null: written by an earlier version"
_PROBLEMS = sa.text("problem IS NOT NULL")


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("run", sa.Column("parts", Json(), nullable=True, comment=_COMMENT))
    op.create_index(
        "ix_exchange_problem",
        "exchange",
        ["account_id", "problem"],
        sqlite_where=_PROBLEMS,
        postgresql_where=_PROBLEMS,
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_exchange_problem", table_name="exchange")
    op.drop_column("run", "parts")
