"""One run between its lease and its last commit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row

from archiver import ids
from archiver.accounts.app_tokens import AppTokens
from archiver.accounts.renewing import Renewals
from archiver.capture import due, rounds, watching
from archiver.capture.asking import Asker, Stopped
from archiver.capture.batch import Batch
from archiver.capture.commit import exchange_row
from archiver.capture.commitments import Commitments
from archiver.capture.committer import Committer, Work
from archiver.capture.facts import RunIdentity, Taken
from archiver.capture.fetching import FileFetcher, WantedFile, postponed_files
from archiver.capture.leases import Held, StaleLease
from archiver.capture.outcomes import RunOutcome
from archiver.capture.pacing import Pacer
from archiver.capture.pending import Pending
from archiver.capture.pushed import Hearing
from archiver.capture.rounds import Round
from archiver.capture.run import RunState, RunTerms, Watcher
from archiver.capture.run_rows import last_bookmarks
from archiver.capture.run_tokens import RunToken
from archiver.capture.seen import Seen
from archiver.capture.sessions import Sessions
from archiver.capture.signing import signing_of
from archiver.capture.spool import Spool
from archiver.capture.sweep import SweepRun
from archiver.capture.terms import about, account_ref, frozen_settings, said_before, segment_terms
from archiver.faults import crash_point
from archiver.http import Fetcher
from archiver.quota.meter import Meter, RunMeter
from connectors.contract import RecordRef, SignsIn, Sweep, SweepKind

if TYPE_CHECKING:
    from archiver.archive import Archive

Settle = Callable[[Connection], None]
_BATCH_EXCHANGES = 100
_FILES_WAITING = 200
"""A long sweep fetches files when so many wait: their addresses expire, and each waiting one takes memory."""
_BATCH_AGE = timedelta(minutes=1)
"""A long run is committed at least so often, so that what it found can be searched and its lease stays fresh."""


@dataclass(frozen=True, slots=True)
class Ended:
    run: str
    outcome: RunOutcome
    reason: str | None
    counts: dict[str, int]
    started_at: datetime
    finished_at: datetime


@dataclass(slots=True)
class UnderWay:
    """Carries out one run of one account whose lease is held."""

    archive: Archive
    spool: Spool
    pending: Pending
    committer: Committer
    fetcher: Fetcher
    pacer: Pacer
    sessions: Sessions
    renewals: Renewals
    applications: AppTokens
    account: Row[Any]
    held: Held
    leave: Callable[[str, str], None]
    """Told account and batch where the run could not be archived."""
    meter: Meter
    requests: int
    """Most questions of this run."""
    counts: dict[str, int] = field(default_factory=dict)
    _commitments: Commitments = field(default_factory=Commitments)
    _since: datetime = field(init=False)
    _state: RunState = field(init=False)
    _asker: Asker = field(init=False)
    _seen: Seen = field(init=False)
    _files: FileFetcher = field(init=False)
    _wanted: list[WantedFile] = field(default_factory=list)
    """Files that the sweep came upon and that are not fetched yet."""

    def carry_out(
        self,
        kind: SweepKind,
        trigger: str,
        stop: threading.Event,
        watch: Watcher | None,
        hearing: Hearing | None = None,
    ) -> Ended:
        """Take in what was pushed (``hearing``), sweep, fetch files, commit. What was pushed is a reason to look: the
        sweep is then at what it names.

        Raises:
            ArchiverError: the run could not be archived; what was captured stays in the spool for recovery.
        """
        self._prepare(kind, trigger, stop)
        sweep = self._sweep(kind, watch, hearing)
        try:
            if hearing is not None:
                sweep.hear(hearing)
                if hearing.listens:
                    self._state.listened(hearing.bookmark())
            outcome, reason = sweep.perform()
            if outcome is not RunOutcome.INTERRUPTED:
                outcome, reason = self._last_files(outcome, reason)
            at = self.archive.clock.now()
            self._finish(sweep, outcome, reason, at, hearing)
            if sweep.expired is None and self._asker.tokens is not None:
                self._asker.tokens.settle()
            if hearing is None and outcome is not RunOutcome.INTERRUPTED and self._asker.meter is not None:
                self.meter.ran(self.account.id, kind, self._asker.meter.spent)
        except BaseException:
            self._state.batch.abandon()
            self.leave(self.account.id, self._state.batch.stem)
            raise
        finally:
            self._commitments.close()
        return Ended(self._state.terms.identity.run, outcome, reason, self.counts, self._since_start(), at)

    # Setting up

    def _prepare(self, kind: SweepKind, trigger: str, stop: threading.Event) -> None:
        archive, account = self.archive, self.account
        connector = archive.platforms.connector(account.platform)
        tokens = RunToken.open(self.renewals, account)
        token = tokens.token
        now = archive.clock.now()
        identity = RunIdentity(ids.new_id("rn"), self.held.epoch, account.id, account.platform, connector.version)
        settings_hash, frozen = frozen_settings(archive, account)
        with archive.database.read() as connection:
            used, said = said_before(connection, account, settings_hash)
            bookmarks = last_bookmarks(connection, account.id, self.held.epoch)
        terms = RunTerms(
            identity=identity,
            sweep=kind,
            trigger=trigger,
            started_at=now,
            every=archive.settings.sweep_new_seconds,
            settings_hash=settings_hash,
            frozen=None if used else frozen,
            about=None if said else about(account),
            segments=segment_terms(archive, account),
        )
        batch = Batch(self.spool.folder, identity, 1, terms.segments, self._commitments)
        self._since = now
        self._state = RunState(terms, self.spool, batch, bookmarks)
        self._seen = Seen(archive.database, account.id, identity.run, now)
        signing = signing_of(connector, account.url, token)
        owned = token is not None if signing is None else signing.signature.speaks_for_owner
        alone = owned and self.applications.possible(connector, account.url)
        reference = account_ref(account, connector, authorised=owned, as_application=alone)
        session = self.sessions.session(connector, reference, token, self._state.bookmark or {})
        if session is None and isinstance(connector, SignsIn):
            token, reference = None, replace(reference, authorised=False)
        self._asker = Asker(
            connector,
            reference,
            self.fetcher,
            self.pacer,
            stop,
            self._spool,
            lambda purpose, status: self._state.tally.asked(purpose, status),
            token,
            archive.settings.request_attempts,
            archive.settings.answer_bytes,
            session=session,
            signing=signing,
            tokens=tokens,
            applications=self.applications,
            meter=RunMeter(self.meter, account.platform),
        )
        self._files = FileFetcher(self._asker, self._state, archive.settings.media_bytes, self.requests)

    def _sweep(self, kind: SweepKind, watch: Watcher | None, hearing: Hearing | None) -> SweepRun:
        round, threads = self._what_for(kind) if hearing is None else (None, self._named(hearing))
        return SweepRun(
            self._asker.connector,
            self._asker.account,
            Sweep(kind, self._since, threads),
            self._asker,
            self._state,
            self._seen,
            self.archive.clock,
            self.requests,
            self._due_in_sweep,
            self._checkpoint_in_sweep,
            timedelta(seconds=self.archive.settings.sweep_full_seconds),
            round,
            watch,
            wanted=self._wanted,
        )

    def _named(self, hearing: Hearing) -> list[RecordRef]:
        """Known threads that were named; beyond the usual number of them they are due after this run."""
        return self._seen.refs(hearing.threads)[: self.archive.settings.watch_threads]

    def _what_for(self, kind: SweepKind) -> tuple[Round | None, list[RecordRef]]:
        """Of a full sweep, what earlier runs left of it; and known threads to look at."""
        if kind is SweepKind.NEW:
            return None, []
        with self.archive.database.read() as connection:
            if kind is SweepKind.WATCH:
                return None, watching.threads(connection, self.account.id, self.archive.settings, self._since)
            begun = rounds.begun(self._state.bookmarks or {}, self._since)
            found = watching.round_of(connection, self.account.id, begun)
            return found, watching.for_round(connection, self.account.id, found)

    def _since_start(self) -> datetime:
        return self._state.terms.started_at

    def _spool(self, taken: Taken) -> None:
        self._state.batch.spool(taken, self._state.terms.to_json)
        crash_point("run.captured")

    # Committing

    def _due(self) -> bool:
        """Whether there is much to commit, or it is old."""
        batch = self._state.batch
        if self.archive.clock.now() - self._since > _BATCH_AGE:
            return True
        largest = self.archive.settings.segment_bytes
        return batch.stored >= _BATCH_EXCHANGES or batch.size >= largest or batch.held >= largest

    def _checkpoint(self) -> None:
        if self._due():
            self._commit(None, self.archive.clock.now())

    def _due_in_sweep(self) -> bool:
        """As :meth:`_due`, and also where many files wait: like a commit they take their turn between two pages, with
        nothing asked ahead."""
        return len(self._wanted) >= _FILES_WAITING or self._due()

    def _checkpoint_in_sweep(self) -> None:
        if len(self._wanted) >= _FILES_WAITING:
            self._fetch_wanted()
        self._checkpoint()

    def _fetch_wanted(self) -> None:
        wanted = list(self._wanted)
        self._wanted.clear()
        self._files.fetch_all(wanted, self._checkpoint)

    def _last_files(self, outcome: RunOutcome, reason: str | None) -> tuple[RunOutcome, str | None]:
        """What still waits, then what earlier runs left: the addresses of those seen now expire first."""
        try:
            self._fetch_wanted()
            now = self.archive.clock.now()
            left = postponed_files(self.archive.database, self.account.id, self._seen.addresses, now)
            self._files.fetch_all(left, self._checkpoint)
        except Stopped:
            return RunOutcome.INTERRUPTED, "the service was stopped"
        if outcome is RunOutcome.UNCHANGED and self._stored():
            return RunOutcome.COMPLETE, None
        return outcome, reason

    def _stored(self) -> bool:
        return bool(self.counts.get("exchanges") or self._state.counts.get("exchanges"))

    def _finish(
        self, sweep: SweepRun, outcome: RunOutcome, reason: str | None, at: datetime, hearing: Hearing | None
    ) -> None:
        settings, began = self.archive.settings, self._since_start()
        ended = due.Ended(sweep.sweep.kind, outcome, began, at, goes_on=sweep.goes_on_soon)
        heard = None if hearing is None else due.Heard(bool(hearing.frames or hearing.again), hearing.threads)
        settle = due.after_run(self.account.id, ended, sweep.looked, settings, sweep.recounted, heard)
        if self._state.batch.stored or self._state.part > 1:
            self._commit((outcome.value, reason), at, settle)
        else:
            self._commit_quiet((outcome.value, reason), at, settle)

    def _commit(self, outcome: tuple[str, str | None] | None, at: datetime, settle: Settle | None = None) -> None:
        state, batch = self._state, self._state.batch
        waiting = self.pending.of(self.account.id)
        parts = state.parts(at, self._asker.ordinal, outcome)
        finished = batch.seal([*waiting, *parts], at)
        stored = self.committer.put(self.spool.folder, finished)
        rows = [exchange_row(entry) for entry in batch.entries]
        work = Work(self.account.id, state.terms.identity.run, self.held.epoch, stored, rows, parts, at)
        self.meter.flush()
        helper = self._commitments.helper
        self.committer.commit(self.held, work, release=outcome is not None, settle=settle, helper=helper)
        batch.clear()
        self.pending.done(waiting)
        self._next(outcome)

    def _commit_quiet(self, outcome: tuple[str, str | None], at: datetime, settle: Settle) -> None:
        """Nothing was stored: the run record waits for the account's next segment; its rows are written at once."""
        parts = self._state.parts(at, self._asker.ordinal, outcome)
        self.pending.add(parts)
        work = Work(self.account.id, self._state.terms.identity.run, self.held.epoch, (), (), parts, at)
        try:
            self.committer.commit(self.held, work, release=True, settle=settle)
        except StaleLease:
            self.pending.done(parts)  # refused for certain; after any other error it is looked up
            raise
        self.pending.settle(parts)
        self._state.batch.clear()
        self._next(outcome)

    def _next(self, outcome: tuple[str, str | None] | None) -> None:
        for name, amount in self._state.counts.items():
            self.counts[name] = self.counts.get(name, 0) + amount
        if outcome is None:
            self._state.next_batch()
            self._seen.committed()
            self._since = self.archive.clock.now()
