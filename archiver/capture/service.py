"""Capturing: one run of one account from lease to commit, and everything that follows from a run that did not end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from archiver import ids
from archiver.accounts import permission
from archiver.accounts.app_tokens import AppTokens
from archiver.accounts.models import Account
from archiver.accounts.permission import Actor, Deed
from archiver.accounts.register import service as register
from archiver.accounts.renewing import Renewals
from archiver.capture import again
from archiver.capture.aside import Aside
from archiver.capture.batch import Batch
from archiver.capture.committer import Committer, Work
from archiver.capture.depositing import Deposited, Depositing
from archiver.capture.deposits import Said
from archiver.capture.drawing import Drawing
from archiver.capture.facts import RunIdentity
from archiver.capture.failures import named_failures
from archiver.capture.leases import Held, Leases, require_whole_index
from archiver.capture.linking import linking
from archiver.capture.outcomes import RunOutcome
from archiver.capture.pacing import Pacer
from archiver.capture.pending import Pending
from archiver.capture.pushed import LISTENING, Hearing, Place, place_of
from archiver.capture.recovery import Recovery, RecoveryReport
from archiver.capture.run import Watcher
from archiver.capture.run_rows import last_bookmarks
from archiver.capture.scheduled import SCHEDULE, Scheduled
from archiver.capture.sessions import Sessions
from archiver.capture.spool import Spool, dead
from archiver.capture.terms import account_ref, segment_terms
from archiver.capture.under_way import UnderWay
from archiver.errors import Busy, NotFound, OutOfSpace, UsageError
from archiver.evidence.deltas import require_current, store_deltas
from archiver.http import Fetcher
from archiver.quota.meter import Meter
from archiver.records.models import Record
from archiver.storage.write_once import WriteOnce
from connectors.contract import AccessClass, Listens, SweepKind

if TYPE_CHECKING:
    from archiver.archive import Archive


__all__ = ["SCHEDULE", "Capture", "RunResult"]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to."""

    run_id: str
    account_id: str
    outcome: RunOutcome
    reason: str | None
    counts: dict[str, int]
    started_at: datetime
    finished_at: datetime


