"""Reading what imports brought, for pages and commands: imports, and what they say of records.

What is shown always says whose word it is: an export's, brought by somebody, not captured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select, true

from archiver.accounts.models import Account
from archiver.database import among, key_text
from archiver.errors import NotFound
from archiver.records.import_models import Import, ImportedFile, ImportedVersion, ImportEnd
from archiver.records.seeing import of_part, rows_of
from archiver.records.stored import RECORD, chunks, table
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.viewing import Viewer

IMPORT, END, FILE, VERSION = table(Import), table(ImportEnd), table(ImportedFile), table(ImportedVersion)
_PRIVATE = "private"
_COUNTED = 100_000
"""Most records of a part of a thread that are counted: strangers write exports."""
_FILES_OF = {"public": "media", "private": "private-media"}
"""Access class of the files of records, by that of the records."""
_NEWEST_FIRST = (
    VERSION.c.retrospective,
    func.coalesce(VERSION.c.stated_at, VERSION.c.brought_at).desc(),
    VERSION.c.as_of.desc(),
    VERSION.c.arrival.desc(),
    VERSION.c.ordinal.desc(),
    VERSION.c.position.desc(),
    VERSION.c.id,
)
"""What an export made last says stands first; what it only remembers last."""


@dataclass(frozen=True, slots=True)
class ImportView:
    """One import."""

    id: str
    account_id: str
    account: str
    format: str
    name: str
    sha256: str
    size: int
    source: str
    reason: str
    brought_by: str
    confirmed: str | None
    made_at: datetime | None
    at: datetime
    ended_at: datetime | None
    """None: it was not brought to its end; the same command goes on."""
    counts: Mapping[str, Any]
    files: int
    records: int


@dataclass(frozen=True, slots=True)
class ImportedFileView:
    """A picture or video that an import brought with a record."""

    name: str
    """In the export."""
    size: int
    sha256: str
    access: str
    exchange_id: str


@dataclass(frozen=True, slots=True)
class ImportedView:
    """What one import says of one record."""

    id: str
    import_id: str
    source: str | None
    """Who gave it; None: its act is lost."""
    brought_by: str | None
    brought_at: datetime
    stated_at: datetime | None
    """As of when it says so."""
    said_state: str
    """What the export says of it: no state that was seen."""
    text: str
    content: Mapping[str, Any]
    media: Sequence[Sequence[Any]]
    counts: Mapping[str, int]
    as_of: datetime | None
    retrospective: bool
    exchange_id: str
    position: int
    place: str
    files: tuple[ImportedFileView, ...] = ()
    """Its pictures and videos that are kept of this import."""

    @property
    def words(self) -> str:
        """Whose word it is. One sentence without its end."""
        by = f"by {self.brought_by}" if self.brought_by else "by whom is not known, since its act is lost"
        when = f"{self.brought_at:%Y-%m-%d}"
        return f"brought by import ({self.source or 'source not known'}, {by}, {when}), not captured"


# --- imports ---------------------------------------------------------------------------------------------------------


def imports(
    connection: Connection, account_id: str | None = None, viewer: Viewer = Viewer.EVERYTHING
) -> list[ImportView]:
    """All imports, newest first, of accounts of which the viewer sees what is private: an export is its owner's.
    Records are counted as far as they are seen."""
    query = _imports()
    if account_id is not None:
        query = query.where(IMPORT.c.account_id == account_id)
    rows = [row for row in connection.execute(query) if viewer.sees_private_of(row.account_id)]
    return [_import_view(connection, row, viewer) for row in rows]


def find_import(connection: Connection, import_id: str) -> ImportView | None:
    """One import; None where there is none."""
    row = connection.execute(_imports().where(IMPORT.c.id == import_id)).one_or_none()
    return None if row is None else _import_view(connection, row)


def _imports() -> Select[Any]:
    return (
        select(IMPORT, END.c.at.label("ended_at"), END.c.counts, Account.handle.label("account"))
        .outerjoin(END, END.c.import_id == IMPORT.c.id)
        .join(Account, Account.id == IMPORT.c.account_id)
        .order_by(IMPORT.c.at.desc(), IMPORT.c.id)
    )


def _import_view(connection: Connection, row: Row[Any], viewer: Viewer = Viewer.EVERYTHING) -> ImportView:
    files = select(func.count()).select_from(FILE).where(FILE.c.import_id == row.id, FILE.c.use != "list")
    records = select(func.count(VERSION.c.record_id.distinct())).where(VERSION.c.import_id == row.id)
    records = records.where(*rows_of(viewer, VERSION))
    values = {name: getattr(row, name) for name in ImportView.__slots__ if name not in ("files", "records", "counts")}
    return ImportView(
        **values,
        counts=row.counts or {},
        files=int(connection.execute(files).scalar_one()),
        records=int(connection.execute(records).scalar_one()),
    )


def stored_blocks(
    connection: Connection, import_id: str, names: Iterable[str] | None = None
) -> dict[tuple[str, int], str]:
    """Blocks of an import that are stored already, by file and start: the exchange. ``names``: only of these files."""
    query = select(FILE.c.name, FILE.c.start, FILE.c.exchange_id).where(FILE.c.import_id == import_id)
    queries = [query] if names is None else [query.where(FILE.c.name.in_(some)) for some in chunks(sorted(names))]
    return {(row.name, row.start): row.exchange_id for one in queries for row in connection.execute(one)}


@dataclass(frozen=True, slots=True)
class ForeignView:
    """One record of a foreign WARC file that was brought in."""

    import_id: str
    account_id: str
    url: str
    said_at: datetime | None
    """The date that it names: another program's word."""
    digests: Mapping[str, str]
    """What became of checking it against the digests that came with it."""
    size: int
    access: str
    exchange_id: str


