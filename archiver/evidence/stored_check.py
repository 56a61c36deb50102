"""Checking the log in the object store: deltas against the database's copy, checkpoints, keys and time-stamps against
the deltas. Reads everything, changes nothing, and trusts the key file and the roots in the settings alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from cryptography import x509
from sqlalchemy import Connection, select

from archiver.clock import from_text, to_text
from archiver.errors import ArchiverError, IntegrityError
from archiver.evidence import checkpoint as checkpoints
from archiver.evidence import deltas, log, log_keys, timestamps, tree
from archiver.evidence.checkpoint import open_checkpoint
from archiver.evidence.entry import Entry
from archiver.evidence.models import Anchor, LogCheckpoint
from archiver.evidence.notes import LARGEST, InvalidNote, VerifierKey, text_of
from archiver.evidence.signed_log import SignedLog
from archiver.evidence.signer import ENTRY_TOLERANCE, STAMP_TOLERANCE
from archiver.evidence.subtrees import Growth
from archiver.evidence.timestamps import InvalidTimestamp
from archiver.storage.protocol import NoSuchObject, ObjectStore

PREFIX = "log/"
Word = Literal["changed", "missing", "untracked"]
#: Of every object of the log its first version, where the store has versions: what lies on top is somebody else's.
Versions = Mapping[str, str | None]
_PROOFS = (checkpoints.PREFIX, timestamps.PREFIX, log_keys.PREFIX, deltas.PREFIX)


@dataclass(frozen=True, slots=True)
class LogProblem:
    """One thing about the log that is not as it must be."""

    word: Word
    detail: str
    """A sentence."""
    key: str | None = None
    """Of the object, where it is about one."""


@dataclass(slots=True)
class LogCheck:
    """What was found."""

    problems: list[LogProblem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What somebody should know and nobody can mend, such as entries made while the clock was wrong."""
    checkpoints: int = 0
    time_stamps: int = 0
    unchecked: int = 0
    """Time-stamps that were not verified, since no roots are named."""

    def add(self, word: Word, detail: str, key: str | None = None) -> None:
        self.problems.append(LogProblem(word, detail, key))


