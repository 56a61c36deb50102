"""Imported records by when they were written

An index: gaps say what exports tell of their time, and records without an id what was captured in the same second.

Revision: 0018
Follows: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_NAME = "ix_imported_version_account_id_created_at"


def upgrade() -> None:
    """Go one step forward."""
    op.create_index(_NAME, "imported_version", ["account_id", "created_at"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_index(_NAME, "imported_version")
