"""The words of the search index on PostgreSQL

SQLite has had its own from the first tables on. An archive that began before can be searched once its index is made
anew from the records.

Revision: 0006
Follows: 0005
"""

from __future__ import annotations

from alembic import op

from archiver.search.postgresql_rows import create_words, note_analyser

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    if op.get_bind().dialect.name != "postgresql":
        return
    create_words(op.get_bind())
    if op.get_bind().exec_driver_sql("SELECT NOT EXISTS (SELECT FROM record)").scalar():
        note_analyser(op.get_bind(), replace=True)


def downgrade() -> None:
    """Go one step back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TABLE search_words, search_words_long, search_words_part")
        op.execute("DELETE FROM search_indexed")
