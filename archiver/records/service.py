"""Reading records, for pages and commands: one record, its thread.

Every function takes a :class:`Viewer`; what the viewer may see is part of each query, so that nothing else is ever
counted, shown or missing in a way that tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from archiver.capture.models import Exchange, Segment
from archiver.errors import NotFound
from archiver.records import as_all_saw, finding, followed, import_views, pictures, suggestions, then
from archiver.records.as_all_saw import Homes
from archiver.records.contents import equal
from archiver.records.conversation import Part, thread
from archiver.records.differences import differences
from archiver.records.finding import NotSeenYet
from archiver.records.followed import LinkView
from archiver.records.seeing import allowed, only_public
from archiver.records.states import in_public as states_in_public
from archiver.records.stored import MEDIUM, OCCURRENCE, STATE, VERSION, in_public, interval, open_among, table
from archiver.records.suggestions import SuggestedView, is_unnamed
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.records.versions import Version
from archiver.records.views import (
    EVERYTHING,
    AuthorView,
    MediumView,
    OccurrenceView,
    RecordView,
    StateView,
    VersionView,
)
from archiver.records.withheld import public_version, withheld_among
from archiver.viewing import Viewer
from connectors.contract import State

__all__ = ["EVERYTHING", "NotSeenYet", "Part", "Viewer", "allowed", "record", "record_at", "thread"]

_EXCHANGE, _SEGMENT = table(Exchange), table(Segment)
_NO_TIMES: Mapping[str, Any] = {"first_seen_at": None, "last_seen_at": None}


def record(
    connection: Connection, record_id: str, viewer: Viewer = EVERYTHING, *, occurrences: int = 100
) -> RecordView:
    """One record with its versions, states, files and where it is stored (the latest ``occurrences`` places).

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    try:
        row = finding.one(connection, record_id, viewer)
    except NotFound:
        return _from_imports(connection, record_id, viewer)
    public = only_public(viewer, row.account_id)
    held_back = public and bool(withheld_among(connection, [record_id]))
    where = _occurred(record_id, public)
    mixed = as_all_saw.versions_of(connection, [record_id]).get(record_id) if public else None
    homes = None if mixed is None else Homes.of(mixed)
    versions = _shown_as(mixed) if mixed else _versions(connection, record_id, public)
    states = _states(connection, record_id, public)
    return RecordView(
        id=row.id,
        key=row.key,
        account=finding.account_of(row),
        kind=row.kind,
        word=row.word,
        access=row.access,
        thread_id=row.thread_id,
        parent_id=row.parent_id,
        author=finding.author_of(row),
        url=row.url,
        created_at=row.created_at,
        counts={} if held_back or mixed is not None else row.counts or {},
        first_seen_at=row.public_first_at if public else row.first_seen_at,
        last_seen_at=row.public_last_at if public else row.last_seen_at,
        state=(states[-1].state if states else State.VISIBLE.value) if held_back else row.state,
        versions=versions,
        states=states,
        occurrences=_occurrences(connection, where, occurrences, public=public, homes=homes),
        occurrence_count=_count(connection, where),
        media=_media(connection, record_id, public, held_back),
        pictures=pictures.of_record(connection, record_id, public=public),
        links=_links(connection, record_id, versions),
        imported=import_views.of_record(connection, record_id, viewer),
        suggested=suggestions.of_captured(
            connection, row.account_id, row.kind, row.created_at, _wordings(versions), viewer
        ),
    )


def record_at(
    connection: Connection, record_id: str, as_of: datetime, viewer: Viewer = EVERYTHING, *, occurrences: int = 100
) -> RecordView:
    """The same as it was known at a moment (:mod:`archiver.records.moments`): what was seen since is left out, and so
    is what exports say, which were no look. Who wrote it is described as the latest answer has it.

    Raises:
        NotFound: there is none, or not for this viewer.
        NotSeenYet: nobody had seen it by then.
    """
    now = record(connection, record_id, viewer, occurrences=0)
    if now.first_seen_at is None or now.first_seen_at > as_of:
        raise NotSeenYet("nobody had seen this record by then", now.first_seen_at)
    public = only_public(viewer, now.account.id)
    known = then.known(connection, [record_id], as_of, public=public)[record_id]
    homes = Homes.of(known.versions)
    where = [*_occurred(record_id, public), OCCURRENCE.c.observed_at <= as_of]
    drawn = (replace(one, version=homes.numbers.get((one.drawn_from, one.position), 0)) for one in now.pictures)
    fetched = _received(connection, [one.exchange_id for one in now.media if one.exchange_id is not None], as_of)
    later = bool(_count(connection, [*_occurred(record_id, public), OCCURRENCE.c.observed_at > as_of]))
    places = _occurrences(connection, where, occurrences, public=public, homes=homes if public else None)
    shown = _shown_as(known.versions) or (_wordless(connection, record_id),)
    return replace(
        now,
        counts={} if later else now.counts,
        last_seen_at=known.seen_until or now.first_seen_at,
        state=known.state,
        versions=shown,
        links=_links(connection, record_id, shown, as_of),
        states=tuple(StateView(one.state, one.from_at, one.last_at, one.evidence) for one in known.states),
        occurrences=tuple(_clipped(one, as_of) for one in places),
        occurrence_count=_count(connection, where),
        media=tuple(one for one in now.media if one.exchange_id in fetched),
        pictures=tuple(one for one in drawn if one.version and one.drawn_at <= as_of),
        imported=(),
        suggested=(),
        described_later=later,
    )


