"""One digest per content table: two indexes with the same digests hold the same rows. This proves a rebuild.

A table's digest is SHA-256 over its rows in order of their key, each a line of JSON ``[value, …]`` in order of column
name: times as in stored formats, bytes as hex, JSON values with sorted keys. So it does not depend on the database, its
sort order or its way of keeping numbers. Rows are streamed; memory stays flat.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, collate, select

from archiver import clock
from archiver.capture.models import Coverage, Deposit, Exchange, Gap, Run, Segment
from archiver.database import Characters
from archiver.records.import_models import Import, ImportedFile, ImportedVersion, ImportEnd
from archiver.records.models import Link, RecordLink
from archiver.records.stored import MEDIUM, OCCURRENCE, PICTURE, RECORD, STATE, VERSION, table

CONTENT: tuple[Table, ...] = (
    table(Run),
    table(Segment),
    table(Exchange),
    RECORD,
    OCCURRENCE,
    VERSION,
    STATE,
    MEDIUM,
    PICTURE,
    table(Link),
    table(RecordLink),
    table(Coverage),
    table(Gap),
    table(Deposit),
    table(ImportedFile),
    table(ImportedVersion),
    table(ImportEnd),
    table(Import),
)
"""Tables that the object store alone restores; of imports, who brought them and why, from its acts. Register, working
state and the log's outbox are not among them."""
_ROWS = 2000


@dataclass(frozen=True, slots=True)
class TableDigest:
    rows: int
    sha256: str


def digests(
    connection: Connection,
    tables: Collection[Table] = CONTENT,
    leave_out: Mapping[str, Collection[str]] | None = None,
) -> dict[str, TableDigest]:
    """Digest of each table, by name.

    Args:
        leave_out: columns not to compare, by table: what a store may answer differently.
    """
    omitted = leave_out or {}
    return {one.name: _digest(connection, one, frozenset(omitted.get(one.name, ()))) for one in tables}


def differences(left: Mapping[str, TableDigest], right: Mapping[str, TableDigest]) -> list[str]:
    """One line for each table that differs; empty where the indexes hold the same."""
    return [
        f"{name}: {_words(left.get(name))}, {_words(right.get(name))}"
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name)
    ]


def _digest(connection: Connection, one: Table, omitted: frozenset[str]) -> TableDigest:
    names = sorted(set(one.c.keys()) - omitted)
    query = select(*(one.c[name] for name in names)).order_by(*_key(connection, one))
    digest, rows = hashlib.sha256(), 0
    with connection.execute(query.execution_options(yield_per=_ROWS)) as found:
        for row in found:
            line = json.dumps([_plain(value) for value in row], sort_keys=True, separators=(",", ":"))
            digest.update(line.encode() + b"\n")
            rows += 1
    return TableDigest(rows, digest.hexdigest())


def _key(connection: Connection, one: Table) -> list[Any]:
    """Columns of the primary key; text compared byte by byte on every database."""
    bytewise = "BINARY" if connection.dialect.name == "sqlite" else "C"
    return [collate(column, bytewise) if isinstance(column.type, Characters) else column for column in one.primary_key]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.to_text(value)
    if isinstance(value, bytes):
        return value.hex()
    return value


def _words(digest: TableDigest | None) -> str:
    return "not there" if digest is None else f"{digest.rows} rows, {digest.sha256[:16]}"
