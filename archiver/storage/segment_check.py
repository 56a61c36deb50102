"""Fixity: is every stored segment what was written, and does the store hold what the index says, no less and no more?

Nothing here repairs. A finding is a fact for people and for the log: *changed*, *missing*, *untracked* or *unreadable*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, cast

from archiver.storage.damage import Code, DamagedSegment
from archiver.storage.protocol import NoSuchObject, ObjectStore, StoreUnavailable
from archiver.storage.segment_names import SegmentKey, parse_segment_key
from archiver.storage.segment_reader import Read, ReadInfo, read_records
from archiver.storage.warc_record import HELD_HEAD, Records

_PIECE = 1 << 20

#: ``present``: there, and not chosen to be read.
Fixity = Literal["intact", "changed", "missing", "untracked", "unreadable", "present"]

#: Is handed everything that was read in a segment.
Seen = Callable[[Read], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    code: Code
    key: str
    offset: int | None
    """In the object, where it can be said."""
    detail: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the index knows of an object."""

    sha256: str
    size: int
    warc_records: int | None = None
    """None for what is not a segment."""
    version_id: str | None = None
    """Of the object, where the store has versions: this one is looked at, whatever lies on top."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """What is known of one segment; None where it is not."""

    sha256: str | None
    size: int | None
    warc_records: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """One object of the store, or one the store should have, and how far the check has come with it."""

    key: str
    fixity: Fixity
    findings: tuple[Finding, ...]
    number: int
    """Counts the objects of this pass from 1."""
    known: int
    """How many the index knows in this pass; for progress."""
    bytes_read: int
    """In this pass, this object included."""


def check_segment(
    store: ObjectStore,
    key: str,
    *,
    sha256: str | None = None,
    size: int | None = None,
    warc_records: int | None = None,
    version_id: str | None = None,
    seen: Seen | None = None,
) -> list[Finding]:
    """Read a whole segment and say everything that is wrong with it. What is not known is None; the SHA-256 in a
    segment's key is always compared.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    try:
        with store.open(key, version_id=version_id) as stream:
            return _check(key, stream, parse_segment_key(key), _Expected(sha256, size, warc_records), seen)
    except NoSuchObject:
        return [Finding(Code.MISSING, key, None, "the object is not in the store")]


def check_store(
    store: ObjectStore,
    known: Mapping[str, Known],
    *,
    prefix: str = "",
    after: str = "",
    chosen: Callable[[str], bool] = lambda key: True,
    seen: Seen | None = None,
) -> Iterator[Checked]:
    """Compare every object whose key starts with ``prefix`` with what the index knows, in order of key.

    To go on after a stop, give the last key seen as ``after``. An object put after ``known`` was asked for shows as
    untracked: look at it again before acting on it. Of objects that are not ``chosen`` only the presence is checked;
    ``seen`` is handed everything that was read in segments.

    Raises:
        StoreUnavailable: the store cannot even be listed. One object that cannot be read is a finding.
    """
    wanted = {key: known[key] for key in sorted(known) if key.startswith(prefix) and key > after}
    total = 0
    for number, (key, present) in enumerate(_merged(store, wanted, prefix, after), 1):
        fixity, findings, size = _look(store, key, present, wanted.get(key), chosen(key), seen)
        total += size
        yield Checked(key, fixity, tuple(findings), number, len(wanted), total)


def check_versions(store: ObjectStore, prefix: str = "") -> Iterator[Finding]:
    """Everything that lies on top of an object: the archive writes each key once, so somebody else put it there."""
    for key, what in store.strangers(prefix):
        yield Finding(
            Code.STRANGER, key, None, f"somebody laid {what} on top of it; what was stored is below, unharmed"
        )


def _merged(store: ObjectStore, wanted: Mapping[str, Known], prefix: str, after: str) -> Iterator[tuple[str, bool]]:
    """(key, whether the store has it) of everything known or stored, in order of key. ``wanted`` is in that order."""
    expected = iter(wanted)
    waiting = next(expected, None)
    for stored in store.list(prefix, after):
        while waiting is not None and waiting < stored.key:
            yield waiting, False
            waiting = next(expected, None)
        if waiting == stored.key:
            waiting = next(expected, None)
        yield stored.key, True
    while waiting is not None:
        yield waiting, False
        waiting = next(expected, None)