def _links(
    connection: Connection, record_id: str, versions: Sequence[VersionView], as_of: datetime | None = None
) -> tuple[LinkView, ...]:
    """Where short links led that the versions shown name, and no others: an address is a word of its version."""
    looks = followed.of_records(connection, [record_id]).get(record_id, [])
    known = [one for one in looks if as_of is None or one.at <= as_of]
    shown = {one.id for version in versions for one in followed.of_words(known, version.content, version.text)}
    return tuple(one for one in known if one.id in shown)


def _clipped(one: OccurrenceView, as_of: datetime) -> OccurrenceView:
    return replace(one, last_seen_at=None) if one.last_seen_at and one.last_seen_at > as_of else one


def _received(connection: Connection, exchange_ids: Sequence[str], as_of: datetime) -> set[str]:
    """Which of these exchanges were received by then."""
    query = select(_EXCHANGE.c.id).where(_EXCHANGE.c.id.in_(exchange_ids), _EXCHANGE.c.received_at <= as_of)
    return set(connection.scalars(query))


def _count(connection: Connection, where: Sequence[ColumnElement[bool]]) -> int:
    return int(connection.execute(select(func.count()).select_from(OCCURRENCE).where(*where)).scalar_one())


def _from_imports(connection: Connection, record_id: str, viewer: Viewer) -> RecordView:
    """A record of which nothing was captured."""
    found = import_views.find(connection, record_id, viewer)
    row = found.row
    return RecordView(
        id=record_id,
        key=row["key"],
        account=finding.account_named(connection, row["account_id"]),
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


# One record ---------------------------------------------------------------------------------------------------------


def _occurred(record_id: str, public: bool) -> list[ColumnElement[bool]]:
    found = [OCCURRENCE.c.record_id == record_id]
    return [*found, in_public(OCCURRENCE.c.exchange_id)] if public else found


def _versions(connection: Connection, record_id: str, public: bool) -> tuple[VersionView, ...]:
    query = select(VERSION).where(VERSION.c.record_id == record_id).order_by(VERSION.c.number)
    rows = connection.execute(query.where(public_version()) if public else query).all()
    if not public:
        return _shown_as(rows)
    if not rows:
        return (_wordless(connection, record_id),)
    times = ((row.public_first_at, row.public_last_at) for row in rows)
    return tuple(
        replace(one, first_seen_at=first, last_seen_at=last)
        for one, (first, last) in zip(_shown_as(rows), times, strict=True)
    )


def _wordless(connection: Connection, record_id: str) -> VersionView:
    """What stands where everybody saw that a record is there, and none of its words."""
    query = select(VERSION).where(VERSION.c.record_id == record_id).order_by(VERSION.c.number).limit(1)
    first = connection.execute(query).one()
    return replace(_version(1, first, None), text="", content={}, as_of=None, **_NO_TIMES)


def _shown_as(rows: Sequence[Row[Any] | Version]) -> tuple[VersionView, ...]:
    """Versions in their order, numbered as shown: a number that is left out would tell of a version that is."""
    shown = enumerate(pairwise([None, *rows]), 1)
    return tuple(_version(number, row, before) for number, (before, row) in shown if row is not None)


def _version(number: int, row: Row[Any] | Version, before: Row[Any] | Version | None) -> VersionView:
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
        scheme=row.scheme,
    )


def _changed(before: Row[Any] | Version, after: Row[Any] | Version) -> tuple[str, ...]:
    """Fields that both versions have and that differ; none where they were read with different schemes."""
    if before.scheme != after.scheme:
        return ()
    names = sorted(before.content.keys() & after.content.keys())
    return tuple(name for name in names if not equal(before.content[name], after.content[name]))


def _states(connection: Connection, record_id: str, public: bool) -> tuple[StateView, ...]:
    query = select(STATE).where(STATE.c.record_id == record_id).order_by(STATE.c.number)
    known = [interval(row) for row in connection.execute(query)]
    rows = states_in_public(known) if public else known
    named = {each for row in rows for each in row.evidence}
    seen = open_among(connection, named) if public else named
    return tuple(
        StateView(row.state, row.from_at, row.last_at, tuple(one for one in row.evidence if one in seen))
        for row in rows
    )


def _occurrences(
    connection: Connection, where: Sequence[ColumnElement[bool]], most: int, *, public: bool, homes: Homes | None
) -> tuple[OccurrenceView, ...]:
    """Where a record is stored. ``homes``: the versions that they stand in, where they are shown as others than those
    of the index."""
    here = ("exchange_id", "position", "place", "observed_at", "as_of", "retrospective", "version_id")
    again = OCCURRENCE.c.seen_in_public_at if public else OCCURRENCE.c.last_seen_at
    query = (
        select(
            *(OCCURRENCE.c[name] for name in here),
            again.label("last_seen_at"),
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
    found = tuple(OccurrenceView(**row) for row in connection.execute(query).mappings())
    if homes is None:
        return found
    return tuple(
        replace(one, version_id=homes.ids.get((one.exchange_id, one.position), one.version_id)) for one in found
    )


def _media(connection: Connection, record_id: str, public: bool, held_back: bool) -> tuple[MediumView, ...]:
    """The files of a record. Where part of it is held back, one that is not kept may be known from that part."""
    columns = [MEDIUM.c[name] for name in MediumView.__slots__]
    query = select(*columns).where(MEDIUM.c.record_id == record_id).order_by(MEDIUM.c.id)
    if held_back:
        query = query.where(in_public(MEDIUM.c.exchange_id))
    elif public:
        query = query.where(or_(MEDIUM.c.exchange_id.is_(None), in_public(MEDIUM.c.exchange_id)))
    return tuple(MediumView(*row) for row in connection.execute(query))
