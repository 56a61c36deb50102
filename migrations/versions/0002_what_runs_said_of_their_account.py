"""What runs said of their account

A run record repeats the account where the register's row differs from what was last said; so the index keeps what was.

Revision: 0002
Follows: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import archiver.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("run", sa.Column("about", archiver.database.Json(), nullable=True))


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("run", "about")
