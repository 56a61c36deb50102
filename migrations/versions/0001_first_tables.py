"""The first tables

A change must not hold up readers for long, and must work with the code before it: a column is removed or renamed over
several releases. A change of tables and a change of rows are two revisions.

Revision: 0001
Follows: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import archiver.database
from archiver.search.sqlite_rows import create_words, note_analyser

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: Text that PostgreSQL compares by code points, as SQLite does.
_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "account",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("platform", _TEXT, nullable=False),
        sa.Column("service", _TEXT, nullable=False, comment="origin of the server; part of the identity"),
        sa.Column(
            "platform_id",
            _TEXT,
            nullable=False,
            comment="the platform's stable id; handles are re-used, this is not",
        ),
        sa.Column("handle", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("url", _TEXT, nullable=False),
        sa.Column("authority", _TEXT, nullable=False, comment="whose record it is; part of segment keys"),
        sa.Column("provisional", sa.Boolean(), nullable=False, comment="claimed as official, register not completed"),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("state_since", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("state_reason", _TEXT, nullable=True),
        sa.Column("settings", archiver.database.Json(), nullable=False),
        sa.Column("added_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        *_one_account_each(),
    )
    op.create_table(
        "archive",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False, comment="real or practice; the two never mix"),
        sa.Column("log_origin", _TEXT, nullable=False),
        sa.Column("created_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive")),
    )
    op.create_table(
        "event",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("position", _WHOLE, nullable=True, comment="in the log, from 0; null: not yet sequenced"),
        sa.Column("at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("subject_id", _TEXT, nullable=False),
        sa.Column(
            "subject_number",
            _WHOLE,
            nullable=False,
            comment="the subject's own count of its events, from 1; 0: not chained",
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False, comment="SHA-256(0x00 || body), RFC 6962"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("position", name=op.f("uq_event_position")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_event_subject_id_subject_number"), ["subject_id", "subject_number"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_event_type"), ["type"], unique=False)

    op.create_table(
        "log_head",
        sa.Column("id", _WHOLE, nullable=False),
        sa.Column("size", _WHOLE, nullable=False),
        sa.Column(
            "frontier",
            sa.LargeBinary(),
            nullable=False,
            comment="roots of the perfect subtrees, largest first, 32 bytes each",
        ),
        sa.Column("stored", _WHOLE, nullable=False, comment="how many entries are in the object store"),
        sa.Column("storing", _WHOLE, nullable=False, comment="end of the delta being put; retried unchanged"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "rebuild_progress",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("number", _WHOLE, nullable=False, comment="of the last run whose rows are there"),
        sa.Column("part", _WHOLE, nullable=False, comment="of that run"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_rebuild_progress")),
    )
    op.create_table(
        "search_indexed",
        sa.Column("id", _WHOLE, nullable=False),
        sa.Column("analyser", _TEXT, nullable=False, comment="archiver.search.analyser.IDENTITY"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_indexed")),
    )
    op.create_table(
        "search_record",
        sa.Column(
            "id",
            _WHOLE,
            autoincrement=False,
            nullable=False,
            comment="(seconds since 1970 << 20) | 20 bits: sorts by date",
        ),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_record")),
        sa.UniqueConstraint("record_id", name=op.f("uq_search_record_record_id")),
    )
    op.create_table(
        "search_source",
        sa.Column("id", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("platform", _TEXT, nullable=False),
        sa.Column("access", _TEXT, nullable=False),
        sa.Column("created_at", archiver.database.Instant(timezone=True), nullable=True),
        sa.Column("first_seen_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("content", archiver.database.Json(), nullable=False, comment="author, series, flags, versions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_source")),
    )
    op.create_table(
        "search_statement",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("sha256", _TEXT, nullable=False, comment="of body"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="canonical JSON; docs of archiver.search.statements"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_statement")),
    )
    op.create_table(
        "credential",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("purpose", _TEXT, nullable=False),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="AES-256-GCM; key wrapped; AAD = account, purpose, key id",
        ),
        sa.Column("key_id", _TEXT, nullable=False),
        sa.Column("added_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_credential_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "purpose", name=op.f("pk_credential")),
    )
    op.create_table(
        "due",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("sweep", _TEXT, nullable=False),
        sa.Column("due_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("failures", _WHOLE, nullable=False, comment="in a row; lengthens the wait"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_due_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "sweep", name=op.f("pk_due")),
    )
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_due_due_at"), ["due_at"], unique=False)

    op.create_table(
        "gap",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("stream", _TEXT, nullable=False),
        sa.Column("opened_by", _TEXT, nullable=False, comment="run that could not look"),
        sa.Column(
            "span_from",
            archiver.database.Instant(timezone=True),
            nullable=True,
            comment="last time it was covered; null: never",
        ),
        sa.Column("opened_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("cause", _TEXT, nullable=False),
        sa.Column("remedy", _TEXT, nullable=False),
        sa.Column("closed_at", archiver.database.Instant(timezone=True), nullable=True),
        sa.Column("closed_by", _TEXT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_gap_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "stream", "opened_by", name=op.f("pk_gap")),
    )
    op.create_table(
        "handle",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("first_seen_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("handle", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("url", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_handle_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "first_seen_at", name=op.f("pk_handle")),
    )
    op.create_table(
        "lease",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("epoch", _WHOLE, nullable=False),
        sa.Column("holder", _TEXT, nullable=False),
        sa.Column("expires_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lease_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_lease")),
    )
    op.create_table(
        "record",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False, comment="the connector's key; id derives from account and key"),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("access", _TEXT, nullable=False),
        sa.Column("listing", _TEXT, nullable=True, comment="the list it was first seen in; absence there nominates"),
        sa.Column(
            "thread_id", _TEXT, nullable=False, comment="first record of its thread; itself where it is the first"
        ),
        sa.Column("parent_id", _TEXT, nullable=True, comment="may name a record not (yet) captured"),
        sa.Column("author_id", _TEXT, nullable=True),
        sa.Column("author_name", _TEXT, nullable=True),
        sa.Column("author_handle", _TEXT, nullable=True),
        sa.Column("url", _TEXT, nullable=True),
        sa.Column("word", _TEXT, nullable=True, comment="what the platform calls it"),
        sa.Column(
            "created_at", archiver.database.Instant(timezone=True), nullable=True, comment="by the platform's clock"
        ),
        sa.Column(
            "counts",
            archiver.database.Json(),
            nullable=False,
            comment="the platform's numbers at the latest stored occurrence",
        ),
        sa.Column("first_seen_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("last_seen_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("version_id", _TEXT, nullable=False, comment="what it says now, or said last"),
        sa.Column("versions", _WHOLE, nullable=False),
        sa.Column("exchange_id", _TEXT, nullable=False, comment="of its latest stored occurrence, in order of arrival"),
        sa.Column("position", _WHOLE, nullable=False, comment="of its latest stored occurrence"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_record_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_account_id_created_at"), ["account_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_account_id_listing"), ["account_id", "listing"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_thread_id"), ["thread_id"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("number", _WHOLE, nullable=False),
        sa.Column("sweep", _TEXT, nullable=False),
        sa.Column("trigger", _TEXT, nullable=False, comment="schedule, person, recovery, adoption"),
        sa.Column("started_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("finished_at", archiver.database.Instant(timezone=True), nullable=True),
        sa.Column("outcome", _TEXT, nullable=True),
        sa.Column("reason", _TEXT, nullable=True),
        sa.Column("settings_hash", _TEXT, nullable=False),
        sa.Column("connector_version", _TEXT, nullable=False),
        sa.Column("counts", archiver.database.Json(), nullable=False),
        sa.Column("bookmark_before", archiver.database.Json(), nullable=False),
        sa.Column("bookmark_after", archiver.database.Json(), nullable=False),
        sa.Column("drift", archiver.database.Json(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_run_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("account_id", "number", name=op.f("uq_run_account_id_number")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_started_at"), ["started_at"], unique=False)

    op.create_table(
        "segment",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("version_id", _TEXT, nullable=True, comment="of the object, where the store has versions"),
        sa.Column("sha256", _TEXT, nullable=False),
        sa.Column("size", _WHOLE, nullable=False),
        sa.Column("warc_records", _WHOLE, nullable=False),
        sa.Column("authority", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("access", _TEXT, nullable=False),
        sa.Column("month", _TEXT, nullable=False, comment="of capture, YYYY-MM, UTC"),
        sa.Column("record_year", _WHOLE, nullable=True, comment="back-capture only: year of the newest record inside"),
        sa.Column("closed_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column(
            "adopted_by", _TEXT, nullable=True, comment="run that adopted it; null where its own run committed it"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_segment_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("key", name=op.f("uq_segment_key")),
    )
    with op.batch_alter_table("segment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_segment_account_id"), ["account_id"], unique=False)

    op.create_table(
        "standing",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("watch", archiver.database.Json(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_standing_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_standing")),
    )
    op.create_table(
        "watch",
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("due_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("looks", _WHOLE, nullable=False),
        sa.Column("changed_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("stored_bytes", _WHOLE, nullable=False),
        sa.Column("unique_bytes", _WHOLE, nullable=False),
        sa.Column(
            "looked_at",
            archiver.database.Instant(timezone=True),
            nullable=True,
            comment="when all of it was last looked at; null: not yet",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_watch_account_id_account")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_watch")),
    )
    with op.batch_alter_table("watch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_watch_account_id_due_at"), ["account_id", "due_at"], unique=False)

    op.create_table(
        "coverage",
        sa.Column("run_id", _TEXT, nullable=False),
        sa.Column("listing", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("stream", _TEXT, nullable=False),
        sa.Column("at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column(
            "span_from", archiver.database.Instant(timezone=True), nullable=True, comment="null: from the beginning"
        ),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("seen", _WHOLE, nullable=False),
        sa.Column("reason", _TEXT, nullable=True, comment="why not complete"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_coverage_account_id_account")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_coverage_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "listing", name=op.f("pk_coverage")),
    )
    op.create_table(
        "exchange",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("segment_id", _TEXT, nullable=False),
        sa.Column("run_id", _TEXT, nullable=False),
        sa.Column("ordinal", _WHOLE, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("stream", _TEXT, nullable=False),
        sa.Column("purpose", _TEXT, nullable=False),
        sa.Column("method", _TEXT, nullable=True, comment="null where nothing was asked (pushed, imported, deposited)"),
        sa.Column("uri", _TEXT, nullable=False),
        sa.Column("status", _WHOLE, nullable=True),
        sa.Column("received_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("offset", _WHOLE, nullable=False, comment="of the response record in the segment"),
        sa.Column("length", _WHOLE, nullable=False, comment="of its gzip member"),
        sa.Column(
            "facts_offset",
            _WHOLE,
            nullable=False,
            comment="of the metadata record that holds ask, context and seed",
        ),
        sa.Column("facts_length", _WHOLE, nullable=False),
        sa.Column("block_sha256", _TEXT, nullable=False),
        sa.Column("body_sha256", _TEXT, nullable=False, comment="of the body without transfer coding"),
        sa.Column("commitment", _TEXT, nullable=False, comment="root of the salted tree, as in the log"),
        sa.Column("scheme", _WHOLE, nullable=False),
        sa.Column("reader", _TEXT, nullable=False, comment="connector version that first read it"),
        sa.Column("problem", _TEXT, nullable=True),
        sa.Column(
            "quarantine",
            archiver.database.Json(),
            nullable=False,
            comment="[[place, reason]] of what could not be understood",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_exchange_account_id_account")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_exchange_run_id_run")),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_exchange_segment_id_segment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
    )
    with op.batch_alter_table("exchange", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_segment_id"), ["segment_id"], unique=False)

    op.create_table(
        "medium",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("url", _TEXT, nullable=False),
        sa.Column("alt_text", _TEXT, nullable=True),
        sa.Column("state", _TEXT, nullable=False, comment="wanted, fetched, refused, missing, too_large"),
        sa.Column("reason", _TEXT, nullable=True),
        sa.Column("exchange_id", _TEXT, nullable=True),
        sa.Column("content_type", _TEXT, nullable=True),
        sa.Column("sha256", _TEXT, nullable=True),
        sa.Column("size", _WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_medium_record_id_record")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medium")),
    )
    with op.batch_alter_table("medium", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_medium_record_id"), ["record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_medium_state"), ["state"], unique=False)

    op.create_table(
        "state",
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("number", _WHOLE, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("from_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column(
            "last_at", archiver.database.Instant(timezone=True), nullable=False, comment="last time it was seen so"
        ),
        sa.Column(
            "evidence", archiver.database.Json(), nullable=False, comment="ids of the exchanges that first showed it"
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_state_record_id_record")),
        sa.PrimaryKeyConstraint("record_id", "number", name=op.f("pk_state")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("state", schema=None) as batch_op:
        batch_op.create_index(
            "ix_state_changed",
            ["from_at"],
            unique=False,
            sqlite_where=sa.text("number > 1"),
            postgresql_where=sa.text("number > 1"),
        )

    op.create_table(
        "version",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column(
            "number",
            _WHOLE,
            nullable=False,
            comment="in order of time, from 1; may grow when an earlier one is learnt",
        ),
        sa.Column("content", archiver.database.Json(), nullable=False),
        sa.Column("text", _TEXT, nullable=False, comment="plain text of the content, for people and search"),
        sa.Column("scheme", _WHOLE, nullable=False),
        sa.Column(
            "as_of",
            archiver.database.Instant(timezone=True),
            nullable=True,
            comment="since when, by the platform's clock",
        ),
        sa.Column(
            "first_seen_at",
            archiver.database.Instant(timezone=True),
            nullable=True,
            comment="null: known only from the platform's history",
        ),
        sa.Column("last_seen_at", archiver.database.Instant(timezone=True), nullable=True),
        sa.Column(
            "exchange_id",
            _TEXT,
            nullable=False,
            comment="of its latest occurrence, in order of arrival: where it is stored",
        ),
        sa.Column(
            "position",
            _WHOLE,
            nullable=False,
            comment="of its latest occurrence; what an unchanged answer refers to",
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_version_record_id_record")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
    )
    with op.batch_alter_table("version", schema=None) as batch_op:
        batch_op.create_index(
            "ix_version_edited",
            ["first_seen_at"],
            unique=False,
            sqlite_where=sa.text("number > 1"),
            postgresql_where=sa.text("number > 1"),
        )
        batch_op.create_index(batch_op.f("ix_version_record_id"), ["record_id"], unique=False)

    op.create_table(
        "occurrence",
        sa.Column("exchange_id", _TEXT, nullable=False),
        sa.Column("position", _WHOLE, nullable=False, comment="in the reading's list of records, from 0"),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("place", _TEXT, nullable=False, comment="JSON pointer, or bytes=START-END"),
        sa.Column("observed_at", archiver.database.Instant(timezone=True), nullable=False),
        sa.Column("as_of", archiver.database.Instant(timezone=True), nullable=True),
        sa.Column("retrospective", sa.Boolean(), nullable=False),
        sa.Column(
            "last_seen_at",
            archiver.database.Instant(timezone=True),
            nullable=True,
            comment="last time an answer that was not stored again repeated it; null: never",
        ),
        sa.Column("arrival", _WHOLE, nullable=False, comment="number of the run that brought (or adopted) it"),
        sa.Column(
            "ordinal",
            _WHOLE,
            nullable=False,
            comment="of its exchange in the run that asked; orders what arrived together",
        ),
        sa.Column("scheme", _WHOLE, nullable=False),
        sa.Column("state", _TEXT, nullable=False, comment="what this answer shows of the record's visibility"),
        sa.Column("version_id", _TEXT, nullable=False),
        sa.Column(
            "partial",
            archiver.database.Json(),
            nullable=True,
            comment="its own {content, text} where they are not its version's; null: they are",
        ),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_occurrence_exchange_id_exchange")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_occurrence_record_id_record")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_occurrence_version_id_version")),
        sa.PrimaryKeyConstraint("exchange_id", "position", name=op.f("pk_occurrence")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_occurrence_record_id"), ["record_id"], unique=False)

    if op.get_bind().dialect.name == "sqlite":
        create_words(op.get_bind())
        note_analyser(op.get_bind(), replace=True)


def _one_account_each() -> list[sa.UniqueConstraint]:
    """The id is derived from these three, so that the primary key says the same. PostgreSQL could not index the address
    of every feed, which is a platform's id and may be long."""
    if op.get_bind().dialect.name != "sqlite":
        return []
    return [
        sa.UniqueConstraint("platform", "service", "platform_id", name=op.f("uq_account_platform_service_platform_id"))
    ]


