"""From when to when everybody could see what is stored: of records, of what they say, and of their states

Of accounts of which nothing private was ever stored these are the times that are there. Of all others they are taken
from what is stored of each sight. Of answers that were not stored again only the last is known, and of those that only
named a record none: the next look, or `archiver index rebuild`, tells. Where search shows a record of which no date is
known at a place that tells when an owner's token was first shown it, or by a state that only such a token was shown,
nothing is found by who sees public things only until `archiver index rebuild` made it anew.

Revision: 0035
Follows: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archiver.database import Instant

# ruff: noqa: S608 - our own words

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_CLOSED = "SELECT segment.account_id FROM segment WHERE segment.access NOT IN ('public', 'media')"
#: Public occurrences, ``o``.
_SEEN = """
    FROM occurrence AS o JOIN exchange AS e ON e.id = o.exchange_id JOIN segment AS s ON s.id = e.segment_id
    WHERE s.access IN ('public', 'media') AND """
_UNTIL = "max(coalesce(o.seen_in_public_at, o.observed_at))"
_OF_RECORD = "o.record_id = record.id"
#: What stands without its words is no sight of them.
_OF_VERSION = """o.record_id = version.record_id AND o.version_id = version.id
    AND (o.partial IS NULL OR o.partial NOT LIKE '{"content":{}%')"""
#: What came out of the platform's history shows a state only where it was the first that was known of the record.
_PLACE = "({0}.arrival, {0}.ordinal, {0}.exchange_id, {0}.position)"
_OF_STATE = f"""o.record_id = state.record_id AND o.state = state.state
    AND (NOT o.retrospective OR NOT EXISTS (SELECT 1 FROM occurrence AS x
        WHERE x.record_id = o.record_id AND {_PLACE.format("x")} < {_PLACE.format("o")}))
    AND (o.observed_at BETWEEN state.from_at AND state.last_at
         OR o.seen_in_public_at BETWEEN state.from_at AND state.last_at)"""
_WITHIN = "CASE WHEN o.{0} BETWEEN state.from_at AND state.last_at THEN o.{0} ELSE o.{1} END"
#: A state that no answer shows was concluded from its evidence, at that time: of what everybody had seen before.
_PROVEN = """EXISTS (
    SELECT 1 FROM exchange AS e JOIN segment AS s ON s.id = e.segment_id
    WHERE s.access IN ('public', 'media') AND e.id IN (SELECT {value} FROM {each}))"""
_CONCLUDED = f"""CASE WHEN state.state <> 'visible'
    AND state.from_at >= (SELECT record.public_first_at FROM record WHERE record.id = state.record_id)
    AND {_PROVEN} THEN state.from_at END"""
_EACH = {
    "sqlite": ("named.value", "json_each(state.evidence) AS named"),
    "postgresql": ("named.value", "json_array_elements_text(CAST(state.evidence AS json)) AS named (value)"),
}
_PLACED_BY_A_PRIVATE_LOOK = """EXISTS (
    SELECT 1 FROM record WHERE access = 'public' AND created_at IS NULL AND public_first_at <> first_seen_at)"""
_STATE_OF_A_PRIVATE_LOOK = """EXISTS (
    SELECT 1 FROM state JOIN record ON record.id = state.record_id
    WHERE record.access = 'public' AND state.number > 1 AND state.state = 'visible' AND state.public_from_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM version AS v WHERE v.record_id = record.id AND NOT v.public)
        AND NOT EXISTS (SELECT 1 FROM state AS other WHERE other.record_id = record.id
            AND other.state <> 'visible' AND other.public_from_at IS NULL))"""

_NOT_FOUND_BEFORE_ALL_SAW = f"""EXISTS (
    SELECT 1 FROM state JOIN record ON record.id = state.record_id
    WHERE record.access = 'public' AND state.state <> 'visible' AND state.public_from_at IS NULL
        AND state.from_at < record.public_first_at AND {_PROVEN})"""


def _whose(column: str, closed: str) -> str:
    return f"{column} {closed} ({_CLOSED})"


def statements(dialect: str) -> list[str]:
    """What fills the columns from what is stored."""
    value, each = _EACH[dialect]
    concluded = _CONCLUDED.format(value=value, each=each)
    first = _WITHIN.format("observed_at", "seen_in_public_at")
    last = _WITHIN.format("seen_in_public_at", "observed_at")
    of_account = "record_id {} (SELECT record.id FROM record WHERE {})"
    always, mixed = (
        (_whose("record.account_id", how), of_account.format("IN", _whose("record.account_id", how)))
        for how in ("NOT IN", "IN")
    )
    return [
        f"UPDATE record SET public_first_at = first_seen_at, public_last_at = last_seen_at WHERE {always[0]}",
        f"UPDATE version SET public = true, public_first_at = first_seen_at, public_last_at = last_seen_at"
        f" WHERE {always[1]}",
        f"UPDATE state SET public_from_at = from_at, public_last_at = last_at WHERE {always[1]}",
        f"UPDATE record SET public_first_at = (SELECT min(o.observed_at) {_SEEN} {_OF_RECORD}),"
        f" public_last_at = (SELECT {_UNTIL} {_SEEN} {_OF_RECORD}) WHERE {mixed[0]}",
        f"UPDATE version SET public = EXISTS (SELECT 1 {_SEEN} {_OF_VERSION}),"
        f" public_first_at = (SELECT min(o.observed_at) {_SEEN} {_OF_VERSION} AND NOT o.retrospective),"
        f" public_last_at = (SELECT {_UNTIL} {_SEEN} {_OF_VERSION} AND NOT o.retrospective) WHERE {mixed[1]}",
        f"UPDATE state SET public_from_at = coalesce((SELECT min({first}) {_SEEN} {_OF_STATE}), {concluded}),"
        f" public_last_at = coalesce((SELECT max({last}) {_SEEN} {_OF_STATE}), {concluded}) WHERE {mixed[1]}",
        f"UPDATE search_indexed SET marked = false WHERE {_PLACED_BY_A_PRIVATE_LOOK} OR {_STATE_OF_A_PRIVATE_LOOK}"
        f" OR {_NOT_FOUND_BEFORE_ALL_SAW.format(value=value, each=each)}",
    ]  # fmt: skip


def _time(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, Instant(timezone=True), nullable=True, comment=comment)


def upgrade() -> None:
    """Go one step forward."""
    by_nobody = "first seen so by everybody; null: by nobody but who may see more"
    op.add_column("record", _time("public_first_at", by_nobody))
    op.add_column("record", _time("public_last_at", "last seen so by everybody"))
    everybody = "everybody could see any of it"
    op.add_column(
        "version", sa.Column("public", sa.Boolean(), nullable=False, server_default=sa.false(), comment=everybody)
    )
    op.add_column("version", _time("public_first_at", f"{by_nobody}, or never standing"))
    op.add_column("version", _time("public_last_at", "last seen so by everybody"))
    known = "first known so from what everybody could see; null: only from what they could not"
    op.add_column("state", _time("public_from_at", known))
    op.add_column("state", _time("public_last_at", "last known so from that"))
    for statement in statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
    where = sa.text("number > 1")
    for name, table, column in _INDEXES:
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


ADDED = {
    "record": ("public_first_at", "public_last_at"),
    "version": ("public", "public_first_at", "public_last_at"),
    "state": ("public_from_at", "public_last_at"),
}
_INDEXES = (
    ("ix_version_edited_in_public", "version", "public_first_at"),
    ("ix_state_changed_in_public", "state", "public_from_at"),
)


def downgrade() -> None:
    """Go one step back."""
    for name, table, _ in _INDEXES:
        op.drop_index(name, table)
    for table, names in ADDED.items():
        for name in names:
            op.drop_column(table, name)
