"""The exchanges of a run that died, read, chosen and sealed as the run itself would have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from archiver import logs
from archiver.capture.asking import understand_wire
from archiver.capture.batch import Batch, Entry, FinishedSegment
from archiver.capture.deposits import DEPOSIT, is_last
from archiver.capture.facts import Taken
from archiver.capture.fetching import ANOTHER, TOO_LARGE, is_another, set_aside, too_large
from archiver.capture.leftovers import Leftover
from archiver.capture.outcomes import RunOutcome
from archiver.capture.parts import MediumOutcome, Part
from archiver.capture.reading import REDIRECT, is_passing
from archiver.capture.run import RunState
from archiver.capture.seen import Seen
from archiver.capture.spool import Spool
from connectors.contract import Connector, Problem, ProblemKind, Reading

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
_NO_ANSWER = "nothing came before the process ended"


@dataclass(slots=True)
class Rereading:
    """Chooses again for one batch that has no choice. Once."""

    archive: Archive
    spool: Spool
    left: Leftover
    part: int
    """Number of the part of its run's record that it makes."""
    at: datetime | None = None
    """When it was sealed."""
    parts: Sequence[Part] = ()
    entries: Sequence[Entry] = ()
    _state: RunState = field(init=False)
    _seen: Seen = field(init=False)
    _hops: dict[int, Taken] = field(default_factory=dict)
    """Redirects by ordinal: each is kept with the answer it led to, as in a run."""
    _followed: set[int | None] = field(default_factory=set)
    """Ordinals of redirects that led to something."""
    _whole: bool = False
    """All files that were deposited together are there."""

    def perform(self) -> list[FinishedSegment]:
        """Seal the batch beside its frames. The run ends here, *interrupted*; *complete* where all that somebody
        deposited is there.

        Raises:
            SpoolError, OutOfSpace, StoreUnavailable: the disk does not take it.
        """
        terms = self.left.terms
        assert terms is not None
        batch = Batch(self.left.folder, terms.identity, self.left.part, terms.segments)
        self._state = RunState(terms, self.spool, batch, None, part=self.part)
        self._seen = Seen(self.archive.database, terms.identity.account, terms.identity.run, terms.started_at)
        try:
            through = self._choose()
            self.at = at = self.archive.clock.now()
            self.parts = self._state.parts(at, through, (RunOutcome.COMPLETE.value, None) if self._whole else None)
            finished = batch.seal(self.parts, at)
        except BaseException:
            batch.abandon()
            raise
        self.entries = batch.entries
        return finished

    def _choose(self) -> int:
        """Choose among the exchanges; the ordinal after the last."""
        assert self.left.terms is not None
        through = 0
        for taken in self.left.spooled():
            through = taken.ordinal + 1
            if taken.ask.purpose == DEPOSIT:  # nobody was asked for it, and no connector has to know its platform
                self._state.store([taken])
                self._state.count("deposited")
                self._whole = is_last(taken.ask)
                continue
            connector = self.archive.platforms.connector(self.left.terms.identity.platform)
            self._followed.add(taken.follows)
            self._state.tally.asked(taken.ask.purpose, taken.wire.no_answer or taken.wire.status)
            if taken.ask.purpose == REDIRECT:
                self._hops[taken.ordinal] = taken
            elif taken.medium is not None:
                self._medium(taken, connector)
            else:
                self._answer(replace(taken, reading=understand_wire(connector, taken.ask, taken.wire)))
        self._keep_hops()
        return through

    def _answer(self, taken: Taken) -> None:
        choice = self._seen.choose(taken, taken.reading).choice
        if choice.store or taken.control_of is not None:
            self._state.store([*self._led_by(taken), taken])
            self._state.tally_of(taken.ask.access).drift.update(self._seen.new_drift(taken.reading))
            self._seen.stored(taken, taken.reading)
        else:
            at, tally = taken.wire.received_at, self._state.tally_of(taken.ask.access)
            tally.seen_again(choice, at)
            recounted = self._seen.recount(taken.reading).items()
            tally.counted += [(key, number, at) for key, number in sorted(recounted) if self._seen.knows(key)]

    def _medium(self, taken: Taken, connector: Connector) -> None:
        assert taken.medium is not None
        if taken.wire.truncated == TOO_LARGE:
            limit = self.archive.settings.media_bytes
            outcome = MediumOutcome(taken.medium.id, "too_large", too_large(limit))
            self._state.tally_of(taken.ask.access).media.append(outcome)
        elif taken.wire.truncated is not None or is_passing(taken.wire.status) or not self._has_body(taken):
            return
        elif is_another(connector, taken):
            outcome = MediumOutcome(taken.medium.id, "refused", ANOTHER)
            self._state.tally_of(taken.ask.access).media.append(outcome)
            self._state.store([*self._led_by(taken), set_aside(taken)])
        else:
            self._state.store([*self._led_by(taken), taken])

    def _keep_hops(self) -> None:
        """Redirects after which nothing came are kept with that as their problem."""
        for last in [hop for hop in self._hops.values() if hop.ordinal not in self._followed]:
            unanswered = replace(last, reading=Reading(problem=Problem(ProblemKind.TRANSIENT, _NO_ANSWER)))
            if not self._seen.has_problem(unanswered, unanswered.reading):
                self._state.store([*self._led_by(last), unanswered])
                self._seen.stored(unanswered, unanswered.reading)

    def _has_body(self, taken: Taken) -> bool:
        """A file that is gone from the spool is fetched again by a later run."""
        body = taken.wire.body_file
        if body is None or body.path.exists():
            return True
        _log.error("spool.body_missing", file=body.path.name)
        return False

    def _led_by(self, taken: Taken) -> list[Taken]:
        hops: list[Taken] = []
        ordinal = taken.follows
        while ordinal is not None and (hop := self._hops.get(ordinal)) is not None:
            hops.insert(0, hop)
            ordinal = hop.follows
        return hops
