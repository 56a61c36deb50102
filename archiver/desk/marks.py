"""Tags and notes on records: put there by who may, seen by who may and sees the record, and taken away again for good.

They are the custodians' own work and no part of the record: no act, export, bundle, certificate or answer about a
record holds them (decision 18).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from archiver import ids
from archiver.archive import Archive
from archiver.database import among, safe_text, take_chains
from archiver.desk.mark_models import RecordNote, RecordTag
from archiver.errors import KEY_USED, Meanwhile, NotFound, Refused, UsageError
from archiver.evidence import log
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from archiver.people import permission
from archiver.people.acting import Actor
from archiver.people.actions import Action
from archiver.people.models import Person
from archiver.people.service import viewer_of
from archiver.records.stored import table
from archiver.search.models import SearchRecord, SearchSource
from archiver.viewing import Viewer

LONGEST_TAG: Final = 50
LONGEST_NOTE: Final = 2000
#: Most tags and notes of one record.
MOST: Final = 50

_TAG, _NOTE, _PERSON = table(RecordTag), table(RecordNote), table(Person)
_INDEXED, _SOURCE = table(SearchRecord), table(SearchSource)


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote on a record. ``removable``: by whoever asks."""

    id: str
    text: str
    by: str
    at: datetime
    removable: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands on one record."""

    tags: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A record as the search index knows it: found or not, shown or not, by the rules of the search."""

    row: int
    record_id: str
    account_id: str


# -- acts


def tag(archive: Archive, actor: Actor, record_ids: Collection[str], word: str) -> int:
    """Put a tag on records; on how many it was not yet.

    Raises:
        Refused: the actor may not mark records.
        NotFound: there is no such record, to the actor.
        UsageError: no tag, one that is too long, or too many on a record.
    """

    def put(connection: Connection) -> int:
        reached = _reached(connection, archive, actor, record_ids)
        put_on, before = tag_of(word), _tags(connection, record_ids)
        new = [one for one in reached if put_on not in before.get(one.record_id, ())]
        if any(len(before.get(one.record_id, ())) >= MOST for one in new):
            raise UsageError(f"a record has at most {MOST} tags")
        rows = [
            {"record_id": one.record_id, "tag": put_on, "by_id": actor.id, "at": archive.clock.now()} for one in new
        ]
        if rows:
            connection.execute(insert(_TAG), rows)
        _tell(connection, archive, actor, new, "tag", "added")
        return len(new)

    return archive.database.act(put)


def untag(archive: Archive, actor: Actor, record_ids: Collection[str], word: str) -> int:
    """Take a tag away from records; from how many.

    Raises:
        Refused, NotFound, UsageError: as :func:`tag`.
    """

    def take(connection: Connection) -> int:
        reached = _reached(connection, archive, actor, record_ids)
        gone, before = tag_of(word), _tags(connection, record_ids)
        held = [one for one in reached if gone in before.get(one.record_id, ())]
        these = among(connection, _TAG.c.record_id, [one.record_id for one in held])
        connection.execute(delete(_TAG).where(_TAG.c.tag == gone, these))
        _tell(connection, archive, actor, held, "tag", "removed")
        return len(held)

    return archive.database.act(take)


def note(archive: Archive, actor: Actor, record_id: str, text: str, note_id: str | None = None) -> str:
    """Write a note on a record; its id. ``note_id``: the one that it gets; where it is there, it was written already.

    Raises:
        Refused, NotFound: as :func:`tag`.
        Meanwhile: something else has that id.
        UsageError: nothing is written, too much, or too many on one record.
    """
    written = safe_text(text).replace("\r\n", "\n").strip()

    def keep(connection: Connection) -> str:
        if note_id is not None:
            take_chains(connection, [note_id])  # whoever sends it at the same time waits, and sees what it was for
        reached = _reached(connection, archive, actor, [record_id])
        if note_id is not None and _is_written(connection, note_id, record_id, written):
            return note_id
        if not 0 < len(written) <= LONGEST_NOTE:
            raise UsageError(f"write a note of at most {LONGEST_NOTE:,} characters")
        mine = select(_NOTE.c.id).where(_NOTE.c.record_id == record_id)
        if len(connection.execute(mine).all()) >= MOST:
            raise UsageError(f"a record has at most {MOST} notes")
        row = {"id": note_id or ids.new_id("nt"), "record_id": record_id, "text": written, "by_id": actor.id}
        connection.execute(insert(_NOTE).values(**row, at=archive.clock.now()))
        _tell(connection, archive, actor, reached, "note", "added")
        return row["id"]

    return archive.database.act(keep)


