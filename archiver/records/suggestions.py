"""What may be the same: entries of exports that have no id there, and records that were captured in the same second.

Computed when it is shown, from what is there at that moment, and never stored: that two are the same is for a person
to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, select

from archiver.database import among
from archiver.records import as_all_saw, import_views
from archiver.records.import_models import ImportedVersion
from archiver.records.seeing import allowed, only_public, rows_of
from archiver.records.stored import RECORD, VERSION, table
from archiver.viewing import Viewer
from connectors.exports.unnamed import PREFIX, is_unnamed

IMPORTED = table(ImportedVersion)
_MOST = 10
_KINDS = {"share": "post"}
"""Kinds that exports do not tell apart."""
_WORDS = ("message", "caption", "text", "commentary", "title", "video_description")
"""What connectors and readers of exports call the words alone."""


@dataclass(frozen=True, slots=True)
class SuggestedView:
    """A record that may be the same one."""

    record_id: str
    captured: bool
    same_words: bool
    """Else only the account, the kind and the second are the same."""
    text: str

    @property
    def why(self) -> str:
        """Why it is suggested. No sentence of its own."""
        return "written in the same second with the same words" if self.same_words else "written in the same second"


def of_entry(
    connection: Connection,
    account_id: str,
    kind: str,
    created_at: datetime | None,
    words: frozenset[str],
    viewer: Viewer,
) -> tuple[SuggestedView, ...]:
    """Captured records that may be an entry of an export, as far as the viewer sees them and what they said. ``words``:
    of :func:`wordings`."""
    if created_at is None:
        return ()
    query = select(RECORD.c.id, RECORD.c.kind).where(
        RECORD.c.account_id == account_id, *_in_second(RECORD.c.created_at, created_at), *allowed(viewer)
    )
    found = [row.id for row in connection.execute(query.limit(100)) if _same_kind(row.kind, kind)]
    shown: dict[str, str] = {}
    said: defaultdict[str, set[str]] = defaultdict(set)
    columns = (VERSION.c.record_id, VERSION.c.text, VERSION.c.content)
    versions = select(*columns).where(among(connection, VERSION.c.record_id, found)).order_by(VERSION.c.number)
    rows = [*connection.execute(versions)] if found else []
    if only_public(viewer, account_id):
        mixed = as_all_saw.versions_of(connection, found)
        rows = [row for row in rows if row.record_id not in mixed]
        for one, some in mixed.items():
            shown[one] = some[-1].text if some else ""
            said[one] |= {words for each in some for words in wordings(each.text, each.content)}
    for row in rows:
        shown[row.record_id] = row.text
        said[row.record_id] |= wordings(row.text, row.content)
    return _ordered(SuggestedView(one, True, bool(said[one] & words), shown.get(one, "")) for one in found)


def of_captured(
    connection: Connection,
    account_id: str,
    kind: str,
    created_at: datetime | None,
    words: frozenset[str],
    viewer: Viewer,
) -> tuple[SuggestedView, ...]:
    """Entries of exports that may be a captured record, as far as the viewer sees them. ``words``: of all its versions
    that they see."""
    if created_at is None:
        return ()
    query = select(IMPORTED.c.record_id, IMPORTED.c.kind, IMPORTED.c.text, IMPORTED.c.content).where(
        IMPORTED.c.account_id == account_id,
        *_in_second(IMPORTED.c.created_at, created_at),
        IMPORTED.c.key.startswith(PREFIX, autoescape=True),
        *rows_of(viewer, IMPORTED),
    )
    rows = {row.record_id: row for row in connection.execute(query.order_by(IMPORTED.c.id).limit(100))}
    # One statement that was private makes the entry so.
    seen = import_views.only_imported(connection, rows) if rows else {}
    rows = {one: row for one, row in rows.items() if one in seen and seen[one].is_seen_by(viewer)}
    return _ordered(
        SuggestedView(one, False, bool(wordings(row.text, row.content) & words), row.text)
        for one, row in rows.items()
        if _same_kind(row.kind, kind)
    )


def _in_second(column: ColumnElement[datetime], at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    begin = at.replace(microsecond=0)
    return column >= begin, column < begin + timedelta(seconds=1)


def _same_kind(one: str, other: str) -> bool:
    return _KINDS.get(one, one) == _KINDS.get(other, other)


def wordings(text: str, content: object) -> frozenset[str]:
    """The words of a version by which it may be known again, with what hangs on it and without: platforms and exports
    tell of pictures and links in other ways. Spaces, line ends and capital letters count not."""
    named = [content.get(name) for name in _WORDS] if isinstance(content, Mapping) else []
    said = [" ".join(one.split()).casefold() for one in (text, *named) if isinstance(one, str)]
    return frozenset(one for one in said if one)


def _ordered(found: Iterable[SuggestedView]) -> tuple[SuggestedView, ...]:
    return tuple(sorted(found, key=lambda one: (not one.same_words, one.record_id))[:_MOST])


__all__ = ["SuggestedView", "is_unnamed", "of_captured", "of_entry", "wordings"]
