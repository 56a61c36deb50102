"""Where the index comes from: records, their versions and files, read from the records tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Row, select

from archiver.accounts.models import Account
from archiver.records.models import Medium, Record, Version
from archiver.search.documents import Document, DocumentVersion

_BATCH = 1000
_THREADS = 500
_T = TypeVar("_T")

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
    _RECORD.c.author_id,
    _RECORD.c.author_name,
    _RECORD.c.author_handle,
    _RECORD.c.version_id,
)


def read_documents(connection: Connection, record_ids: Iterable[str] | None = None) -> Iterator[Document]:
    """What is to be indexed of these records, or of all; ids that are no records are passed over."""
    wanted = _all_ids(connection) if record_ids is None else iter(dict.fromkeys(record_ids))
    for ids in batches(wanted, _BATCH):
        yield from _documents(connection, ids)


def answered_by(connection: Connection, record_ids: Iterable[str]) -> set[str]:
    """Records that these ones answer: put them again too, since *has comments* may now be true of them."""
    found: set[str] = set()
    for ids in batches(record_ids, _BATCH):
        chosen = select(_RECORD.c.parent_id).where(_RECORD.c.id.in_(ids), _RECORD.c.parent_id.is_not(None))
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


def _documents(connection: Connection, ids: Sequence[str]) -> Iterator[Document]:
    chosen = select(*_COLUMNS).join(Account, Account.id == _RECORD.c.account_id)
    rows = connection.execute(chosen.where(_RECORD.c.id.in_(ids))).all()
    versions = _versions(connection, ids)
    with_media = set(connection.scalars(select(Medium.record_id).where(Medium.record_id.in_(ids)).distinct()))
    answered = _answered(connection, ids)
    for row in rows:
        flags = {name for name, having in (("media", with_media), ("comments", answered)) if row.id in having}
        yield _document(row, versions[row.id], frozenset(flags))


def _versions(connection: Connection, ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    chosen = select(_VERSION.c.record_id, _VERSION.c.id, _VERSION.c.text).where(_VERSION.c.record_id.in_(ids))
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for record_id, version_id, text in connection.execute(chosen.order_by(_VERSION.c.record_id, _VERSION.c.number)):
        found[record_id].append((version_id, text))
    return found


def _answered(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these records something answers. Goes by thread, for which there is an index."""
    threads = select(_RECORD.c.thread_id).where(_RECORD.c.id.in_(ids)).distinct()
    chosen = select(_RECORD.c.parent_id).where(_RECORD.c.thread_id.in_(threads), _RECORD.c.parent_id.in_(ids))
    return set(connection.scalars(chosen.distinct()))


def _document(row: Row[tuple[object, ...]], versions: list[tuple[str, str]], flags: frozenset[str]) -> Document:
    return Document(
        record_id=row.id,
        account_id=row.account_id,
        platform=row.platform,
        kind=row.kind,
        access=row.access,
        state=row.state,
        created_at=row.created_at,
        first_seen_at=row.first_seen_at,
        author_id=row.author_id,
        author_name=row.author_name,
        author_handle=row.author_handle,
        flags=flags,
        versions=tuple(DocumentVersion(id_, text, id_ == row.version_id) for id_, text in versions),
    )