def downgrade() -> None:
    """Go one step back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_vocabulary")
        op.execute("DROP TABLE search_words")
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_occurrence_record_id"))

    op.drop_table("occurrence")
    with op.batch_alter_table("version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_version_record_id"))
        batch_op.drop_index(
            "ix_version_edited", sqlite_where=sa.text("number > 1"), postgresql_where=sa.text("number > 1")
        )

    op.drop_table("version")
    with op.batch_alter_table("state", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_state_changed", sqlite_where=sa.text("number > 1"), postgresql_where=sa.text("number > 1")
        )

    op.drop_table("state")
    with op.batch_alter_table("medium", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_medium_state"))
        batch_op.drop_index(batch_op.f("ix_medium_record_id"))

    op.drop_table("medium")
    with op.batch_alter_table("exchange", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_segment_id"))
        batch_op.drop_index(batch_op.f("ix_exchange_run_id"))

    op.drop_table("exchange")
    op.drop_table("coverage")
    with op.batch_alter_table("watch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_watch_account_id_due_at"))

    op.drop_table("watch")
    op.drop_table("standing")
    with op.batch_alter_table("segment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_segment_account_id"))

    op.drop_table("segment")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_started_at"))

    op.drop_table("run")
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_record_thread_id"))
        batch_op.drop_index(batch_op.f("ix_record_account_id_listing"))
        batch_op.drop_index(batch_op.f("ix_record_account_id_created_at"))

    op.drop_table("record")
    op.drop_table("lease")
    op.drop_table("handle")
    op.drop_table("gap")
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_due_due_at"))

    op.drop_table("due")
    op.drop_table("credential")
    op.drop_table("search_statement")
    op.drop_table("search_source")
    op.drop_table("search_record")
    op.drop_table("search_indexed")
    op.drop_table("rebuild_progress")
    op.drop_table("log_head")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_type"))
        batch_op.drop_index(batch_op.f("ix_event_subject_id_subject_number"))
        batch_op.drop_index(batch_op.f("ix_event_at"))

    op.drop_table("event")
    op.drop_table("archive")
    op.drop_table("account")