@dataclass(slots=True)
class _Walked:
    """What the entries in the store say."""

    size: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)
    """By size, where there is a checkpoint."""
    latest: dict[int, datetime] = field(default_factory=dict)
    """Latest time that an entry below a size bears."""
    stamps: dict[tuple[int, str], Mapping[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """Digest of every key the log names, by its id."""


def check(
    here: SignedLog,
    connection: Connection,
    roots: Sequence[x509.Certificate],
    *,
    chosen: Callable[[str], bool] = lambda key: True,
    each: Callable[[int, Entry, bytes], None] = lambda position, entry, body: None,
) -> LogCheck:
    """Everything that is wrong with the stored log.

    Args:
        connection: of a consistent view of the database.
        roots: of time-stamp services; none: their time-stamps are only compared with the log.
        chosen: which checkpoints and time-stamps are read; the newest checkpoint always is.
        each: is handed every stored entry with its position.
    """
    found = LogCheck()
    keys = {stored.key: stored.version_id for stored in here.store.list(PREFIX)}
    sizes = _sizes(keys, found)
    verifiers = _verifiers(here, bool(sizes), found)
    walked = _walk(here, connection, sizes, found, each)
    _check_checkpoints(here, connection, keys, sizes, verifiers, walked, chosen, found)
    _check_stamps(here, keys, roots, walked, chosen, found)
    _check_keys(here, keys, verifiers, walked, found)
    return found


def _sizes(keys: Collection[str], found: LogCheck) -> list[int]:
    """Sizes of the checkpoints; whatever has no place in the log is a finding."""
    sizes = []
    for key in keys:
        if key.startswith(checkpoints.PREFIX) and (size := checkpoints.size_in(key)) is not None:
            sizes.append(size)
        elif key.startswith(checkpoints.PREFIX) or not key.startswith(_PROOFS):
            found.add("untracked", "it has no place in a log", key)
    return sizes


def _verifiers(here: SignedLog, signed: bool, found: LogCheck) -> tuple[VerifierKey, ...]:
    if not here.keys.exists:
        if signed:
            found.add("missing", f"the log's key {here.keys.path} is not there, so no signature could be checked")
        return ()
    return here.keys.read().verifiers


# --- entries -------------------------------------------------------------------------------------------------------


def _walk(
    here: SignedLog,
    connection: Connection,
    sizes: Collection[int],
    found: LogCheck,
    each: Callable[[int, Entry, bytes], None],
) -> _Walked:
    walked, growth, times = _Walked(), Growth([], 0), _Times()
    wanted, head = set(sizes), log.read_head(connection)
    mine = log.entries(connection, 0, head.size)
    try:
        for body, entry in deltas.read_entries(here.store):
            own = next(mine, None)
            if own is not None and own != body:
                found.add("changed", f"entry {growth.size} differs between the database and {here.store.name}")
                break
            _see(walked, entry)
            if own is not None:
                each(growth.size, entry, body)
            found.remarks += times.see(growth.size, entry)
            list(growth.add(tree.leaf_hash(body)))
            if growth.size in wanted:
                walked.roots[growth.size] = growth.root
                walked.latest[growth.size] = times.latest or entry.at
        else:
            found.problems += _sides(here, growth.size, head)
    except IntegrityError as error:
        found.add("changed", str(error))
    walked.size = growth.size
    return walked


def _sides(here: SignedLog, size: int, head: log.HeadRow) -> Iterator[LogProblem]:
    """Whether store and database go equally far; ``size`` entries are in the store."""
    if size < head.stored:
        said = f"{here.store.name} has {size} entries of the log, of {head.stored} that were put there"
        yield LogProblem("missing", said)
    if size > head.size:
        with here.database.read() as connection:  # some may have come since our view of it began
            now = log.read_head(connection).size
        if size > now:
            yield LogProblem("missing", f"the database has {now} entries of the log, {here.store.name} has {size}")


def _see(walked: _Walked, entry: Entry) -> None:
    if entry.type == "anchor.received":
        walked.stamps[entry.data["size"], entry.data["service"]] = entry.data
    elif entry.type in ("log.key_created", "log.key_rotated"):
        walked.keys[entry.data["key"]] = entry.data["sha256"]


@dataclass(slots=True)
class _Times:
    """Whether the times that entries bear can be: each no earlier than those before it, or than a time-stamp that was
    already there."""

    latest: datetime | None = None
    stamped: datetime | None = None

    def see(self, position: int, entry: Entry) -> Iterator[str]:
        said = f"entry {position} bears the time {to_text(entry.at)}"
        if self.latest is not None and entry.at < self.latest - ENTRY_TOLERANCE:
            yield f"{said}, one before it {to_text(self.latest)}"
        elif self.stamped is not None and entry.at < self.stamped - ENTRY_TOLERANCE:
            yield f"{said}, and stands behind a time-stamp of {to_text(self.stamped)}"
        self.latest = max(self.latest or entry.at, entry.at)
        if entry.type == "anchor.received":
            self.stamped = from_text(entry.data["time"])


# --- checkpoints ---------------------------------------------------------------------------------------------------


def _check_checkpoints(
    here: SignedLog,
    connection: Connection,
    keys: Versions,
    sizes: Sequence[int],
    verifiers: Sequence[VerifierKey],
    walked: _Walked,
    chosen: Callable[[str], bool],
    found: LogCheck,
) -> None:
    noted = {row.size: row.sha256 for row in connection.execute(select(LogCheckpoint.size, LogCheckpoint.sha256))}
    for size in sorted(noted.keys() - set(sizes)):
        found.add("missing", "the checkpoint is not in the store", checkpoints.key_of(size))
    for size in sizes:
        key = checkpoints.key_of(size)
        if size == sizes[-1] or chosen(key):
            found.checkpoints += 1
            problem = _checkpoint_problem(here, key, keys[key], size, verifiers, noted.get(size), walked)
            if problem is not None:
                found.add("changed", problem, key)


def _checkpoint_problem(
    here: SignedLog,
    key: str,
    version: str | None,
    size: int,
    verifiers: Sequence[VerifierKey],
    noted: str | None,
    walked: _Walked,
) -> str | None:
    note = _read(here.store, key, version)
    if noted is not None and (note is None or sha256(note).hexdigest() != noted):
        return "it is not the checkpoint that was stored"
    try:
        said = open_checkpoint(note or b"", here.origin, verifiers) if verifiers else None
    except InvalidNote as error:
        return f"it is not what we signed: {error}"
    if size > walked.size:
        return f"it covers {size} entries, and {walked.size} could be read"
    if said is not None and (said.size != size or said.root != walked.roots[size]):
        return "the entries in the store are not those it signs"
    return None


# --- time-stamps ---------------------------------------------------------------------------------------------------


def _check_stamps(
    here: SignedLog,
    keys: Versions,
    roots: Sequence[x509.Certificate],
    walked: _Walked,
    chosen: Callable[[str], bool],
    found: LogCheck,
) -> None:
    logged = {timestamps.key_of(*place): facts for place, facts in walked.stamps.items()}
    with here.database.read() as connection:  # entered, and the entry is perhaps not in the store yet
        rows = connection.execute(select(Anchor.size, Anchor.service)).all()
    waiting = {timestamps.key_of(row.size, row.service) for row in rows}
    stored = {key for key in keys if key.startswith(timestamps.PREFIX)}
    for key in sorted(logged.keys() - stored):
        found.add("missing", "the log names this time-stamp, and the store does not have it", key)
    for key in sorted(stored - logged.keys() - waiting):
        found.add("untracked", "the log does not name this time-stamp", key)
    for key in sorted(stored & logged.keys()):
        if chosen(key):
            found.time_stamps += 1
            _check_stamp(here, key, keys, logged[key], roots, walked, found)


def _check_stamp(
    here: SignedLog, key: str, keys: Versions, facts: Mapping[str, Any], roots: Sequence[x509.Certificate],
    walked: _Walked, found: LogCheck,
) -> None:  # fmt: skip
    checkpoint = checkpoints.key_of(facts["size"])
    answer = _read(here.store, key, keys[key], timestamps.LARGEST) or b""
    note = _read(here.store, checkpoint, keys.get(checkpoint)) or b""
    if sha256(answer).hexdigest() != facts["sha256"]:
        found.add("changed", "it is not the time-stamp that the log names", key)
        return
    if sha256(note).hexdigest() != facts["checkpoint"]:
        found.add("changed", "its checkpoint is not the one that was stamped", key)
        return
    if not roots:
        found.unchecked += 1
        return
    try:
        time = timestamps.verify(answer, note, roots)
    except InvalidTimestamp as error:
        found.add("changed", f"it does not verify: {error}", key)
        return
    if to_text(time) != facts["time"]:
        found.add("changed", "it states another time than the log says", key)
    latest = walked.latest.get(facts["size"])
    if latest is not None and latest > time + STAMP_TOLERANCE:
        found.remarks.append(f"an entry under {key} bears a later time, {to_text(latest)}, than the time-stamp")


# --- keys ----------------------------------------------------------------------------------------------------------


def _check_keys(
    here: SignedLog, keys: Versions, verifiers: Sequence[VerifierKey], walked: _Walked, found: LogCheck
) -> None:
    ours = {log_keys.key_of(one): one for one in verifiers}
    stored = {key for key in keys if key.startswith(log_keys.PREFIX)}
    for key in sorted(stored - ours.keys()) if verifiers else ():
        found.add("untracked", "it is no key of this archive", key)
    for key, verifier in ours.items():
        content = _read(here.store, key, keys.get(key))
        if content is None:
            found.add("missing", "a public key of the log is not in the store", key)
        elif _text(content) != f"{verifier.text}\n":
            found.add("changed", "it is not the public key that is in the key file", key)
    held = {one.id.hex(): log_keys.digest_of(one) for one in verifiers}
    for key_id, digest in walked.keys.items():
        if verifiers and held.get(key_id) != digest:
            found.add("changed", f"the log names a key {key_id} that is not in {here.keys.path}")


def _text(content: bytes) -> str | None:
    try:
        return text_of(content)
    except InvalidNote:
        return None


def _read(store: ObjectStore, key: str, version: str | None, most: int = LARGEST) -> bytes | None:
    try:
        with store.open(key, version_id=version) as file:
            return file.read(most + 1)
    except NoSuchObject:
        return None
    except ArchiverError as error:
        raise IntegrityError(f"{key} cannot be read: {error}") from error