def _look(
    store: ObjectStore, key: str, present: bool, known: Known | None, chosen: bool, seen: Seen | None
) -> tuple[Fixity, list[Finding], int]:
    """(verdict, findings, bytes read) of one object."""
    if known is None:
        return "untracked", [Finding(Code.UNTRACKED, key, None, "the index does not know it")], 0
    if not present and store.head(key, known.version_id) is None:  # asked directly: a list may be behind
        return "missing", [Finding(Code.MISSING, key, None, "the index knows it and the store does not have it")], 0
    if not chosen:
        return "present", [], 0
    try:
        findings = _check_known(store, key, known, seen)
    except StoreUnavailable as error:
        return "unreadable", [Finding(Code.UNREADABLE, key, None, str(error))], 0
    if any(finding.code is Code.MISSING for finding in findings):
        return "missing", findings, 0
    return ("changed" if findings else "intact"), findings, known.size


def _check_known(store: ObjectStore, key: str, known: Known, seen: Seen | None) -> list[Finding]:
    if parse_segment_key(key):
        return check_segment(
            store,
            key,
            sha256=known.sha256,
            size=known.size,
            warc_records=known.warc_records,
            version_id=known.version_id,
            seen=seen,
        )
    try:
        with store.open(key, version_id=known.version_id) as stream:
            whole = _Hashed(stream)
            whole.drain()
    except NoSuchObject:
        return [Finding(Code.MISSING, key, None, "the object is not in the store")]
    return list(_compare(key, whole, None, known.sha256, known.size))


def _check(key: str, stream: BinaryIO, named: SegmentKey | None, known: _Expected, seen: Seen | None) -> list[Finding]:
    whole = _Hashed(stream)
    records = Records(cast(BinaryIO, whole), key, hold=HELD_HEAD)
    findings: list[Finding] = []
    try:
        for read in read_records(records, bodies=False):
            if seen is not None:
                seen(read)
            if isinstance(read, ReadInfo) and named:
                findings += _compare_info(key, read, named)
    except DamagedSegment as damage:
        findings.append(Finding(damage.code, key, damage.offset, damage.detail))
    whole.drain()
    findings += _compare(key, whole, named, known.sha256, known.size)
    if known.warc_records not in (None, records.count):
        said = f"{records.count} WARC records were read, {known.warc_records} are known"
        findings.append(Finding(Code.COUNT, key, None, said))
    return findings


def _compare(
    key: str, whole: _Hashed, named: SegmentKey | None, sha256: str | None, size: int | None
) -> Iterator[Finding]:
    found = whole.digest.hexdigest()
    if size is not None and whole.size != size:
        yield Finding(Code.SIZE, key, None, f"the object has {whole.size} bytes, {size} are known")
    if sha256 is not None and found != sha256:
        yield Finding(Code.SHA256, key, None, f"the object has SHA-256 {found}, {sha256} is known")
    if named is not None and found != named.sha256:
        yield Finding(Code.SHA256, key, None, f"the object has SHA-256 {found}, its key says {named.sha256}")


def _compare_info(key: str, info: ReadInfo, named: SegmentKey) -> list[Finding]:
    """A segment whose content belongs under another key."""
    year = info.fields.get("record-year")
    inside = (
        info.fields.get("authority"),
        info.account.get("id"),
        info.fields.get("access"),
        info.fields.get("month"),
        year,
        info.fields["segment"],
    )
    outside = (
        named.authority,
        named.account,
        named.access,
        named.month,
        None if named.record_year is None else str(named.record_year),
        named.segment,
    )
    if inside == outside:
        return []
    return [Finding(Code.REFERENCE, key, 0, "the first record names another segment than the key")]


@dataclass(slots=True)
class _Hashed:
    """A stream that keeps the SHA-256 and the size of everything read from it."""

    stream: BinaryIO
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    size: int = 0

    def read(self, most: int = -1) -> bytes:
        piece = self.stream.read(most)
        self.digest.update(piece)
        self.size += len(piece)
        return piece

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_PIECE):
            pass
