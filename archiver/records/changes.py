"""What was edited, hidden, or is no longer returned, newest first (law R16, R18). As everywhere, what a viewer may not
see is part of no query.

A page of the list ends at a :class:`Place`. Many things change at one moment (a thread that is gone whole), so a place
is more than a time, and nothing is shown twice or left out between two pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
)

from archiver.accounts.models import Account
from archiver.clock import from_text, to_text
from archiver.records import as_all_saw
from archiver.records.differences import differences
from archiver.records.seeing import allowed, only_public
from archiver.records.stored import RECORD, STATE, VERSION, open_among, table
from archiver.records.versions import Version
from archiver.records.views import EVERYTHING, AccountName, Change
from archiver.records.withheld import is_told, times_of
from archiver.viewing import Viewer
from connectors.contract import State

_ACCOUNT = table(Account)
_ACCOUNT_COLUMNS = tuple(_ACCOUNT.c[name].label(f"account_{name}") for name in ("platform", "handle", "name", "url"))
_BEYOND_THE_FIRST: ColumnElement[int] = literal_column("1")
"""Written into the statement, so that the index of rows with a number above 1 is used."""
_EDIT, _STATE = 0, 1
_SPANS = (1, 8, 64, 512)
"""Days."""


class Kind(StrEnum):
    """What became of a record."""

    EDITED = "edited"
    HIDDEN = "hidden"
    """Hidden, restricted, held for review or marked as spam."""
    GONE = "gone"
    """Deleted, removed, or no longer returned."""
    BACK = "back"
    """Visible again."""


STATES: Mapping[Kind, frozenset[State]] = {
    Kind.HIDDEN: frozenset({State.HIDDEN_BY_PAGE, State.RESTRICTED, State.HELD_FOR_REVIEW, State.SPAM}),
    Kind.GONE: frozenset(
        {State.NOT_RETURNED, State.DELETED_BY_AUTHOR, State.DELETED_BY_PAGE, State.REMOVED_BY_PLATFORM}
    ),
    Kind.BACK: frozenset({State.VISIBLE}),
}
WHO: Mapping[str, str] = {
    State.NOT_RETURNED.value: "The platform does not say who took it away, or why: the author, the page, the platform.",
    State.HIDDEN_BY_PAGE.value: "By somebody who runs the page, or a filter of it; the platform does not say whom.",
    State.RESTRICTED.value: "Its author is restricted by the page; the platform does not say by whom.",
    State.HELD_FOR_REVIEW.value: "By the platform or a filter of the page, until somebody looks at it.",
    State.SPAM.value: "By the platform, which takes it for spam, or by somebody who runs the page.",
    State.DELETED_BY_AUTHOR.value: "By its author, as the platform says.",
    State.DELETED_BY_PAGE.value: "By somebody who runs the page, as the platform says.",
    State.REMOVED_BY_PLATFORM.value: "By the platform, as it says itself.",
}
"""Who did it and why, as far as a state tells."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes. None: all."""

    account: str | None = None
    kind: Kind | None = None
    since: datetime | None = None
    """From this moment on."""
    until: datetime | None = None
    """Before this moment."""
    more: Callable[[FromClause], ColumnElement[bool]] | None = None
    """A further condition, given the table of versions (for edits) or of states."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    at: datetime
    record: str
    what: int
    number: int

    def __str__(self) -> str:
        return f"{to_text(self.at)},{self.record},{self.what},{self.number}"

    @classmethod
    def read(cls, text: str) -> Place:
        """The place of a text that :meth:`__str__` made.

        Raises:
            ValueError: it is none.
        """
        at, record, what, number = text.split(",")
        if not (what in ("0", "1") and number.isascii() and number.isdigit() and len(number) < 10 and record):
            raise ValueError(f"no place in a list of changes: {text!r}")
        return cls(from_text(at), record, int(what), int(number))


def recent(
    connection: Connection,
    viewer: Viewer = EVERYTHING,
    *,
    wanted: Wanted | None = None,
    limit: int = 50,
    before: Place | None = None,
) -> list[Change]:
    """Edits and new states of known records, newest first; ``before`` is where the page before ended."""
    wanted = wanted or Wanted()
    told: list[Change] = []
    while True:
        found = _newest(connection, viewer, wanted, limit, before)
        told += _as_all_saw(connection, viewer, found)
        if len(found) < limit or len(told) >= limit:
            return _proven(connection, viewer, told[:limit])
        before = place_of(found[-1])


def _newest(connection: Connection, viewer: Viewer, wanted: Wanted, limit: int, before: Place | None) -> list[Change]:
    for since in _spans(connection, viewer, wanted, before):
        found = _within(connection, viewer, replace(wanted, since=since), limit, before)
        if len(found) >= limit:
            return found
    return _within(connection, viewer, wanted, limit, before)


def _as_all_saw(connection: Connection, viewer: Viewer, found: Sequence[Change]) -> list[Change]:
    """With the words that the viewer sees, and without what is no edit to them: of records of which anything was seen
    in private, what is stored may say more than everybody saw (:mod:`archiver.records.as_all_saw`)."""
    public = {one.record_id for one in found if only_public(viewer, one.account.id)}
    mixed = as_all_saw.versions_of(connection, sorted(public)) if public else {}
    shown = (one if one.record_id not in mixed else _in_words_of(one, mixed[one.record_id]) for one in found)
    return [one for one in shown if one is not None]


def _in_words_of(change: Change, versions: Sequence[Version]) -> Change | None:
    """A change as these versions tell it; None: they tell of none."""
    if change.after is not None:
        return replace(change, text=versions[-1].text if versions else "")
    for earlier, one in pairwise(versions):
        if one.first_seen_at == change.at:
            edit = differences(earlier.text, one.text)
            return replace(change, text=one.text, text_before=earlier.text, edit=edit)
    return None


def _spans(connection: Connection, viewer: Viewer, wanted: Wanted, before: Place | None) -> Iterator[datetime]:
    """From when on to look, ever further back, where a time is one of two and no index has it: whoever looks at the
    newest waits for no change of years ago."""
    if len({part.only_public for part in viewer.parts}) == 1:
        return
    ends = [before.at] if before is not None else [wanted.until] if wanted.until is not None else []
    if not ends:
        newest = (
            select(func.max(rows.c[name], type_=rows.c[name].type)).where(rows.c.number > _BEYOND_THE_FIRST)
            for rows, name in ((VERSION, "first_seen_at"), (STATE, "from_at"))
        )
        ends = [at for query in newest if (at := connection.execute(query).scalar()) is not None]
    for days in _SPANS if ends else ():
        since = max(ends) - timedelta(days=days)
        if wanted.since is not None and since <= wanted.since:
            return
        yield since


def _within(connection: Connection, viewer: Viewer, wanted: Wanted, limit: int, before: Place | None) -> list[Change]:
    found: list[Change] = []
    if wanted.kind in (None, Kind.EDITED):
        found += _edits(connection, viewer, wanted, limit, before)
    if wanted.kind is not Kind.EDITED:
        found += _states(connection, viewer, wanted, limit, before)
    return sorted(found, key=_key, reverse=True)[:limit]


def place_of(change: Change) -> Place:
    """Where a page that ends with this change ends."""
    return Place(change.at, change.record_id, _EDIT if change.after is None else _STATE, change.number)


def _proven(connection: Connection, viewer: Viewer, found: list[Change]) -> list[Change]:
    """With the evidence that is seen: of public records a private exchange may be named beside a public one."""
    closed = [number for number, one in enumerate(found) if one.evidence and only_public(viewer, one.account.id)]
    shown = open_among(connection, {each for number in closed for each in found[number].evidence})
    for number in closed:
        one = found[number]
        found[number] = replace(one, evidence=tuple(each for each in one.evidence if each in shown))
    return found


def _key(change: Change) -> tuple[datetime, str, int, int]:
    place = place_of(change)
    return (place.at, place.record, place.what, place.number)


def _edits(
    connection: Connection, viewer: Viewer, wanted: Wanted, limit: int, before: Place | None
) -> Sequence[Change]:
    earlier = VERSION.alias("earlier")
    at = times_of(viewer)(VERSION.c.first_seen_at, VERSION.c.public_first_at)
    seen = (VERSION.c.first_seen_at, VERSION.c.last_seen_at)
    query = _changes(viewer, wanted, at, seen, VERSION.c.number, _EDIT, limit, before).add_columns(
        VERSION.c.text, earlier.c.text.label("earlier_text")
    )
    query = (
        query.select_from(VERSION)
        .join(RECORD, RECORD.c.id == VERSION.c.record_id)
        .join(_ACCOUNT, _ACCOUNT.c.id == RECORD.c.account_id)
        .join(earlier, and_(earlier.c.record_id == RECORD.c.id, earlier.c.number == VERSION.c.number - 1))
        .where(VERSION.c.number > _BEYOND_THE_FIRST, *_more(wanted, VERSION))
    )
    return [_change(row, differences(row.earlier_text, row.text), None, None) for row in connection.execute(query)]


def _states(
    connection: Connection, viewer: Viewer, wanted: Wanted, limit: int, before: Place | None
) -> Sequence[Change]:
    earlier = STATE.alias("earlier")
    known = times_of(viewer)
    at = known(STATE.c.from_at, STATE.c.public_from_at)
    before_that = known(earlier.c.last_at, earlier.c.public_last_at)
    seen = (STATE.c.from_at, STATE.c.last_at)
    query = _changes(viewer, wanted, at, seen, STATE.c.number, _STATE, limit, before)
    query = query.add_columns(
        VERSION.c.text,
        earlier.c.state.label("state_before"),
        STATE.c.state.label("state_after"),
        before_that.label("seen_so"),
        STATE.c.evidence,
    )
    query = (
        query.select_from(STATE)
        .join(RECORD, RECORD.c.id == STATE.c.record_id)
        .join(_ACCOUNT, _ACCOUNT.c.id == RECORD.c.account_id)
        .join(VERSION, VERSION.c.id == RECORD.c.version_id)
        .join(earlier, and_(earlier.c.record_id == RECORD.c.id, earlier.c.number == STATE.c.number - 1))
        .where(STATE.c.number > _BEYOND_THE_FIRST, before_that.is_not(None), *_more(wanted, STATE))
    )
    if wanted.kind is not None:
        query = query.where(STATE.c.state.in_(sorted(STATES[wanted.kind])))
    return [_change(row, (), row.state_before, row.state_after) for row in connection.execute(query)]


def _more(wanted: Wanted, rows: FromClause) -> list[ColumnElement[bool]]:
    return [] if wanted.more is None else [wanted.more(rows)]


def _changes(
    viewer: Viewer,
    wanted: Wanted,
    at: ColumnElement[Any],
    seen: tuple[ColumnElement[Any], ColumnElement[Any]],
    number: ColumnElement[int],
    what: int,
    limit: int,
    before: Place | None,
) -> Select[Any]:
    first, last = seen  # ``at`` is none before and none after: what an index, or the row itself, tells
    columns = (RECORD.c.id, RECORD.c.account_id, RECORD.c.kind, RECORD.c.author_name)
    query = select(at.label("at"), number.label("number"), *columns, *_ACCOUNT_COLUMNS)
    query = query.where(at.is_not(None), is_told(viewer), *allowed(viewer))
    if wanted.account is not None:
        query = query.where(RECORD.c.account_id == wanted.account)
    if wanted.since is not None:
        query = query.where(at >= wanted.since, last >= wanted.since)
    if wanted.until is not None:
        query = query.where(at < wanted.until, first < wanted.until)
    if before is not None:
        query = query.where(at <= before.at, first <= before.at, or_(at < before.at, _is_before(number, what, before)))
    return query.order_by(at.desc(), RECORD.c.id.desc(), number.desc()).limit(limit)


def _is_before(number: ColumnElement[int], what: int, before: Place) -> ColumnElement[bool]:
    """Of what changed at the same moment."""
    mine = RECORD.c.id == before.record
    if what == before.what:
        return or_(RECORD.c.id < before.record, and_(mine, number < before.number))
    return RECORD.c.id <= before.record if what < before.what else RECORD.c.id < before.record


def _change(row: Row[Any], edit: Any, before: str | None, after: str | None) -> Change:
    account = AccountName(row.account_id, row.account_platform, row.account_handle, row.account_name, row.account_url)
    return Change(
        row.at,
        row.id,
        account,
        row.kind,
        row.author_name,
        row.text,
        edit,
        before,
        after,
        number=row.number,
        text_before=row.earlier_text if after is None else None,
        seen_before=None if after is None else row.seen_so,
        evidence=() if after is None else tuple(row.evidence or ()),
    )
