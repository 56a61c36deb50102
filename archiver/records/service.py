"""Reading records, for pages and commands: one record, its thread.

Every function takes a :class:`Viewer`; what the viewer may see is part of each query, so that nothing else is ever
counted, shown or missing in a way that tells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from archiver.accounts.models import Account
from archiver.capture.models import Exchange, Segment
from archiver.errors import NotFound
from archiver.records import families, import_views, pictures, suggestions, threads
from archiver.records.contents import equal
from archiver.records.differences import differences
from archiver.records.import_views import OnlyImported
from archiver.records.seeing import allowed, only_public
from archiver.records.stored import MEDIUM, OCCURRENCE, RECORD, STATE, VERSION, chunks, table
from archiver.records.suggestions import SuggestedView, is_unnamed
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.records.views import (
    EVERYTHING,
    AccountName,
    AuthorView,
    MediumView,
    OccurrenceView,
    RecordView,
    StateView,
    ThreadLine,
    ThreadRecord,
    ThreadView,
    VersionView,
)
from archiver.records.withheld import in_public, public_state, public_version, withheld_among
from archiver.viewing import Viewer
from connectors.contract import State

__all__ = ["EVERYTHING", "Viewer", "allowed", "record", "thread"]

_ACCOUNT, _EXCHANGE, _SEGMENT = table(Account), table(Exchange), table(Segment)
_ACCOUNT_COLUMNS = tuple(_ACCOUNT.c[name].label(f"account_{name}") for name in ("platform", "handle", "name", "url"))


def record(
    connection: Connection, record_id: str, viewer: Viewer = EVERYTHING, *, occurrences: int = 100
) -> RecordView:
    """One record with its versions, states, files and where it is stored (the latest ``occurrences`` places).

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    try:
        row = _one(connection, record_id, viewer)
    except NotFound:
        return _from_imports(connection, record_id, viewer)
    public = only_public(viewer, row.account_id)
    held_back = public and bool(withheld_among(connection, [record_id]))
    where = _occurred(record_id, public)
    count = select(func.count()).select_from(OCCURRENCE).where(*where)
    versions, states = _versions(connection, record_id, public), _states(connection, record_id, public)
    return RecordView(
        id=row.id,
        key=row.key,
        account=_account(row),
        kind=row.kind,
        word=row.word,
        access=row.access,
        thread_id=row.thread_id,
        parent_id=row.parent_id,
        author=_author(row),
        url=row.url,
        created_at=row.created_at,
        counts={} if held_back else row.counts or {},
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        state=(states[-1].state if states else State.VISIBLE.value) if held_back else row.state,
        versions=versions,
        states=states,
        occurrences=_occurrences(connection, where, occurrences),
        occurrence_count=int(connection.execute(count).scalar_one()),
        media=_media(connection, record_id, held_back),
        pictures=pictures.of_record(connection, record_id, public=public),
        imported=import_views.of_record(connection, record_id, viewer),
        suggested=suggestions.of_captured(
            connection, row.account_id, row.kind, row.created_at, _wordings(versions), viewer
        ),
    )


def _from_imports(connection: Connection, record_id: str, viewer: Viewer) -> RecordView:
    """A record of which nothing was captured."""
    found = import_views.find(connection, record_id, viewer)
    row = found.row
    return RecordView(
        id=record_id,
        key=row["key"],
        account=_account_named(connection, row["account_id"]),
        kind=row["kind"],
        word=row["word"],
        access=found.access,
        thread_id=row["thread_id"],
        parent_id=row["parent_id"],
        author=AuthorView(row["author_id"], row["author_name"], row["author_handle"]),
        url=row["url"],
        created_at=row["created_at"],
        counts={},
        first_seen_at=None,
        last_seen_at=None,
        state=KNOWN_FROM_IMPORT,
        versions=(),
        states=(),
        occurrences=(),
        occurrence_count=0,
        media=(),
        imported=import_views.of_record(connection, record_id, viewer),
        suggested=_suggested(connection, row, viewer),
    )