class Capture:
    """The acts of capturing, for one open archive and one process. Safe for several threads."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        settings = archive.settings
        self.spool = Spool(settings.spool, ids.new_id("sp"))
        self.pending = Pending(self.spool.folder)
        self.pacer = Pacer(pause=settings.request_pause_seconds, clock=archive.clock)
        self.fetcher = Fetcher(
            user_agent=settings.user_agent,
            trusted_origins=frozenset(settings.trusted_origins),
            spool_folder=self.spool.folder,
            read_timeout=settings.request_timeout_seconds,
            total_timeout=settings.request_total_seconds,
            clock=archive.clock,
        )
        self.sessions = Sessions(self.fetcher)
        self.renewals = Renewals(archive, self.fetcher)
        self.applications = AppTokens(archive, self.fetcher)
        self._tried: set[str] = set()
        self.meter = Meter(archive.database, archive.clock)
        self._scheduled = Scheduled(archive)
        self.write_once = WriteOnce(archive.store, archive.clock)
        lasts = timedelta(seconds=settings.lease_seconds)
        self.leases = Leases(archive.database, archive.clock, lasts, self.spool.folder.name)
        self.committer = Committer(archive.database, archive.store, archive.search, archive.clock, lasts)
        self.recovery = Recovery(archive, self.spool, self.pending, self.committer, self.leases)
        aside = Aside(archive, self.spool, self.leases, self.committer, self.recovery.leave)
        self.drawing = Drawing(archive, aside)
        self.linking = linking(archive, aside, self.pacer)

    def run(
        self,
        account_id: str,
        sweep: SweepKind,
        *,
        trigger: str,
        progress: Watcher | None = None,
        stop: threading.Event | None = None,
    ) -> RunResult:
        """Capture one account now.

        Raises:
            NotFound: no such account.
            Refused: the register lists it as one that is never captured.
            Busy: somebody else is at it, or the index is being made anew.
            OutOfSpace, SpoolError: the disk would not keep more.
            Overwrites: the store lets stored objects be overwritten; nothing was asked.
            StoreUnavailable, DatabaseUnavailable: what was captured is safe in the spool and is finished as soon as
                they answer.
        """
        with named_failures(self.spool.folder):
            self._require_whole_index()
            self._check_room()
            self.write_once.require()
            account = self.allowed(account_id)
            self.recovery.finish_own(account_id)
            with self.leases.held(account_id) as held:
                result = self._carry_out(account, held, sweep, trigger, stop or threading.Event(), progress)
            self.meter.flush()
            store_deltas(self.archive.database, self.archive.store)
        stored, ends = bool(result.counts.get("exchanges")), stop or threading.Event()
        self.linking.after_run(account, ends, stored=stored)
        self.drawing.after_run(account, ends, stored=stored)
        return result

    def listening(self, account_id: str) -> Place | None:
        """Where to listen to an account's platform, and from where on; None where it pushes nothing, or it is not known
        yet where."""
        account = self.account(account_id)
        connector = self.archive.platforms.connector(account.platform)
        if not isinstance(connector, Listens):
            return None
        with self.archive.database.read() as connection:
            bookmarks = last_bookmarks(connection, account_id, sys.maxsize)
        merged = {name: value for one in bookmarks.values() for name, value in one.items()}
        reference = account_ref(account, connector, authorised=False)
        return place_of(connector, reference, again.for_connector(merged) or {}, merged.get(LISTENING) or {})

    def hear(
        self,
        account_id: str,
        hearing: Hearing,
        stop: threading.Event | None = None,
        settle: Callable[[Hearing], Hearing] | None = None,
    ) -> RunResult:
        """Archive what was pushed, and look at what it names; a sweep for what is new is due then, and what could not
        be looked at. That, and the place to listen on at, is kept in the same commit.

        Args:
            settle: what of it is left to do, told once nobody else can be at this account: another process may have
                archived it while we waited for that.

        Raises:
            As :meth:`run`. Nothing of it is archived then, and nothing lost: it is heard again from the last place.
        """
        with named_failures(self.spool.folder):
            self._require_whole_index()
            self._check_room()
            account = self.allowed(account_id)
            self.recovery.finish_own(account_id)
            with self.leases.held(account_id) as held:
                ended = threading.Event() if stop is None else stop
                hearing = hearing if settle is None else settle(hearing)
                result = self._carry_out(account, held, SweepKind.WATCH, hearing.trigger, ended, None, hearing)
            store_deltas(self.archive.database, self.archive.store)
        self.linking.brought(account_id)
        return result

    def deposit(
        self,
        account_id: str,
        paths: Sequence[Path],
        said: Said,
        actor: Actor = permission.OPERATOR,
        *,
        names: Mapping[Path, str] = MappingProxyType({}),
    ) -> list[Deposited]:
        """Keep files that somebody brought by hand, with who, when, why and where from. Those that are there already
        are named and not stored again. A paused account takes deposits too. ``names``: what files were called where
        they come from, where that is not what they are called here.

        Raises:
            Refused: the actor may not.
            NotFound: no such account, or the record the files are about is not one of its own.
            UsageError: no file was named, one cannot be read or changed meanwhile, or what is said to be public is
                not; nothing was stored.
            Busy, Overwrites: nothing was stored.
            OutOfSpace, SpoolError: nothing was stored; where there was no room left only for the segment, the files
                are safe in the spool, as below.
            StoreUnavailable, DatabaseUnavailable: the files are safe in the spool and are stored as soon as these
                answer.
        """
        with self.archive.database.read() as connection:
            about = permission.Resource("account", account_id)
            permission.require_permission(Deed.DEPOSIT.value, about, actor, connection)
        if not paths:
            raise UsageError("name at least one file to deposit")
        with named_failures(self.spool.folder):
            self._require_whole_index()
            self._check_room()
            self.write_once.require()
            self._require_record(account_id, said)
            register.settle_owner(self.archive, account_id)
            account = self.account(account_id)
            self.recovery.finish_own(account_id)
            with self.leases.held(account_id) as held:
                acting = Depositing(
                    self.archive, self.spool, self.pending, self.committer, account, held, self.recovery.leave, names
                )
                done = acting.carry_out(paths, said, actor)
            store_deltas(self.archive.database, self.archive.store)
        return done

    def _carry_out(
        self,
        account: Row[Any],
        held: Held,
        sweep: SweepKind,
        trigger: str,
        stop: threading.Event,
        progress: Watcher | None,
        hearing: Hearing | None = None,
    ) -> RunResult:
        under_way = UnderWay(
            self.archive,
            self.spool,
            self.pending,
            self.committer,
            self.fetcher,
            self.pacer,
            self.sessions,
            self.renewals,
            self.applications,
            account,
            held,
            self.recovery.leave,
            self.meter,
            self._scheduled.questions(account.id, sweep, trigger),
        )
        ended = under_way.carry_out(sweep, trigger, stop, progress, hearing)
        return RunResult(
            ended.run, account.id, ended.outcome, ended.reason, ended.counts, ended.started_at, ended.finished_at
        )

    def due(self, now: datetime) -> list[tuple[str, SweepKind]]:
        """Sweeps that are due, longest overdue first, at most one per account; without those that wait so that what
        their platform allows lasts."""
        self.meter.flush()
        return self._scheduled.due(now)

    def recover(self) -> RecoveryReport:
        """Finish what processes that died left behind. Before anything new is fetched: the platform may no longer
        have it.

        Raises:
            StoreUnavailable, DatabaseUnavailable, OutOfSpace, SpoolError: nothing is lost; the next call goes on.
            IntegrityError: the database is older than the store; nothing was written.
            Busy: the index is being made anew.
        """
        with named_failures(self.spool.folder):
            self._require_whole_index()
            require_current(self.archive.database, self.archive.store)
            report = self.recovery.recover()
            store_deltas(self.archive.database, self.archive.store)
        return report

    def take_over(self) -> None:
        """Finish what processes of this machine left that died since the last time, their holds on accounts included.
        What cannot be finished now waits for :meth:`flush`.

        Raises:
            As :meth:`flush`.
        """
        died = dead(self.spool.root, self._tried)
        if not died:
            return
        self._tried |= died
        with named_failures(self.spool.folder):
            self._require_whole_index()
            self.recovery.take_over()
            store_deltas(self.archive.database, self.archive.store)

    def flush(self, *, all: bool) -> None:
        """Finish what processes that died meanwhile, or failed runs of our own, left; then give waiting run records a
        segment: those past the longest age, or ``all``. Accounts that somebody is at wait for the next call.

        Raises:
            StoreUnavailable, DatabaseUnavailable, OutOfSpace, SpoolError: nothing is lost; the next call goes on.
        """
        age = timedelta(seconds=self.archive.settings.segment_age_seconds)
        before = None if all else self.archive.clock.now() - age
        with named_failures(self.spool.folder):
            self._require_whole_index()
            self.recovery.take_over()
            for account_id in self.recovery.unfinished():
                with suppress(Busy):
                    self.recovery.finish_own(account_id)
            for account_id in self.pending.due(before):
                with suppress(Busy), self.leases.held(account_id) as held:
                    self._flush(account_id, held)
            store_deltas(self.archive.database, self.archive.store)

    def close(self) -> None:
        """Flush and give the spool folder up, and with it any lease that could not be given back before.

        Raises:
            As :meth:`flush`; what could not be flushed is left to the next start.
        """
        try:
            self.meter.flush(force=True)
            self.flush(all=True)
            with named_failures(self.spool.folder):
                self.leases.free(self.leases.holder)
        finally:
            self.fetcher.close()
            self.linking.close()
            self.spool.close()

    def _flush(self, account_id: str, held: Held) -> None:
        parts = self.pending.of(account_id)
        if not parts:
            return
        account = self.account(account_id)
        identity = RunIdentity(ids.new_id("rn"), held.epoch, account_id, account.platform, "")
        batch = Batch(self.spool.folder, identity, 1, segment_terms(self.archive, account))
        try:
            at = self.archive.clock.now()
            finished = batch.seal(parts, at)
            stored = self.committer.put(self.spool.folder, finished)
            work = Work(account_id, identity.run, held.epoch, stored, (), (), at)
            self.committer.commit(held, work, release=True)
            batch.clear()
        except BaseException:
            batch.abandon()
            self.recovery.leave(account_id, batch.stem)
            raise
        self.pending.done(parts)

    def _require_whole_index(self) -> None:
        """What is not in the index yet would look as if nobody had ever seen it."""
        with self.archive.database.read() as connection:
            require_whole_index(connection)

    def _check_room(self) -> None:
        reserve = self.archive.settings.disk_reserve_percent / 100
        if self.spool.free_share() < reserve:
            raise OutOfSpace(
                f"less than {reserve:.0%} of the disk of {self.spool.root} is free: capturing waits until there is room"
            )

    def _require_record(self, account_id: str, said: Said) -> None:
        if said.record is None:
            return
        query = select(Record.access).where(Record.id == said.record, Record.account_id == account_id)
        with self.archive.database.read() as connection:
            access = connection.execute(query).scalar()
        if access is None:
            raise NotFound("this account has no such record; `archiver search` shows them with their ids")
        if said.public and access != AccessClass.PUBLIC:
            raise UsageError("this record is not public, so neither is what is said about it: leave out --public")

    def allowed(self, account_id: str) -> Row[Any]:
        """An account's row, with whose it is today, where it may be captured (law R5).

        Raises:
            NotFound: no such account.
            Refused: the register lists it as one that is never captured.
        """
        register.require_allowed(self.archive, account_id)
        return self.account(account_id)  # whose it is may just have changed

    def account(self, account_id: str) -> Row[Any]:
        """An account's row of the register.

        Raises:
            NotFound: there is none.
        """
        with self.archive.database.read() as connection:
            row = connection.execute(select(Account.__table__).where(Account.id == account_id)).one_or_none()
        if row is None:
            raise NotFound(f"no account {account_id}; `archiver account list` shows them")
        return row
