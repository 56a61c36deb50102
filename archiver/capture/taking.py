"""What becomes of the answers of a sweep: what is news is kept, of the rest it is noted what it repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from archiver.capture.asking import Asked
from archiver.capture.facts import Taken
from archiver.capture.fetching import WantedFile, wanted_files
from archiver.capture.listings import reason_of, thread_of
from archiver.capture.run import RunState
from archiver.capture.seen import Seen
from archiver.capture.watching import Looked
from archiver.records import numbers
from connectors.contract import AccountRef, ProblemKind, Reading, Sweep, SweepKind

_AWAY = (ProblemKind.DEACTIVATED, ProblemKind.TAKEN_DOWN)


@dataclass(slots=True)
class Taking:
    """Takes the answers of one sweep."""

    account: AccountRef
    sweep: Sweep
    state: RunState
    seen: Seen
    wanted: list[WantedFile] = field(default_factory=list)
    away: str | None = None
    """Why the account itself is not there: switched off or taken down, in the platform's own words."""
    looked: dict[str, Looked] = field(default_factory=dict)
    """Threads that were looked at, by the key of their first record."""
    recounted: set[str] = field(default_factory=set)
    """Known records under which the platform counts another number than before."""

    def take(self, asked: Asked, keep: bool = False) -> bool:
        """Keep an answer, or note what it repeats. True where it brought anything."""
        if asked.problem is not None and asked.problem.kind in _AWAY:
            self.away = self.away or reason_of(asked.problem)
        if asked.answer is None:
            self._keep_hops(asked)
            return False
        taken, reading = asked.answer, asked.reading
        if asked.answer.wire.status == 304 and not keep:
            return False
        taking = self.seen.choose(taken, reading)
        choice = taking.choice
        self._note_threads(taken, stored=choice.store)
        recounted = self.seen.recount(reading)
        self.recounted.update(key for key in recounted if self.seen.knows(key))
        if not (choice.store or keep):
            self.state.tally_of(taken.ask.access).seen_again(choice, taken.wire.received_at)
            self._note_numbers(taken, recounted)
            return False
        self._store([*asked.hops, taken])
        self.state.tally_of(taken.ask.access).drift.update(self.seen.new_drift(reading))
        self.seen.stored(taken, reading)
        self.wanted.extend(wanted_files(self.account.id, taken, taking.new_media))
        return choice.store

    def _note_numbers(self, taken: Taken, recounted: Mapping[str, int]) -> None:
        """Of an answer that is not stored: what the platform counts under records, where that is news; of a thread that
        a watch sweep is at, always, for then it is known how old the number is."""
        told = dict(recounted)
        if self.sweep.kind is SweepKind.WATCH:
            of_threads = numbers.told(taken.reading)
            told |= {key: of_threads[key] for key in _threads_of(taken) if key in of_threads}
        tally = self.state.tally_of(taken.ask.access)
        tally.counted += [(key, told[key], taken.wire.received_at) for key in sorted(told) if self.seen.knows(key)]

    def _keep_hops(self, asked: Asked) -> None:
        """Redirects that led to no answer are kept with the problem that they led to."""
        if not asked.hops:
            return
        *before, last = asked.hops
        last = replace(last, reading=Reading(problem=asked.problem))
        if not self.seen.has_problem(last, last.reading):
            self._store([*before, last])
            self.seen.stored(last, last.reading)

    def _note_threads(self, taken: Taken, *, stored: bool) -> None:
        for key in _threads_of(taken):
            self.looked.setdefault(key, Looked()).note(taken.wire.body_size, stored=stored)

    def _store(self, taken: list[Taken]) -> None:
        self.state.store(taken)
        self.state.count("exchanges", len(taken))


def _threads_of(taken: Taken) -> set[str]:
    """First records of the threads that an answer is a look at."""
    listing = taken.ask.listing
    named = thread_of(listing) if listing is not None else None
    if listing is not None and named is None:
        return set()
    first = {record.thread or record.key for record in taken.reading.records}
    return (first if len(first) == 1 else set()) | ({named} if named is not None else set())
