"""When what was seen in public was last seen there again

Revision: 0030
Follows: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# Accounts of which nothing private was ever stored were never seen in private. Of all others it is not known any more
# which answers repeated what was public: the next look, or `archiver index rebuild`, tells.
_ALWAYS_PUBLIC = """
    UPDATE occurrence SET seen_in_public_at = last_seen_at
    WHERE last_seen_at IS NOT NULL AND exchange_id IN (
        SELECT exchange.id FROM exchange WHERE exchange.account_id NOT IN (
            SELECT segment.account_id FROM segment WHERE segment.access NOT IN ('public', 'media')))
"""


def upgrade() -> None:
    """Go one step forward."""
    comment = "the same of answers that everybody could have got"
    op.add_column("occurrence", sa.Column("seen_in_public_at", Instant(timezone=True), nullable=True, comment=comment))
    op.execute(_ALWAYS_PUBLIC)


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("occurrence", "seen_in_public_at")
