"""Where the index comes from: records, their versions and files, read from the records tables, or as they were written
to them just now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select

from archiver.accounts.models import Account
from archiver.database import among
from archiver.records import as_all_saw, followed, import_views
from archiver.records.applied import NewRecord
from archiver.records.followed import LinkView
from archiver.records.links import searched
from archiver.records.models import Medium, Record, Version
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.records.withheld import withheld_among
from archiver.search.documents import WITHHELD, Document, DocumentVersion
from archiver.viewing import PUBLIC

_BATCH = 1000
_THREADS = 500
_T = TypeVar("_T")
_NONE: Final[Mapping[str, NewRecord]] = MappingProxyType({})

_RECORD = Record.__table__
_VERSION = Version.__table__
#: What a document takes from the row of its record, and no more: a row has twice as many columns, some of them JSON.
_COLUMNS = (
    _RECORD.c.id,
    _RECORD.c.account_id,
    Account.platform,
    _RECORD.c.kind,
    _RECORD.c.access,
    _RECORD.c.state,
    _RECORD.c.created_at,
    _RECORD.c.first_seen_at,
    _RECORD.c.public_first_at,
    _RECORD.c.author_id,
    _RECORD.c.author_name,
    _RECORD.c.author_handle,
    _RECORD.c.version_id,
)


def read_documents(
    connection: Connection, record_ids: Iterable[str] | None = None, made: Mapping[str, NewRecord] = _NONE
) -> Iterator[Document]:
    """What is to be indexed of these records, or of all; ids that are no records are passed over. ``made``: those of
    them that this very transaction inserted."""
    wanted = _all_ids(connection) if record_ids is None else iter(dict.fromkeys(record_ids))
    for ids in batches(wanted, _BATCH):
        yield from _documents(connection, ids, made)


def answered_by(connection: Connection, record_ids: Iterable[str], made: Mapping[str, NewRecord] = _NONE) -> set[str]:
    """Records that these ones answer: put them again too, since *has comments* may now be true of them."""
    found = {one.row["parent_id"] for one in made.values()} - {None}
    for ids in batches((one for one in record_ids if one not in made), _BATCH):
        these = among(connection, _RECORD.c.id, ids)
        chosen = select(_RECORD.c.parent_id).where(these, _RECORD.c.parent_id.is_not(None))
        found.update(connection.scalars(chosen))
    return found


def batches(things: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of at most ``size``, in order."""
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch


def _all_ids(connection: Connection) -> Iterator[str]:
    """Thread by thread, so that the records of one thread are read together and :func:`_answered` looks at it once."""
    last = ""
    in_order = select(_RECORD.c.thread_id).distinct().order_by(_RECORD.c.thread_id).limit(_THREADS)
    while threads := connection.scalars(in_order.where(_RECORD.c.thread_id > last)).all():
        chosen = select(_RECORD.c.id).where(_RECORD.c.thread_id.in_(threads)).order_by(_RECORD.c.thread_id)
        yield from connection.scalars(chosen).all()
        last = threads[-1]
    last = ""
    while only := import_views.ids_after(connection, last, _BATCH):
        yield from only
        last = only[-1]


def _documents(connection: Connection, ids: Sequence[str], made: Mapping[str, NewRecord]) -> Iterator[Document]:
    new = {one: made[one] for one in ids if one in made}
    old = [one for one in ids if one not in made]
    rows = _rows(connection, old) + _new_rows(connection, new.values())
    yield from _only_imported(connection, set(ids) - {row["id"] for row in rows})
    versions = _versions(connection, old) | {one: record.versions for one, record in new.items()}
    with_media = _with_media(connection, old) | {one for one, record in new.items() if record.has_media}
    answered, held_back = _answered(connection, ids), withheld_among(connection, ids)
    having = (("media", with_media), ("comments", answered), (WITHHELD, held_back))
    public = {row["id"] for row in rows if row["access"] == PUBLIC} - held_back
    unheard = (answered & public) - (_answered(connection, public & answered, PUBLIC) if public & answered else set())
    in_public = _in_public(connection, public)
    for row in sorted(rows, key=itemgetter("id")):
        record_id = row["id"]
        flags = {name for name, these in having if record_id in these}
        closed = frozenset({"comments"} if record_id in unheard else ())
        yield _document(row, versions.get(record_id, ()), frozenset(flags) - closed, in_public.get(record_id), closed)


