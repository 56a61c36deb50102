"""What of a public record only some saw is apart in the search index

Revision: 0038
Follows: 0037

Of what was indexed before, public records are found by words that were only seen in private, too. Where anything is
stored that not everybody could see, search has to be made anew before it is open to whoever sees public things only.
"""

from __future__ import annotations

import json
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_CLOSED: Final = "EXISTS (SELECT 1 FROM segment WHERE access NOT IN ('public', 'media'))"
#: Parts of the content of a row before this.
_PARTS: Final = 6
#: Rows that say something else to everybody have more.
_LONGER: Final = {
    "sqlite": "SELECT id, content FROM search_source WHERE json_array_length(content) > 6",
    "postgresql": "SELECT id, content FROM search_source WHERE json_array_length(content::json) > 6",
}


def upgrade() -> None:
    """Go one step forward."""
    op.execute(f"UPDATE search_indexed SET marked = false WHERE {_CLOSED}")  # noqa: S608 - our own words


def downgrade() -> None:
    """Go one step back. The words of rows that said something else to everybody are no longer known word by word, so
    that search has to be made anew."""
    connection = op.get_bind()
    longer = connection.execute(sa.text(_LONGER[connection.dialect.name])).all()
    for row_id, content in longer:
        whole = json.dumps(json.loads(content)[:_PARTS], separators=(",", ":"))
        changed = sa.text("UPDATE search_source SET content = :content WHERE id = :id")
        connection.execute(changed, {"content": whole, "id": row_id})
    if longer:
        op.execute("UPDATE search_indexed SET marked = false, analyser = ''")
