"""What of a public record only some saw is apart in the search index

Revision: 0038
Follows: 0037

Of what was indexed before, public records are found by words that were only seen in private, too. Where anything is
stored that not everybody could see, search has to be made anew before it is open to whoever sees public things only.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_CLOSED: Final = "EXISTS (SELECT 1 FROM segment WHERE access NOT IN ('public', 'media'))"
#: Rows that say something else to everybody, by how many parts their content has.
_LONGER: Final = {
    "sqlite": "SELECT id, content FROM search_source WHERE json_array_length(content) > 6",
    "postgresql": "SELECT id, content FROM search_source WHERE json_array_length(content) > 6",
}


def upgrade() -> None:
    """Go one step forward."""
    op.execute(f"UPDATE search_indexed SET marked = false WHERE {_CLOSED}")  # noqa: S608 - our own words


def downgrade() -> None:
    """Go one step back."""
