"""Stored files of imports become rows. The one way in, live and in a rebuild. Only tables of imports are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from archiver import ids
from archiver.clock import from_text
from archiver.database import among, key_text, safe_text
from archiver.records.contents import plain
from archiver.records.import_models import ImportedFile, ImportedVersion, ImportEnd
from archiver.records.sightings import Arrived, Sighting, described, instant
from archiver.records.stored import RECORD, chunks, table
from connectors.contract import AccessClass, Reading, SeenRecord

FILE, VERSION, END = table(ImportedFile), table(ImportedVersion), table(ImportEnd)
LIST = "list"
"""Use of the block that lists all files of an import, and is stored last."""


@dataclass(frozen=True, slots=True)
class ImportedBlock:
    """One stored block, as it reached the index."""

    arrived: Arrived
    origin: Mapping[str, Any]
    """Of its exchange facts (WARC profile §2.3)."""
    sha256: str
    size: int
    reading: Reading


@dataclass(slots=True)
class Brought:
    """What a batch of blocks brought."""

    only_imported: list[str] = field(default_factory=list)
    """Ids of records in it that nothing captured tells of: the search index takes them in."""
    ended: list[ImportedBlock] = field(default_factory=list)
    """Lists of files: their imports are whole now."""


def apply(connection: Connection, account_id: str, blocks: Sequence[ImportedBlock]) -> Brought:
    """Write the rows of these blocks; their exchange rows are there. A list that came twice counts once."""
    brought = Brought()
    files, versions = [], []
    for block in blocks:
        files.append(_file(account_id, block))
        block_access = block.arrived.ask.access
        public = frozenset(block.origin.get("public", ()) if block_access is AccessClass.PRIVATE else ())
        for position, seen in enumerate(block.reading.records):
            access = AccessClass.PUBLIC if position in public else block_access
            versions.append(_version(account_id, block, position, seen, access))
        if block.origin["use"] == LIST and _end(connection, account_id, block):
            brought.ended.append(block)
    _insert(connection, FILE, files)
    _insert(connection, VERSION, versions)
    brought.only_imported = not_captured(connection, list(dict.fromkeys(one["record_id"] for one in versions)))
    return brought


def not_captured(connection: Connection, record_ids: Sequence[str]) -> list[str]:
    """Those of these records of which no captured answer tells."""
    captured: set[str] = set()
    for chunk in chunks(record_ids):
        captured.update(connection.execute(select(RECORD.c.id).where(among(connection, RECORD.c.id, chunk))).scalars())
    return [one for one in record_ids if one not in captured]


def _insert(connection: Connection, into: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(into), rows)


def _file(account_id: str, block: ImportedBlock) -> dict[str, Any]:
    origin, of = block.origin, block.origin.get("of")
    return {
        "exchange_id": block.arrived.id,
        "import_id": origin["import"],
        "account_id": account_id,
        "name": safe_text(origin["name"]),
        "start": origin["start"],
        "size": block.size,
        "sha256": block.sha256,
        "access": block.arrived.ask.access.value,
        "use": origin["use"],
        "record_id": None if of is None else ids.record_id(account_id, of),
        "url": None if origin.get("url") is None else key_text(origin["url"]),
        "said_at": from_text(origin["as_of"]) if origin.get("url") is not None and "as_of" in origin else None,
        "digests": origin.get("digests"),
    }


def _end(connection: Connection, account_id: str, block: ImportedBlock) -> bool:
    known = select(END.c.import_id).where(END.c.import_id == block.origin["import"])
    if connection.execute(known).first() is not None:
        return False
    connection.execute(
        insert(END).values(
            import_id=block.origin["import"],
            account_id=account_id,
            exchange_id=block.arrived.id,
            at=block.arrived.received_at,
            counts=dict(block.origin["counts"]),
        )
    )
    return True


def _version(
    account_id: str, block: ImportedBlock, position: int, seen: SeenRecord, access: AccessClass
) -> dict[str, Any]:
    """``access``: a block with anything private in it is stored as private whole; what in it everybody could see is
    public all the same, as its facts say."""
    arrived = block.arrived
    record_id = ids.record_id(account_id, seen.key)
    about = described(account_id, Sighting(record_id, arrived, position, seen))
    stated_at = block.origin.get("as_of")
    return about | {
        "id": ids.version_id(record_id, arrived.id, position),
        "record_id": record_id,
        "account_id": account_id,
        "import_id": block.origin["import"],
        "exchange_id": arrived.id,
        "position": position,
        "place": safe_text(seen.place),
        "arrival": arrived.run_number,
        "ordinal": arrived.ordinal,
        "brought_at": arrived.received_at,
        "stated_at": None if stated_at is None else from_text(stated_at),
        "key": safe_text(seen.key),
        "access": access.value,
        "thread_id": about["thread_id"] or record_id,
        "as_of": instant(seen.as_of),
        "retrospective": seen.retrospective,
        "said_state": seen.state.value,
        "scheme": arrived.ask.scheme,
        "content": plain(seen.content),
        "text": safe_text(seen.text),
        "counts": about["counts"] or {},
        "media": [[one.kind, safe_text(one.url), one.alt_text and safe_text(one.alt_text)] for one in seen.media],
    }