def remove_note(archive: Archive, actor: Actor, record_id: str, note_id: str) -> None:
    """Take a note away: one's own, or one whose writer marks that record no more, since they left, or lost the role or
    what it was for. Nothing keeps its words, but for snapshots that were made before.

    Raises:
        Refused: the actor may not mark records, or somebody else wrote it who can take it away.
        NotFound: there is no such note on a record that the actor sees.
    """

    def take(connection: Connection) -> None:
        reached = _reached(connection, archive, actor, [record_id])
        this = (_NOTE.c.id == note_id, _NOTE.c.record_id == record_id)
        writer = connection.execute(select(_NOTE.c.by_id).where(*this)).scalar()
        if writer is None:
            raise NotFound("there is no such note")
        if writer != actor.id and _marks_still(connection, writer, record_id, archive.clock.now()):
            raise Refused("only who wrote a note takes it away, as long as they can")
        connection.execute(delete(_NOTE).where(*this))
        _tell(connection, archive, actor, reached, "note", "removed")

    archive.database.act(take)


def tag_of(word: str) -> str:
    """A tag as it is kept.

    Raises:
        UsageError: it is none.
    """
    word = " ".join(safe_text(word).split()).casefold()
    if not 0 < len(word) <= LONGEST_TAG:
        raise UsageError(f"a tag has 1 to {LONGEST_TAG} characters")
    return word


# -- reading


def of_record(connection: Connection, viewer: Viewer, person_id: str, record_id: str, at: datetime) -> Marks:
    """What stands on a record, for who may mark it: ``viewer`` is theirs for doing so."""
    if not found(connection, viewer, [record_id]):
        return Marks()
    query = select(_NOTE, _PERSON.c.name).outerjoin(_PERSON, _PERSON.c.id == _NOTE.c.by_id)
    rows = connection.execute(query.where(_NOTE.c.record_id == record_id).order_by(_NOTE.c.at, _NOTE.c.id)).all()
    writers = {row.by_id for row in rows}
    theirs = {one for one in writers if one != person_id and _marks_still(connection, one, record_id, at)}
    notes = (Note(row.id, row.text, row.name or "somebody", row.at, row.by_id not in theirs) for row in rows)
    return Marks(_tags(connection, [record_id]).get(record_id, ()), tuple(notes))