def foreign(connection: Connection, url: str, access: frozenset[str] | None = None) -> list[ForeignView]:
    """What foreign WARC files have under an address, oldest first."""
    names = ForeignView.__slots__
    query = select(*(FILE.c[name] for name in names)).where(FILE.c.url == key_text(url))
    if access is not None:
        query = query.where(FILE.c.access.in_(sorted(access)))
    rows = connection.execute(query.order_by(FILE.c.said_at, FILE.c.exchange_id))
    return [ForeignView(**{**row._mapping, "digests": row.digests or {}}) for row in rows]


# --- records ---------------------------------------------------------------------------------------------------------


def of_record(connection: Connection, record_id: str, viewer: Viewer = Viewer.EVERYTHING) -> tuple[ImportedView, ...]:
    """What imports say of a record, newest statement first, as far as the viewer sees it."""
    query = (
        select(VERSION, IMPORT.c.source, IMPORT.c.brought_by)
        .outerjoin(IMPORT, IMPORT.c.id == VERSION.c.import_id)
        .where(VERSION.c.record_id == record_id, *rows_of(viewer, VERSION))
        .order_by(*_NEWEST_FIRST)
    )
    names = [name for name in ImportedView.__slots__ if name != "files"]
    found = [ImportedView(*(getattr(row, name) for name in names)) for row in connection.execute(query)]
    files = _files(connection, record_id, found, viewer)
    return tuple(replace(one, files=_files_of(one, files)) for one in found) if files else tuple(found)


def _files(connection: Connection, record_id: str, found: Sequence[ImportedView], viewer: Viewer) -> list[Row[Any]]:
    """Files of a record, as far as the viewer sees them: those whose names say so, and those that the export names with
    it by where they are."""
    named = list(dict.fromkeys(str(url) for one in found for _, url, _ in one.media))
    columns = [FILE.c[name] for name in ("import_id", "name", "size", "sha256", "access", "exchange_id", "record_id")]
    query = select(*columns).where(
        FILE.c.import_id.in_({one.import_id for one in found}),
        FILE.c.use == "file",
        (FILE.c.record_id == record_id) | (FILE.c.record_id.is_(None) & among(connection, FILE.c.name, named)),
        or_(*map(_file_seen_by, viewer.parts)),
    )
    return list(connection.execute(query.order_by(FILE.c.name))) if found else []


def _file_seen_by(part: Viewer) -> ColumnElement[bool]:
    accounts = true() if part.accounts is None else FILE.c.account_id.in_(sorted(part.accounts))
    if part.access is None:
        return and_(true(), accounts)
    return and_(accounts, FILE.c.access.in_(sorted(_FILES_OF[one] for one in part.access if one in _FILES_OF)))


def _files_of(one: ImportedView, files: Sequence[Row[Any]]) -> tuple[ImportedFileView, ...]:
    named = {str(url) for _, url, _ in one.media}
    own = [row for row in files if row.import_id == one.import_id and (row.record_id is not None or row.name in named)]
    return tuple(ImportedFileView(row.name, row.size, row.sha256, row.access, row.exchange_id) for row in own)