def _wordings(versions: Iterable[VersionView]) -> frozenset[str]:
    return frozenset(words for one in versions for words in suggestions.wordings(one.text, one.content))


def _suggested(connection: Connection, row: Mapping[str, Any], viewer: Viewer) -> tuple[SuggestedView, ...]:
    """Captured records that may be an entry without an id."""
    if not is_unnamed(row["key"]):
        return ()
    words = suggestions.wordings(row["text"], row["content"])
    return suggestions.of_entry(connection, row["account_id"], row["kind"], row["created_at"], words, viewer)


def _account_named(connection: Connection, account_id: str) -> AccountName:
    query = select(_ACCOUNT.c.id.label("account_id"), *_ACCOUNT_COLUMNS).where(_ACCOUNT.c.id == account_id)
    return _account(connection.execute(query).one())


def thread(
    connection: Connection,
    record_id: str,
    as_of: datetime | None = None,
    viewer: Viewer = EVERYTHING,
    *,
    most: int = 2000,
    deepest: int = 12,
) -> ThreadView:
    """The thread a record belongs to, in order, as it stands now or stood at a time; with what stands above it, and
    with what hangs under it, as far as that is known.

    What is hidden or no longer returned stays in its place and says so. At most ``most`` records, the oldest, and none
    deeper than ``deepest``.

    Raises:
        NotFound: there is no such record, or not for this viewer.
    """
    try:
        row = _one(connection, record_id, viewer)
    except NotFound:
        return _imported_thread(connection, record_id, as_of, viewer, most, deepest)
    root, together = families.of(connection, row, allowed(viewer))
    conditions = [RECORD.c.thread_id.in_(together), RECORD.c.account_id == row.account_id, *allowed(viewer)]
    written = func.coalesce(RECORD.c.created_at, RECORD.c.first_seen_at)
    if as_of is not None:
        conditions.append(RECORD.c.first_seen_at <= as_of)
    total = connection.execute(select(func.count()).select_from(RECORD).where(*conditions)).scalar_one()
    query = select(RECORD).where(*conditions).order_by(written, RECORD.c.id).limit(most)
    found = {one.id: one for one in connection.execute(query)}
    # Of what is held back, the words and states that everybody could see stand in place of the latest.
    held_back = withheld_among(connection, found) if only_public(viewer, row.account_id) else set()
    texts = _texts(connection, found, as_of) | _public_texts(connection, held_back, as_of)
    states = {} if as_of is None else _states_at(connection, found, as_of)
    states |= _public_states(connection, held_back, as_of)
    members = [threads.Member(one.id, one.parent_id, one.created_at or one.first_seen_at) for one in found.values()]
    records = {one.id: _in_thread(one, texts, states, held_back) for one in found.values()}
    if as_of is None:  # what exports say was seen at no time
        above = list(dict.fromkeys((*together, *found)))
        beside = import_views.in_threads(connection, row.account_id, above, viewer, max(most - len(found), 0))
        members += [_member(record_id, one) for record_id, one in beside.items()]
        records |= {record_id: _only_in_thread(record_id, one) for record_id, one in beside.items()}
        total += len(beside)
    return ThreadView(root, _account(row), as_of, _lines(root, members, records, deepest), int(total))


def _lines(
    root: str, members: Sequence[threads.Member], records: Mapping[str, ThreadRecord], deepest: int
) -> tuple[ThreadLine, ...]:
    return tuple(
        ThreadLine(line.id, line.depth, None if line.missing else records[line.id])
        for line in threads.arrange(root, members, deepest)
    )