def of_records(connection: Connection, viewer: Viewer, record_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Tags of those of these records that a viewer may mark."""
    known = _tags(connection, record_ids)
    seen = {one.record_id for one in found(connection, viewer, known.keys())}
    return {record_id: tags for record_id, tags in known.items() if record_id in seen}


def known(connection: Connection, viewer: Viewer) -> list[tuple[str, int]]:
    """Every tag that stands on a record that a viewer may mark, and on how many; by name. The database counts: there
    may be very many marks, of few tags in few accounts."""
    query = _shown(
        select(_TAG.c.tag, func.count().label("many")).join(_INDEXED, _INDEXED.c.record_id == _TAG.c.record_id)
    )
    counts: Counter[str] = Counter()
    for row in connection.execute(query.group_by(_TAG.c.tag, _INDEXED.c.account_id, _INDEXED.c.kind, _SOURCE.c.access)):
        if _sees(viewer, row):
            counts[row.tag] += row.many
    return sorted(counts.items())


def tagged(connection: Connection, viewer: Viewer, word: str) -> list[Found]:
    """The records with a tag that a viewer may mark."""
    query = select(_INDEXED.c.id, _INDEXED.c.record_id, _INDEXED.c.account_id)
    query = _shown(query.join(_TAG, _TAG.c.record_id == _INDEXED.c.record_id)).where(_TAG.c.tag == word)
    rows = connection.execute(query.order_by(_INDEXED.c.id))
    return [Found(row.id, row.record_id, row.account_id) for row in rows if _sees(viewer, row)]


def found(connection: Connection, viewer: Viewer, record_ids: Collection[str]) -> list[Found]:
    """Those of these records that a viewer sees."""
    if not record_ids:
        return []
    query = _shown(select(_INDEXED.c.id, _INDEXED.c.record_id, _INDEXED.c.account_id))
    rows = connection.execute(query.where(among(connection, _INDEXED.c.record_id, sorted(record_ids))))
    return [Found(row.id, row.record_id, row.account_id) for row in rows if _sees(viewer, row)]


def _is_written(connection: Connection, note_id: str, record_id: str, text: str) -> bool:
    row = connection.execute(select(_NOTE.c.record_id, _NOTE.c.text).where(_NOTE.c.id == note_id)).first()
    if row is not None and (row.record_id, row.text) != (record_id, text):
        raise Meanwhile(KEY_USED)
    return row is not None


def _marks_still(connection: Connection, person_id: str, record_id: str, at: datetime) -> bool:
    """Whether somebody may still mark a record that they marked."""
    if not permission.may(connection, person_id, Action.RECORDS_MARK, None, at).allowed:
        return False
    viewer = permission.viewer(connection, person_id, Action.RECORDS_MARK, at)
    return bool(found(connection, viewer, [record_id]))


def _shown(query: Any) -> Any:
    """With what decides who sees a record."""
    query = query.join(_SOURCE, _SOURCE.c.id == _INDEXED.c.id)
    return query.add_columns(
        _INDEXED.c.account_id.label("of_account"), _INDEXED.c.kind.label("of_kind"), _SOURCE.c.access.label("of_access")
    )


def _sees(viewer: Viewer, row: Any) -> bool:
    return viewer.sees_record(row.of_account, row.of_access, row.of_kind)


def _tags(connection: Connection, record_ids: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    query = select(_TAG.c.record_id, _TAG.c.tag).where(among(connection, _TAG.c.record_id, sorted(record_ids)))
    made: defaultdict[str, list[str]] = defaultdict(list)
    for record_id, word in connection.execute(query.order_by(_TAG.c.record_id, _TAG.c.tag)):
        made[record_id].append(word)
    return {record_id: tuple(tags) for record_id, tags in made.items()}


def _reached(connection: Connection, archive: Archive, actor: Actor, record_ids: Collection[str]) -> list[Found]:
    """These records, if the actor may mark all of them. Nobody else marks records of their accounts until this
    transaction ends."""
    if actor.person_id is None:
        raise Refused("tags and notes are somebody's own: sign in on the pages")
    viewer = viewer_of(connection, archive, actor, Action.RECORDS_MARK)
    wanted = set(record_ids)
    if not wanted:
        raise UsageError("choose at least one record")
    reached = found(connection, viewer, wanted)
    if len(reached) < len(wanted):
        raise NotFound("there is no such record")
    take_chains(connection, sorted({one.account_id for one in reached}))
    return reached


def _tell(
    connection: Connection, archive: Archive, actor: Actor, records: Collection[Found], what: str, done: str
) -> None:
    """An event for each account: that something was marked, and no word of it."""
    counts = Counter(one.account_id for one in records)
    events = [
        NewEvent(
            EventType.RECORDS_MARKED.value,
            "account",
            account_id,
            {"what": what, "done": done, "records": count},
            *actor.pair,
        )
        for account_id, count in sorted(counts.items())
    ]
    if events:
        log.append(connection, events, archive.clock.now())