@dataclass(frozen=True, slots=True)
class OnlyImported:
    """A record of which nothing was captured, as the newest statement about it has it."""

    row: Mapping[str, Any]
    """That statement."""
    access: str
    """Private if any statement about it is."""
    first_brought_at: datetime
    last_brought_at: datetime
    versions: tuple[tuple[str, str], ...]
    """Id and text of each different wording, the newest first."""
    has_media: bool

    def is_seen_by(self, viewer: Viewer) -> bool:
        return viewer.sees_record(self.row["account_id"], self.access, self.row["kind"])


def not_captured() -> ColumnElement[bool]:
    """Condition: nothing was captured of the record."""
    return ~exists().where(RECORD.c.id == VERSION.c.record_id)


def only_imported(connection: Connection, record_ids: Iterable[str]) -> dict[str, OnlyImported]:
    """Those of these records that only imports tell of."""
    rows: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for chunk in chunks(record_ids):
        query = select(VERSION).where(among(connection, VERSION.c.record_id, chunk), not_captured())
        for row in connection.execute(query.order_by(*_NEWEST_FIRST)).mappings():
            rows[row["record_id"]].append(dict(row))
    return {record_id: _only(several) for record_id, several in rows.items()}


def _only(rows: Sequence[Mapping[str, Any]]) -> OnlyImported:
    wordings = {row["text"]: row["id"] for row in reversed(rows)}  # of equal ones the newest
    newest_first = sorted(((id_, text) for text, id_ in wordings.items()), key=lambda one: _place(rows, one[0]))
    return OnlyImported(
        row=rows[0],
        access=next((row["access"] for row in rows if row["access"] == _PRIVATE), rows[0]["access"]),
        first_brought_at=min(row["brought_at"] for row in rows),
        last_brought_at=max(row["brought_at"] for row in rows),
        versions=tuple(newest_first),
        has_media=any(row["media"] for row in rows),
    )


def _place(rows: Sequence[Mapping[str, Any]], version_id: str) -> int:
    return next(number for number, row in enumerate(rows) if row["id"] == version_id)


def find(connection: Connection, record_id: str, viewer: Viewer) -> OnlyImported:
    """A record that only imports tell of.

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    found = only_imported(connection, [record_id]).get(record_id)
    if found is None or not found.is_seen_by(viewer):
        raise NotFound("there is no such record in this archive")
    return found


def in_threads(
    connection: Connection,
    account_id: str,
    threads: Sequence[str],
    viewer: Viewer,
    most: int,
) -> tuple[dict[str, OnlyImported], set[str]]:
    """Records of these threads that only imports tell of, and those that answer one of these records: at most so many,
    and the ids of all, up to 100,000 of a part of the threads."""
    found: set[str] = set()
    for chunk in chunks(threads):
        query = (
            select(VERSION.c.record_id)
            .where(
                VERSION.c.account_id == account_id,
                among(connection, VERSION.c.thread_id, chunk) | among(connection, VERSION.c.parent_id, chunk),
                not_captured(),
                *_wholly_seen_by(viewer),
            )
            .distinct()
            .order_by(VERSION.c.record_id)
            .limit(_COUNTED)
        )
        found.update(connection.execute(query).scalars())
    read = only_imported(connection, sorted(found)[:most])
    return {record_id: one for record_id, one in read.items() if one.is_seen_by(viewer)}, found


def _wholly_seen_by(viewer: Viewer) -> list[ColumnElement[bool]]:
    """That no statement about the record is closed, as :meth:`OnlyImported.is_seen_by` has it: one that is makes the
    whole record private, so that no number tells of it either."""
    if Viewer() in viewer.parts:
        return []
    other = VERSION.alias("other")
    same = other.c.record_id == VERSION.c.record_id
    return [or_(*(~select(other.c.id).where(same, ~of_part(part, other)).exists() for part in viewer.parts))]


def ids_after(connection: Connection, last: str, most: int) -> Sequence[str]:
    """Ids of records that only imports tell of, in order, after ``last``."""
    query = select(VERSION.c.record_id).where(VERSION.c.record_id > last, not_captured())
    return connection.execute(query.distinct().order_by(VERSION.c.record_id).limit(most)).scalars().all()


def count(connection: Connection, account_id: str | None = None, viewer: Viewer = Viewer.EVERYTHING) -> int:
    """How many records only imports tell of, as far as the viewer sees them. They are in no other number."""
    query = select(func.count(VERSION.c.record_id.distinct())).where(not_captured(), *rows_of(viewer, VERSION))
    if account_id is not None:
        query = query.where(VERSION.c.account_id == account_id)
    return int(connection.execute(query).scalar_one())


__all__ = ["KNOWN_FROM_IMPORT", "ImportView", "ImportedView", "OnlyImported", "count", "find", "imports", "of_record"]