def _imported_thread(
    connection: Connection, record_id: str, as_of: datetime | None, viewer: Viewer, most: int, deepest: int
) -> ThreadView:
    """The thread of a record that only exports tell of: the captured one that it stands in, or what exports tell."""
    one = import_views.find(connection, record_id, viewer)
    account_id = one.row["account_id"]
    for above in (one.row["thread_id"], one.row["parent_id"]):
        if above is not None and not import_views.only_imported(connection, [above]):
            with suppress(NotFound):
                _one(connection, above, viewer)
                return thread(connection, above, as_of, viewer, most=most, deepest=deepest)
    found = import_views.in_threads(connection, account_id, [one.row["thread_id"]], viewer, most)
    found |= {record_id: one}
    members = [_member(each, only) for each, only in found.items()]
    records = {each: _only_in_thread(each, only) for each, only in found.items()}
    root = one.row["thread_id"]
    lines = _lines(root, members, records, deepest)
    return ThreadView(root, _account_named(connection, account_id), as_of, lines, len(found))


def _member(record_id: str, one: OnlyImported) -> threads.Member:
    return threads.Member(record_id, one.row["parent_id"], one.row["created_at"] or one.first_brought_at)


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


# One record ---------------------------------------------------------------------------------------------------------


def _one(connection: Connection, record_id: str, viewer: Viewer) -> Row[Any]:
    query = (
        select(RECORD, *_ACCOUNT_COLUMNS)
        .join(_ACCOUNT, _ACCOUNT.c.id == RECORD.c.account_id)
        .where(RECORD.c.id == record_id, *allowed(viewer))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such record in this archive")
    return row


def _account(row: Row[Any]) -> AccountName:
    return AccountName(row.account_id, row.account_platform, row.account_handle, row.account_name, row.account_url)


def _author(row: Row[Any]) -> AuthorView:
    return AuthorView(row.author_id, row.author_name, row.author_handle)


def _occurred(record_id: str, public: bool) -> list[ColumnElement[bool]]:
    found = [OCCURRENCE.c.record_id == record_id]
    return [*found, in_public(OCCURRENCE.c.exchange_id)] if public else found


def _versions(connection: Connection, record_id: str, public: bool) -> tuple[VersionView, ...]:
    query = select(VERSION).where(VERSION.c.record_id == record_id).order_by(VERSION.c.number)
    query = query.where(public_version()) if public else query
    rows = connection.execute(query).all()
    # Numbered as they are shown: a number that is left out would tell of a version that is.
    shown = enumerate(pairwise([None, *rows]), 1)
    return tuple(_version(number, row, before) for number, (before, row) in shown if row is not None)


def _version(number: int, row: Row[Any], before: Row[Any] | None) -> VersionView:
    return VersionView(
        id=row.id,
        number=number,
        text=row.text,
        content=row.content,
        as_of=row.as_of,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        changes=() if before is None else differences(before.text, row.text),
        changed=() if before is None else _changed(before, row),
    )


def _changed(before: Row[Any], after: Row[Any]) -> tuple[str, ...]:
    """Fields that both versions have and that differ; none where they were read with different schemes."""
    if before.scheme != after.scheme:
        return ()
    names = sorted(before.content.keys() & after.content.keys())
    return tuple(name for name in names if not equal(before.content[name], after.content[name]))


def _states(connection: Connection, record_id: str, public: bool) -> tuple[StateView, ...]:
    query = select(STATE).where(STATE.c.record_id == record_id).order_by(STATE.c.number)
    query = query.where(public_state(connection)) if public else query
    return tuple(
        StateView(row.state, row.from_at, row.last_at, tuple(row.evidence)) for row in connection.execute(query)
    )


def _occurrences(connection: Connection, where: Sequence[ColumnElement[bool]], most: int) -> tuple[OccurrenceView, ...]:
    here = ("exchange_id", "position", "place", "observed_at", "last_seen_at", "as_of", "retrospective", "version_id")
    query = (
        select(
            *(OCCURRENCE.c[name] for name in here),
            *(_EXCHANGE.c[name] for name in ("run_id", "uri", "status", "segment_id", "offset", "length")),
            *(_EXCHANGE.c[name] for name in ("body_sha256", "commitment")),
            _SEGMENT.c.key.label("segment_key"),
            _SEGMENT.c.sha256.label("segment_sha256"),
        )
        .join(_EXCHANGE, _EXCHANGE.c.id == OCCURRENCE.c.exchange_id)
        .join(_SEGMENT, _SEGMENT.c.id == _EXCHANGE.c.segment_id)
        .where(*where)
        .order_by(OCCURRENCE.c.arrival.desc(), OCCURRENCE.c.ordinal.desc(), OCCURRENCE.c.position.desc())
        .limit(most)
    )
    return tuple(OccurrenceView(**row) for row in connection.execute(query).mappings())


def _media(connection: Connection, record_id: str, held_back: bool) -> tuple[MediumView, ...]:
    columns = [MEDIUM.c[name] for name in MediumView.__slots__]
    query = select(*columns).where(MEDIUM.c.record_id == record_id).order_by(MEDIUM.c.id)
    query = query.where(in_public(MEDIUM.c.exchange_id)) if held_back else query
    return tuple(MediumView(*row) for row in connection.execute(query))


# A thread -----------------------------------------------------------------------------------------------------------


def _texts(
    connection: Connection, records: Mapping[str, Row[Any]], as_of: datetime | None
) -> dict[str, tuple[str, int]]:
    """Text and number of the version of each record, now or at a time."""
    query = select(VERSION.c.record_id, VERSION.c.text, VERSION.c.number).order_by(VERSION.c.number)
    if as_of is None:
        wanted: Iterable[str] = [row.version_id for row in records.values()]
        column = VERSION.c.id
    else:
        wanted, column = records, VERSION.c.record_id
        query = query.where(func.coalesce(VERSION.c.as_of, VERSION.c.first_seen_at) <= as_of)
    found = {}
    for chunk in chunks(wanted):
        for row in connection.execute(query.where(column.in_(chunk))):
            found[row.record_id] = (row.text, row.number)
    return found


def _states_at(connection: Connection, records: Iterable[str], as_of: datetime) -> dict[str, str]:
    query = select(STATE.c.record_id, STATE.c.state).order_by(STATE.c.number).where(STATE.c.from_at <= as_of)
    found = {}
    for chunk in chunks(records):
        for row in connection.execute(query.where(STATE.c.record_id.in_(chunk))):
            found[row.record_id] = row.state
    return found


def _public_texts(
    connection: Connection, record_ids: Iterable[str], as_of: datetime | None
) -> dict[str, tuple[str, int]]:
    """Text and number of the latest version of each record that everybody could see; none where there is none yet."""
    found = dict.fromkeys(record_ids, ("", 0))
    query = select(VERSION.c.record_id, VERSION.c.text, VERSION.c.number).order_by(VERSION.c.number)
    if as_of is not None:
        query = query.where(func.coalesce(VERSION.c.as_of, VERSION.c.first_seen_at) <= as_of)
    for chunk in chunks([*found]):
        for row in connection.execute(query.where(VERSION.c.record_id.in_(chunk), public_version())):
            found[row.record_id] = (row.text, found[row.record_id][1] + 1)
    return found


def _public_states(connection: Connection, record_ids: Iterable[str], as_of: datetime | None) -> dict[str, str]:
    found = dict.fromkeys(record_ids, State.VISIBLE.value)
    query = select(STATE.c.record_id, STATE.c.state).order_by(STATE.c.number)
    query = query if as_of is None else query.where(STATE.c.from_at <= as_of)
    for chunk in chunks([*found]):
        for row in connection.execute(query.where(STATE.c.record_id.in_(chunk), public_state(connection))):
            found[row.record_id] = row.state
    return found


def _in_thread(
    row: Row[Any], texts: Mapping[str, tuple[str, int]], states: Mapping[str, str], held_back: Collection[str]
) -> ThreadRecord:
    text, number = texts.get(row.id, ("", 0))
    return ThreadRecord(
        id=row.id,
        kind=row.kind,
        word=row.word,
        author=_author(row),
        url=row.url,
        created_at=row.created_at,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        state=states.get(row.id, row.state),
        text=text,
        version=number,
        versions=number if row.id in held_back else row.versions,
    )
