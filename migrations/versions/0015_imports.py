"""Imports

What platforms' own exports say, brought by somebody: beside what was captured, in tables of their own.

Revision: 0015
Follows: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant, Json

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "import",
        sa.Column("id", _TEXT, nullable=False, comment="derives from the account and the SHA-256 of the file"),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("format", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False, comment="of the file as it was given"),
        sa.Column("sha256", _TEXT, nullable=False, comment="of the file; of a folder, of the list of its files"),
        sa.Column("size", _WHOLE, nullable=False),
        sa.Column("source", _TEXT, nullable=False, comment="who gave it, in words"),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("brought_by", _TEXT, nullable=False),
        sa.Column(
            "confirmed",
            _TEXT,
            nullable=True,
            comment="what a person confirmed, where the file does not name the account by its stable id",
        ),
        sa.Column(
            "made_at", Instant(timezone=True), nullable=True, comment="when the platform made it, as it says itself"
        ),
        sa.Column("at", Instant(timezone=True), nullable=False, comment="when it was ordered"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    op.create_index("ix_import_account_id", "import", ["account_id"])
    op.create_table(
        "import_end",
        sa.Column("import_id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("exchange_id", _TEXT, nullable=False, comment="the list of its files"),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column(
            "counts", Json(), nullable=False, comment="files stored, left out by reason; records; not understood"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_import_end_account_id_account")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_import_end_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_end")),
    )
    op.create_index("ix_import_end_account_id", "import_end", ["account_id"])
    op.create_table(
        "imported_file",
        sa.Column("exchange_id", _TEXT, nullable=False),
        sa.Column("import_id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False, comment="of the file in the export; empty: the list of files"),
        sa.Column("start", _WHOLE, nullable=False, comment="of this block in the file, bytes"),
        sa.Column("size", _WHOLE, nullable=False),
        sa.Column("sha256", _TEXT, nullable=False, comment="of the block"),
        sa.Column("access", _TEXT, nullable=False),
        sa.Column("use", _TEXT, nullable=False, comment="read, file, kept, list"),
        sa.Column("record_id", _TEXT, nullable=True, comment="the record whose picture or video it is"),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_imported_file_exchange_id_exchange")),
        sa.Column("url", _TEXT, nullable=True, comment="of a foreign WARC record: the address it names"),
        sa.Column(
            "said_at", Instant(timezone=True), nullable=True, comment="of a foreign WARC record: the date it names"
        ),
        sa.Column(
            "digests",
            Json(),
            nullable=True,
            comment="of a foreign WARC record: verified, failed, not_checked, by digest",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_imported_file_account_id_account")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_imported_file")),
    )
    op.create_index("ix_imported_file_import_id", "imported_file", ["import_id"])
    op.create_index("ix_imported_file_record_id", "imported_file", ["record_id"])
    op.create_index("ix_imported_file_url", "imported_file", ["url"])
    op.create_table(
        "imported_version",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column(
            "record_id", _TEXT, nullable=False, comment="the same id that the captured record has, or would have"
        ),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("import_id", _TEXT, nullable=False),
        sa.Column("exchange_id", _TEXT, nullable=False),
        sa.Column("position", _WHOLE, nullable=False),
        sa.Column("place", _TEXT, nullable=False, comment="JSON pointer, or bytes=START-END, in the stored block"),
        sa.Column("arrival", _WHOLE, nullable=False, comment="number of the run that brought (or adopted) it"),
        sa.Column("ordinal", _WHOLE, nullable=False),
        sa.Column(
            "brought_at", Instant(timezone=True), nullable=False, comment="when the file was read into the archive"
        ),
        sa.Column(
            "stated_at",
            Instant(timezone=True),
            nullable=True,
            comment="as of when it says so: when the export was made; null: it does not say",
        ),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("access", _TEXT, nullable=False),
        sa.Column("thread_id", _TEXT, nullable=False),
        sa.Column("parent_id", _TEXT, nullable=True),
        sa.Column("author_id", _TEXT, nullable=True),
        sa.Column("author_name", _TEXT, nullable=True),
        sa.Column("author_handle", _TEXT, nullable=True),
        sa.Column("url", _TEXT, nullable=True),
        sa.Column("word", _TEXT, nullable=True),
        sa.Column("created_at", Instant(timezone=True), nullable=True, comment="by the platform's clock"),
        sa.Column(
            "as_of", Instant(timezone=True), nullable=True, comment="since when it stood so, by the platform's clock"
        ),
        sa.Column(
            "retrospective", sa.Boolean(), nullable=False, comment="an earlier version, as the export remembers it"
        ),
        sa.Column(
            "said_state", _TEXT, nullable=False, comment="what the export says of it; never a state that was seen"
        ),
        sa.Column("scheme", _WHOLE, nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.Column("counts", Json(), nullable=False),
        sa.Column("media", Json(), nullable=False, comment="[[kind, url, description]]"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_imported_version_account_id_account")),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchange.id"], name=op.f("fk_imported_version_exchange_id_exchange")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_version")),
    )
    op.create_index("ix_imported_version_account_id_thread_id", "imported_version", ["account_id", "thread_id"])
    op.create_index("ix_imported_version_account_id_parent_id", "imported_version", ["account_id", "parent_id"])
    op.create_index("ix_imported_version_exchange_id", "imported_version", ["exchange_id"])
    op.create_index("ix_imported_version_import_id", "imported_version", ["import_id"])
    op.create_index("ix_imported_version_record_id", "imported_version", ["record_id"])


def downgrade() -> None:
    """Go one step back."""
    for name in ("imported_version", "imported_file", "import_end", "import"):
        op.drop_table(name)
