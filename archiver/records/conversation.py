"""A record in its thread: as it stands, or as it was known at a moment; the whole of it, or a part.

What stands where is worked out from a few columns of every record of the thread; words and states are read of those
lines that are shown. So a thread of thousands is opened at a comment in the middle as fast as at its beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from archiver.errors import NotFound
from archiver.records import as_all_saw, families, finding, import_views, then, threads
from archiver.records.finding import NotSeenYet
from archiver.records.import_views import OnlyImported
from archiver.records.seeing import allowed, only_public
from archiver.records.stored import RECORD, STATE, VERSION, chunks
from archiver.records.threads import Line, Member
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.records.views import EVERYTHING, AccountName, AuthorView, ThreadLine, ThreadRecord, ThreadView
from archiver.records.withheld import withheld_among
from archiver.viewing import Viewer
from connectors.contract import State

_PLACED = (RECORD.c.id, RECORD.c.parent_id, RECORD.c.created_at)
_STEPS = 1000
"""Most answers above a record that are looked for one by one: strangers make them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which lines of a thread are shown. ``start`` None: the part in which the record stands."""

    most: int
    start: int | None = None


def thread(
    connection: Connection,
    record_id: str,
    as_of: datetime | None = None,
    viewer: Viewer = EVERYTHING,
    *,
    most: int = 2000,
    deepest: int = 12,
    part: Part | None = None,
) -> ThreadView:
    """The thread a record belongs to, in order, as it stands now or was known at a moment; with what stands above it,
    and with what hangs under it, as far as that is known.

    What is hidden or no longer returned stays in its place and says so. At most ``most`` records, the oldest, and the
    record itself; none deeper than ``deepest``; of the lines only those of a ``part``, if one is named.

    Raises:
        NotFound: there is no such record, or not for this viewer.
        NotSeenYet: nobody had seen it by then.
    """
    try:
        row = finding.one(connection, record_id, viewer)
    except NotFound:
        return _imported_thread(connection, record_id, as_of, viewer, most, deepest, part)
    seen = allowed(viewer)
    public = only_public(viewer, row.account_id)  # what was seen in private alone by then was not there for everybody
    seen_at = RECORD.c.public_first_at if public else RECORD.c.first_seen_at
    if as_of is not None:
        first = row.public_first_at if public else row.first_seen_at
        seen = [*seen, seen_at <= as_of]
        if first is None or first > as_of:
            raise NotSeenYet("nobody had seen this record by then", first)
    root, together = families.of(connection, row, seen)
    conditions = [RECORD.c.thread_id.in_(together), families.of_account(row.account_id), *seen]
    members, total = _members(connection, conditions, row.id, seen_at, most)
    beside: dict[str, OnlyImported] = {}
    counted: set[str] = set()
    if as_of is None:  # what exports say was seen at no time
        over = list(dict.fromkeys((*together, *members)))
        left = max(most - len(members), 0)
        beside, counted = import_views.in_threads(connection, row.account_id, over, viewer, left)
        members |= {one: _member(one, only) for one, only in beside.items()}
    lines = threads.arrange(root, members.values(), deepest)
    shown = _Shown(connection, as_of, public, beside)
    return _view(root, finding.account_of(row), lines, total + len(counted), shown, record_id, part)


def _members(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    record_id: str,
    seen_at: ColumnElement[Any],
    most: int,
) -> tuple[dict[str, Member], int]:
    """The records of a thread, as far as their places tell, and how many there are. Where there are more than are
    read, also this one and what is above it. ``seen_at``: where they stand of which no date is known."""
    total = int(connection.execute(select(func.count()).select_from(RECORD).where(*conditions)).scalar_one())
    written = func.coalesce(RECORD.c.created_at, seen_at)
    placed = select(*_PLACED, seen_at.label("seen_at")).where(*conditions)
    query = placed.order_by(written, RECORD.c.id).limit(most)
    found = {one.id: _placed(one) for one in connection.execute(query)}
    following: str | None = record_id
    for _ in range(_STEPS if total > most else 0):
        if following is None or following in found:
            break
        one = connection.execute(placed.where(RECORD.c.id == following)).one_or_none()
        if one is None:
            break
        found[one.id] = _placed(one)
        following = one.parent_id
    return found, total


def _placed(row: Any) -> Member:
    return Member(row.id, row.parent_id, row.created_at or row.seen_at)


def _view(
    root: str,
    account: AccountName,
    lines: Sequence[Line],
    total: int,
    shown: _Shown,
    record_id: str,
    part: Part | None,
) -> ThreadView:
    start, end = (0, len(lines)) if part is None else threads.window(lines, record_id, part.most, part.start)
    over = threads.above(lines, start)
    records = shown.records([line.id for line in (*over, *lines[start:end]) if not line.missing])

    def told(some: Iterable[Line]) -> tuple[ThreadLine, ...]:
        return tuple(ThreadLine(one.id, one.depth, records.get(one.id)) for one in some)

    return ThreadView(root, account, shown.as_of, told(lines[start:end]), total, told(over), start, len(lines))


@dataclass(frozen=True, slots=True)
class _Shown:
    """Reads what lines show."""

    connection: Connection
    as_of: datetime | None
    public: bool
    beside: Mapping[str, OnlyImported]

    def records(self, record_ids: Iterable[str]) -> dict[str, ThreadRecord]:
        """The records that stand on these lines."""
        wanted = list(record_ids)
        rows = {
            row.id: row
            for chunk in chunks([one for one in wanted if one not in self.beside])
            for row in self.connection.execute(select(RECORD).where(RECORD.c.id.in_(chunk)))
        }
        found = self._now(rows) if self.as_of is None else self._then(rows, self.as_of)
        return found | {one: _only_in_thread(one, self.beside[one]) for one in wanted if one in self.beside}

    def _now(self, rows: Mapping[str, Row[Any]]) -> dict[str, ThreadRecord]:
        """Of what is held back, the words and states that everybody could see stand in place of the latest."""
        held_back = withheld_among(self.connection, rows) if self.public else set()
        mixed = as_all_saw.versions_of(self.connection, rows) if self.public else {}
        texts = _texts(self.connection, rows)
        texts |= {one: (found[-1].text, len(found)) if found else ("", 0) for one, found in mixed.items()}
        states = _public_states(self.connection, held_back)
        shown = {}
        for row in rows.values():
            text, number = texts.get(row.id, ("", 0))
            many = number if row.id in mixed else row.versions
            last = row.public_last_at if self.public else row.last_seen_at
            shown[row.id] = _in_thread(row, states.get(row.id, row.state), text, number, many, self._first(row), last)
        return shown

    def _then(self, rows: Mapping[str, Row[Any]], at: datetime) -> dict[str, ThreadRecord]:
        known = then.known(self.connection, list(rows), at, public=self.public)
        found = {}
        for row in rows.values():
            one, many = known[row.id], len(known[row.id].versions)
            first = self._first(row)
            text = one.versions[-1].text if one.versions else ""
            found[row.id] = _in_thread(row, one.state, text, many, many, first, one.seen_until or first)
        return found

    def _first(self, row: Row[Any]) -> datetime | None:
        first: datetime | None = row.public_first_at if self.public else row.first_seen_at
        return first


# What only exports tell of -------------------------------------------------------------------------------------------


def _imported_thread(
    connection: Connection,
    record_id: str,
    as_of: datetime | None,
    viewer: Viewer,
    most: int,
    deepest: int,
    part: Part | None,
) -> ThreadView:
    """The thread of a record that only exports tell of: the captured one that it stands in, or what exports tell."""
    one = import_views.find(connection, record_id, viewer)
    if as_of is not None:
        raise NotSeenYet("nobody had seen this record by then", None)
    account_id, root = one.row["account_id"], one.row["thread_id"]
    for above in (root, one.row["parent_id"]):
        if above is not None and not import_views.only_imported(connection, [above]):
            with suppress(NotFound):
                finding.one(connection, above, viewer)
                return thread(connection, above, as_of, viewer, most=most, deepest=deepest, part=part)
    others, counted = import_views.in_threads(connection, account_id, [root], viewer, most)
    found = others | {record_id: one}
    lines = threads.arrange(root, [_member(each, only) for each, only in found.items()], deepest)
    shown = _Shown(connection, None, only_public(viewer, account_id), found)
    account = finding.account_named(connection, account_id)
    return _view(root, account, lines, len(counted | {record_id}), shown, record_id, part)


def _member(record_id: str, one: OnlyImported) -> Member:
    return Member(record_id, one.row["parent_id"], one.row["created_at"] or one.first_brought_at)


def _only_in_thread(record_id: str, one: OnlyImported) -> ThreadRecord:
    row = one.row
    return ThreadRecord(
        id=record_id,
        kind=row["kind"],
        word=row["word"],
        author=AuthorView(row["author_id"], row["author_name"], row["author_handle"]),
        url=row["url"],
        created_at=row["created_at"],
        first_seen_at=None,
        last_seen_at=None,
        state=KNOWN_FROM_IMPORT,
        text=row["text"],
        version=0,
        versions=0,
    )


# Words and states ----------------------------------------------------------------------------------------------------


def _texts(connection: Connection, records: Mapping[str, Row[Any]]) -> dict[str, tuple[str, int]]:
    """Text and number of the version of each record."""
    query = select(VERSION.c.record_id, VERSION.c.text, VERSION.c.number)
    found = {}
    for chunk in chunks(row.version_id for row in records.values()):
        for row in connection.execute(query.where(VERSION.c.id.in_(chunk))):
            found[row.record_id] = (row.text, row.number)
    return found


def _public_states(connection: Connection, record_ids: Collection[str]) -> dict[str, str]:
    found = dict.fromkeys(record_ids, State.VISIBLE.value)
    query = select(STATE.c.record_id, STATE.c.state).order_by(STATE.c.number)
    for chunk in chunks([*found]):
        shown = query.where(STATE.c.record_id.in_(chunk), STATE.c.public_from_at.is_not(None))
        for row in connection.execute(shown):
            found[row.record_id] = row.state
    return found


def _in_thread(
    row: Row[Any],
    state: str,
    text: str,
    number: int,
    versions: int,
    first_seen_at: datetime | None,
    last_seen_at: datetime | None,
) -> ThreadRecord:
    return ThreadRecord(
        id=row.id,
        kind=row.kind,
        word=row.word,
        author=finding.author_of(row),
        url=row.url,
        created_at=row.created_at,
        first_seen_at=first_seen_at,
        last_seen_at=last_seen_at,
        state=state,
        text=text,
        version=number,
        versions=versions,
    )
