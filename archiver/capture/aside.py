"""A run that stores what was made or asked beside the sweeps of an account: pictures, where short links lead.

It looks at nothing, so no gap, no coverage and no state follows from it. What goes into it was had while nobody was
kept from the account; only storing takes the lease. What was had and not stored when a process ended is had again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from archiver import ids
from archiver.capture.batch import Batch
from archiver.capture.commit import exchange_row
from archiver.capture.commitments import Commitments
from archiver.capture.committer import Committer, Work
from archiver.capture.facts import RunIdentity, Taken
from archiver.capture.failures import named_failures
from archiver.capture.leases import Held, Leases
from archiver.capture.outcomes import RunOutcome
from archiver.capture.run import RunState, RunTerms
from archiver.capture.spool import Spool
from archiver.capture.terms import about, frozen_settings, said_before, segment_terms
from archiver.evidence.deltas import store_deltas
from connectors.contract import SweepKind

if TYPE_CHECKING:
    from archiver.archive import Archive


@dataclass(slots=True)
class Aside:
    """Stores such runs, for one archive and one process."""

    archive: Archive
    spool: Spool
    leases: Leases
    committer: Committer
    leave: Callable[[str, str], None]
    """Told account and batch where what is in it could not be archived."""

    def store(
        self,
        account: Row[Any],
        trigger: str,
        begun: datetime,
        taken: Iterable[Taken],
        say: Callable[[RunState], None],
    ) -> None:
        """Store exchanges, numbered from 0, in a run of their own; ``say`` what else its record is to say.

        Raises:
            Busy: somebody is at the account; nothing was stored.
            ArchiverError: it could not be stored; what is safe in the spool is finished later.
        """
        with named_failures(self.spool.folder):
            with self.leases.held(account.id) as held:
                self._commit(account, held, trigger, begun, list(taken), say)
            store_deltas(self.archive.database, self.archive.store)

    def _commit(
        self,
        account: Row[Any],
        held: Held,
        trigger: str,
        begun: datetime,
        taken: list[Taken],
        say: Callable[[RunState], None],
    ) -> None:
        state = self._state(account, held, trigger, begun)
        batch = state.batch
        try:
            state.store(taken)
            say(state)
            at = self.archive.clock.now()
            parts = state.parts(at, len(taken), (RunOutcome.COMPLETE.value, None))
            finished = batch.seal(parts, at)
            stored = self.committer.put(self.spool.folder, finished)
            rows = [exchange_row(entry) for entry in batch.entries]
            work = Work(account.id, state.terms.identity.run, held.epoch, stored, rows, parts, at)
            self.committer.commit(held, work, release=True)
            batch.clear()
        except BaseException:
            batch.abandon()
            self.leave(account.id, batch.stem)
            raise

    def _state(self, account: Row[Any], held: Held, trigger: str, begun: datetime) -> RunState:
        archive = self.archive
        connector = archive.platforms.connector(account.platform)
        identity = RunIdentity(ids.new_id("rn"), held.epoch, account.id, account.platform, connector.version)
        settings_hash, frozen = frozen_settings(archive, account)
        with archive.database.read() as connection:
            used, said = said_before(connection, account, settings_hash)
        terms = RunTerms(
            identity=identity,
            sweep=SweepKind.NEW,
            trigger=trigger,
            started_at=begun,
            every=archive.settings.sweep_new_seconds,
            settings_hash=settings_hash,
            frozen=None if used else frozen,
            about=None if said else about(account),
            segments=segment_terms(archive, account),
        )
        batch = Batch(self.spool.folder, identity, 1, terms.segments, Commitments(None))
        return RunState(terms, self.spool, batch, None)