def _only_imported(connection: Connection, ids: Collection[str]) -> Iterator[Document]:
    """Records of which nothing was captured, as exports have them. They wear a state of their own, which no platform
    and no run gave them."""
    found = import_views.only_imported(connection, sorted(ids)) if ids else {}
    chosen = select(Account.id, Account.platform).where(
        Account.id.in_({one.row["account_id"] for one in found.values()})
    )
    platforms = {row.id: row.platform for row in connection.execute(chosen)} if found else {}
    for record_id, one in sorted(found.items()):
        yield Document(
            record_id=record_id,
            account_id=one.row["account_id"],
            platform=platforms[one.row["account_id"]],
            kind=one.row["kind"],
            access=one.access,
            state=KNOWN_FROM_IMPORT,
            created_at=one.row["created_at"],
            first_seen_at=one.first_brought_at,
            author_id=one.row["author_id"],
            author_name=one.row["author_name"],
            author_handle=one.row["author_handle"],
            flags=frozenset({"media"} if one.has_media else ()),
            versions=tuple(
                DocumentVersion(id_, text, current)
                for (id_, text), current in zip(reversed(one.versions), _last(len(one.versions)), strict=True)
            ),
        )


def _last(count: int) -> Iterator[bool]:
    """False, but for the last."""
    return (number == count - 1 for number in range(count))


def _rows(connection: Connection, ids: Sequence[str]) -> list[Mapping[str, Any]]:
    if not ids:
        return []
    chosen = select(*_COLUMNS).join(Account, Account.id == _RECORD.c.account_id)
    return [*connection.execute(chosen.where(among(connection, _RECORD.c.id, ids))).mappings()]


def _new_rows(connection: Connection, records: Collection[NewRecord]) -> list[Mapping[str, Any]]:
    accounts = {one.row["account_id"] for one in records}
    chosen = select(Account.id, Account.platform).where(Account.id.in_(accounts))
    platforms = {row.id: row.platform for row in connection.execute(chosen)} if accounts else {}
    return [{**one.row, "platform": platforms[one.row["account_id"]]} for one in records]


def _versions(connection: Connection, ids: Sequence[str]) -> dict[str, Sequence[tuple[str, str]]]:
    if not ids:
        return {}
    chosen = select(_VERSION.c.record_id, _VERSION.c.id, _VERSION.c.text, _VERSION.c.content).where(
        among(connection, _VERSION.c.record_id, ids)
    )
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    looks = followed.of_records(connection, ids)
    for record_id, version_id, text, content in connection.execute(
        chosen.order_by(_VERSION.c.record_id, _VERSION.c.number)
    ):
        found[record_id].append((version_id, _searched(content, text, looks.get(record_id, ()))))
    return {**found}


def _with_media(connection: Connection, ids: Sequence[str]) -> set[str]:
    if not ids:
        return set()
    record_id = Medium.__table__.c.record_id
    return set(connection.scalars(select(record_id).where(among(connection, record_id, ids)).distinct()))


def _in_public(connection: Connection, ids: Collection[str]) -> dict[str, Sequence[tuple[str, str]]]:
    """What those of these records of which anything was seen in private said as everybody saw it."""
    mixed = as_all_saw.versions_of(connection, ids) if ids else {}
    looks = followed.of_records(connection, sorted(mixed)) if mixed else {}
    return {
        one: [(each.id, _searched(each.content, each.text, looks.get(one, ()))) for each in found]
        for one, found in mixed.items()
    }


def _searched(content: Mapping[str, Any], text: str, looks: Iterable[LinkView]) -> str:
    return followed.searched(searched(content, text), followed.of_words(looks, content, text))


def _answered(connection: Connection, ids: Collection[str], access: str | None = None) -> set[str]:
    """Which of these records something answers, or something of one access class. Goes by thread, for which there is an
    index."""
    ids = [*ids]
    threads = select(_RECORD.c.thread_id).where(among(connection, _RECORD.c.id, ids)).distinct()
    these = among(connection, _RECORD.c.parent_id, ids)
    chosen = select(_RECORD.c.parent_id).where(_RECORD.c.thread_id.in_(threads), these)
    chosen = chosen if access is None else chosen.where(_RECORD.c.access == access)
    return set(connection.scalars(chosen.distinct()))


def _document(
    row: Mapping[str, Any],
    versions: Iterable[tuple[str, str]],
    flags: frozenset[str],
    in_public: Sequence[tuple[str, str]] | None,
    closed: frozenset[str],
) -> Document:
    said = tuple(DocumentVersion(id_, text, id_ == row["version_id"]) for id_, text in versions)
    to_all = None if in_public is None else _as_versions(in_public)
    return Document(
        record_id=row["id"],
        account_id=row["account_id"],
        platform=row["platform"],
        kind=row["kind"],
        access=row["access"],
        state=row["state"],
        created_at=row["created_at"],
        first_seen_at=row["public_first_at"] or row["first_seen_at"],
        author_id=row["author_id"],
        author_name=row["author_name"],
        author_handle=row["author_handle"],
        flags=flags,
        versions=said,
        in_public=None if to_all == said else to_all,
        closed=closed,
    )


def _as_versions(said: Sequence[tuple[str, str]]) -> tuple[DocumentVersion, ...]:
    """In order of time, so that the last is what the record says now."""
    return tuple(
        DocumentVersion(id_, text, current) for (id_, text), current in zip(said, _last(len(said)), strict=True)
    )
