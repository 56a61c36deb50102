"""What may be the same: entries of exports that have no id there, and records that were captured in the same second.

Computed when it is shown, from what is there at that moment, and never stored: that two are the same is for a person
to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, select

from archiver.database import among
from archiver.records.import_models import ImportedVersion
from archiver.records.stored import RECORD, VERSION, table
from connectors.exports.unnamed import PREFIX, is_unnamed

IMPORTED = table(ImportedVersion)
_MOST = 10
_KINDS = {"share": "post"}
"""Kinds that exports do not tell apart."""


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
    words: str,
    allowed: Sequence[ColumnElement[bool]],
) -> tuple[SuggestedView, ...]:
    """Captured records that may be an entry of an export. ``allowed``: what the viewer may see."""
    if created_at is None:
        return ()
    query = select(RECORD.c.id, RECORD.c.kind).where(
        RECORD.c.account_id == account_id, *_in_second(RECORD.c.created_at, created_at), *allowed
    )
    found = [row.id for row in connection.execute(query.limit(100)) if _same_kind(row.kind, kind)]
    texts: defaultdict[str, list[str]] = defaultdict(list)
    said = select(VERSION.c.record_id, VERSION.c.text).where(among(connection, VERSION.c.record_id, found))
    for row in connection.execute(said.order_by(VERSION.c.number)) if found else ():
        texts[row.record_id].append(row.text)
    return _ordered(
        SuggestedView(one, True, any(_same(each, words) for each in texts[one]), texts[one][-1] if texts[one] else "")
        for one in found
    )


def of_captured(
    connection: Connection,
    account_id: str,
    kind: str,
    created_at: datetime | None,
    texts: Sequence[str],
    access: frozenset[str] | None,
) -> tuple[SuggestedView, ...]:
    """Entries of exports that may be a captured record. ``texts``: of each of its versions."""
    if created_at is None:
        return ()
    query = select(IMPORTED.c.record_id, IMPORTED.c.kind, IMPORTED.c.text).where(
        IMPORTED.c.account_id == account_id,
        *_in_second(IMPORTED.c.created_at, created_at),
        IMPORTED.c.key.startswith(PREFIX, autoescape=True),
    )
    if access is not None:
        query = query.where(IMPORTED.c.access.in_(sorted(access)))
    rows = {row.record_id: row for row in connection.execute(query.order_by(IMPORTED.c.id).limit(100))}
    return _ordered(
        SuggestedView(one, False, any(_same(each, row.text) for each in texts), row.text)
        for one, row in rows.items()
        if _same_kind(row.kind, kind)
    )


def _in_second(column: ColumnElement[datetime], at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    begin = at.replace(microsecond=0)
    return column >= begin, column < begin + timedelta(seconds=1)


def _same_kind(one: str, other: str) -> bool:
    return _KINDS.get(one, one) == _KINDS.get(other, other)


def _same(one: str, other: str) -> bool:
    """Spaces, line ends and capital letters count not."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _ordered(found: Iterable[SuggestedView]) -> tuple[SuggestedView, ...]:
    return tuple(sorted(found, key=lambda one: (not one.same_words, one.record_id))[:_MOST])


__all__ = ["SuggestedView", "is_unnamed", "of_captured", "of_entry"]
