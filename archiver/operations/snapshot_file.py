"""A snapshot as a file (``docs/recovery.md``): lines of JSON, compressed, sealed, the same from every database."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection

from archiver import migrate
from archiver.errors import IntegrityError, WrongStore
from archiver.operations.index_rows import LineReader, LineWriter, snapshot_tables
from archiver.sealed_file import SealingWriter, UnsealingReader

FORMAT: Final = "cra-snapshot/1"
_PLACE: Final = "snapshot"


@dataclass(frozen=True, slots=True)
class Head:
    """What a snapshot says of itself."""

    archive: str
    id: str
    at: str
    done: Mapping[str, tuple[int, int]]
    """By account: the last run, and its part, that is in it."""


def write(connection: Connection, target: BinaryIO, head: Head, key_id: str, key: bytes) -> int:
    """Write what the index holds in the caller's view of it; how many rows."""
    rows = 0
    with (
        SealingWriter(target, key_id, key, _PLACE, head.archive, head.id) as sealing,
        gzip.GzipFile(fileobj=sealing, mode="wb", compresslevel=3, mtime=0, filename="") as packed,
    ):
        _line(packed, _fields(head))
        for one in snapshot_tables():
            _line(packed, {"table": one.name, "columns": list(one.c.keys())})
            writer = LineWriter(connection, one)
            for line in writer.lines():
                packed.write(line + b"\n")
            _line(packed, {"end": one.name, "rows": writer.end.rows, "sha256": writer.end.sha256})
            rows += writer.end.rows
        _line(packed, {"end": FORMAT, "rows": rows})
    return rows


def read(connection: Connection, source: BinaryIO, archive: str, snapshot: str, keys: Mapping[str, bytes]) -> Head:
    """Insert everything a snapshot holds into empty tables.

    Raises:
        MissingKey: the key that sealed it is not among ``keys``.
        IntegrityError: it is not what was written; the transaction must be given up.
        WrongStore: it was made by a version with other tables.
    """
    with gzip.GzipFile(fileobj=UnsealingReader(source, keys, _PLACE, archive, snapshot), mode="rb") as packed:
        try:
            return _read(connection, (line.rstrip(b"\n") for line in packed), archive, snapshot)
        except (ValueError, KeyError, TypeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise IntegrityError(f"the snapshot {snapshot} cannot be read ({type(error).__name__})") from error


def _read(connection: Connection, lines: Iterator[bytes], archive: str, snapshot: str) -> Head:
    fields = json.loads(next(lines, b"{}"))
    head = Head(fields["archive"], fields["id"], fields["at"], {k: (v[0], v[1]) for k, v in fields["done"].items()})
    if fields["format"] != FORMAT or (head.archive, head.id) != (archive, snapshot):
        raise ValueError("another archive's or another snapshot")
    if fields["schema"] != migrate.head():
        raise WrongStore(
            f"the snapshot was made by a version with other tables (schema {str(fields['schema'])[:40]}):"
            " use that version, a newer snapshot, or `archiver index rebuild`"
        )
    rows = 0
    for one in snapshot_tables():
        begin = json.loads(next(lines, b"{}"))
        if begin["table"] != one.name:
            raise ValueError("another table")
        ends: list[dict[str, Any]] = []
        found = LineReader(connection, one, begin["columns"]).insert(_rows(lines, ends))
        if ends != [{"end": one.name, "rows": found.rows, "sha256": found.sha256}]:
            raise IntegrityError(f"the snapshot {snapshot} does not hold the rows of {one.name} that it says")
        rows += found.rows
    if json.loads(next(lines, b"{}")) != {"end": FORMAT, "rows": rows} or next(lines, None) is not None:
        raise ValueError("no end, or something after it")
    return head


def _rows(lines: Iterator[bytes], ends: list[dict[str, Any]]) -> Iterator[bytes]:
    """The lines of a table, until it ends."""
    for line in lines:
        if line.startswith(b"{"):
            ends.append(json.loads(line))
            return
        yield line


def _fields(head: Head) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "archive": head.archive,
        "id": head.id,
        "at": head.at,
        "schema": migrate.head(),
        "done": {account: list(done) for account, done in sorted(head.done.items())},
    }


def _line(packed: gzip.GzipFile, fields: Mapping[str, Any]) -> None:
    packed.write(json.dumps(fields, separators=(",", ":")).encode() + b"\n")
