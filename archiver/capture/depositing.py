"""Depositing files by hand: copied into the spool, stored as any exchange is, and committed with their event.

All files are copied, hashed and on the disk before anything else is written; what fails until then leaves nothing.
From then on recovery finishes what a kill stopped, as it does a run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import Row, select

from archiver import ids
from archiver.accounts.permission import Actor
from archiver.capture import deposits
from archiver.capture.batch import Batch, clear_files
from archiver.capture.commit import exchange_row
from archiver.capture.committer import Committer, Work
from archiver.capture.deposits import DEPOSIT, Said
from archiver.capture.facts import RunIdentity, Taken
from archiver.capture.leases import Held
from archiver.capture.models import Deposit
from archiver.capture.outcomes import RunOutcome
from archiver.capture.pending import Pending
from archiver.capture.run import RunState, RunTerms
from archiver.capture.spool import Spool, disk_errors, sync_folder
from archiver.capture.terms import about, frozen_settings, said_before, segment_terms
from archiver.errors import OutOfSpace, UsageError
from archiver.faults import crash_point
from archiver.storage.durable import write_all
from archiver.visible import one_line, size
from archiver.wire.exchange import BodyFile

if TYPE_CHECKING:
    from archiver.archive import Archive

_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class Deposited:
    """What became of one file. ``new`` is false where the same was deposited before: that is the ``exchange`` then."""

    name: str
    exchange: str
    sha256: str
    size: int
    new: bool


@dataclass(frozen=True, slots=True)
class _Copied:
    name: str
    file: BodyFile


@dataclass(slots=True)
class Depositing:
    """One deposit of some files with one account whose lease is held."""

    archive: Archive
    spool: Spool
    pending: Pending
    committer: Committer
    account: Row[Any]
    held: Held
    leave: Callable[[str, str], None]
    """Told account and batch where what is safe in the spool could not be archived."""
    names: Mapping[Path, str] = field(default_factory=dict)
    """What files were called where they come from."""

    def carry_out(self, paths: Sequence[Path], said: Said, actor: Actor) -> list[Deposited]:
        """Store files; those that are there already are only named.

        Raises:
            UsageError: one of them cannot be read, is no file, changed meanwhile, or is too large; nothing was stored.
            OutOfSpace, SpoolError: as above, for want of room.
            StoreUnavailable, DatabaseUnavailable: all of it is safe in the spool, and is finished when they answer.
        """
        state = self._state(said)
        batch = state.batch
        try:
            copied: list[_Copied] = []
            for path in paths:
                copied.append(self._copy(path, batch.body_path(), sum(one.file.size for one in copied)))
            known = self._known(copied, said)
            fresh = _fresh(copied, known, said)
            with disk_errors(self.spool.folder):
                sync_folder(self.spool.folder)
        except BaseException:
            clear_files(self.spool.folder, batch.stem)
            raise
        if not fresh:
            clear_files(self.spool.folder, batch.stem)
            return [_told(one, known, said) for one in copied]
        try:
            known |= self._store(state, fresh, said, actor)
            self._commit(state, len(fresh))
        except BaseException:
            batch.abandon()
            self.leave(self.account.id, batch.stem)
            raise
        done = {one.file.sha256 for one in fresh}
        return [_told(one, known, said, new=_is_first(one, copied, done)) for one in copied]

    def _state(self, said: Said) -> RunState:
        archive, account = self.archive, self.account
        now = archive.clock.now()
        connector = archive.platforms.connectors.get(account.platform)
        version = "" if connector is None else connector.version
        identity = RunIdentity(ids.new_id("rn"), self.held.epoch, account.id, account.platform, version)
        settings_hash, frozen = frozen_settings(archive, account)
        with archive.database.read() as connection:
            used, told = said_before(connection, account, settings_hash)
        terms = RunTerms(
            identity=identity,
            sweep=None,
            trigger=DEPOSIT,
            started_at=now,
            every=archive.settings.sweep_new_seconds,
            settings_hash=settings_hash,
            frozen=None if used else frozen,
            about=None if told else about(account),
            segments=segment_terms(archive, account),
        )
        return RunState(terms, self.spool, Batch(self.spool.folder, identity, 1, terms.segments), None)

    # The files

    def _copy(self, path: Path, into: Path, before_it: int) -> _Copied:
        """``before_it``: bytes of the files copied so far, which are still to be packed."""
        name = deposits.base_name(self.names.get(path, path))
        limit = self.archive.settings.deposit_bytes
        with _opened(path) as source:
            before = os.fstat(source.fileno())
            _require_size(before.st_size, limit, name)
            self._require_room(before_it + 2 * before.st_size)
            file = _copied(source, into, limit, name)
            if _mark(os.fstat(source.fileno())) != _mark(before) or file.size != before.st_size:
                raise UsageError(f"{one_line(name, 80)} changed while it was read; nothing was deposited")
        crash_point("deposit.copied")
        return _Copied(name, file)

    def _require_room(self, needed: int) -> None:
        """Captures must not wait because a file was brought that leaves them no room: once as it is, once packed."""
        disk, reserve = shutil.disk_usage(self.spool.folder), self.archive.settings.disk_reserve_percent / 100
        if disk.free - needed < reserve * disk.total:
            raise OutOfSpace(
                f"this needs {size(needed)} on the disk of {self.spool.root}, beside the {reserve:.0%} of it that are"
                " kept free: each file once as it is and once packed; nothing was deposited"
            )

    def _known(self, copied: Sequence[_Copied], said: Said) -> dict[str, str]:
        """Deposits of the account that are the same as one of these: their exchanges by identity."""
        wanted = [_identity(one, said) for one in copied]
        query = select(Deposit.identity, Deposit.exchange_id).where(
            Deposit.account_id == self.account.id, Deposit.identity.in_(wanted)
        )
        with self.archive.database.read() as connection:
            return {row.identity: row.exchange_id for row in connection.execute(query)}

    # Storing

    def _store(self, state: RunState, fresh: Sequence[_Copied], said: Said, actor: Actor) -> dict[str, str]:
        """Make them safe, then put them into segments; their exchanges by identity."""
        at = self.archive.clock.now()
        stored = {}
        taken = []
        for ordinal, one in enumerate(fresh):
            asked = deposits.ask(said, one.file.sha256, ordinal + 1, len(fresh))
            origin = deposits.origin(said, actor, one.name)
            taken.append(Taken(ordinal, asked, deposits.wire(asked, one.file, origin, at)))
            stored[_identity(one, said)] = ids.exchange_id(state.terms.identity.run, ordinal)
        try:
            for each in taken:
                state.batch.spool(each, state.terms.to_json)
                crash_point("deposit.spooled")
        except BaseException:
            state.batch.clear()  # not one of them without the others
            raise
        state.store(taken)
        return stored

    def _commit(self, state: RunState, count: int) -> None:
        at = self.archive.clock.now()
        waiting = self.pending.of(self.account.id)
        state.count("deposited", count)
        parts = state.parts(at, count, (RunOutcome.COMPLETE.value, None))
        finished = state.batch.seal([*waiting, *parts], at)
        stored = self.committer.put(self.spool.folder, finished)
        rows = [exchange_row(entry) for entry in state.batch.entries]
        work = Work(self.account.id, state.terms.identity.run, self.held.epoch, stored, rows, parts, at)
        self.committer.commit(self.held, work, release=True)
        state.batch.clear()
        self.pending.done(waiting)


def _opened(path: Path) -> BinaryIO:
    """An ordinary file, open; never a device or a pipe, which may never end.

    Raises:
        UsageError: it is none, or cannot be read.
    """
    shown = one_line(str(path), 200)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise UsageError(f"cannot read {shown}: {error.strerror}; nothing was deposited") from None
    except ValueError:
        raise UsageError(f"{shown} is no name of a file; nothing was deposited") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UsageError(f"{shown} is not a file; name each file that is to be deposited")
    return os.fdopen(descriptor, "rb")


def _copied(source: BinaryIO, into: Path, limit: int, name: str) -> BodyFile:
    """A copy in the spool, durable, with its digest.

    Raises:
        UsageError: it is larger than ``limit``.
        OutOfSpace, SpoolError: the disk does not take it.
    """
    digest, total = hashlib.sha256(), 0
    with disk_errors(into):
        target = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            for piece in _pieces(source, limit, name):
                digest.update(piece)
                total += len(piece)
                write_all(target, piece)
            os.fsync(target)
        finally:
            os.close(target)
    return BodyFile(into, total, digest.hexdigest())


def _pieces(source: BinaryIO, limit: int, name: str) -> Iterator[bytes]:
    total, shown = 0, one_line(name, 80)
    while True:
        try:
            piece = source.read(_PIECE)
        except OSError as error:
            raise UsageError(f"cannot read {shown}: {error.strerror}; nothing was deposited") from None
        total += len(piece)
        _require_size(total, limit, name)
        if not piece:
            return
        yield piece


def _require_size(found: int, limit: int, name: str) -> None:
    if found > limit:
        raise UsageError(
            f"{one_line(name, 80)} is larger than {size(limit)}, the most that ARCHIVER_DEPOSIT_BYTES allows;"
            " nothing was deposited"
        )


def _mark(found: os.stat_result) -> tuple[int, int, int]:
    """What is another once somebody wrote to a file."""
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _identity(one: _Copied, said: Said) -> str:
    return deposits.identity(said.about.value, said.record, one.file.sha256, said.on.isoformat())


def _fresh(copied: Sequence[_Copied], known: dict[str, str], said: Said) -> list[_Copied]:
    """Those that are not there yet, each once."""
    return list({one.file.sha256: one for one in reversed(copied) if _identity(one, said) not in known}.values())[::-1]


def _is_first(one: _Copied, copied: Sequence[_Copied], done: set[str]) -> bool:
    """Whether it was stored now: of several that are the same the first was."""
    same = next(each for each in copied if each.file.sha256 == one.file.sha256)
    return one is same and one.file.sha256 in done


def _told(one: _Copied, known: dict[str, str], said: Said, *, new: bool = False) -> Deposited:
    return Deposited(one.name, known[_identity(one, said)], one.file.sha256, one.file.size, new)
