"""One sweep of one account: asks in order, takes what comes, and concludes only what was seen."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from archiver import ids
from archiver.capture.ahead import Ahead
from archiver.capture.asking import Asked, Asker, Stopped
from archiver.capture.facts import Taken
from archiver.capture.fetching import WantedFile, wanted_files
from archiver.capture.listings import PAGE_LIMIT, REPEATED, Listing, Listings, reason_of
from archiver.capture.outcomes import RunOutcome, judge, public_name
from archiver.capture.parts import Concluded
from archiver.capture.run import Progress, RunState, Watcher
from archiver.capture.seen import Seen
from archiver.capture.watching import Looked
from archiver.clock import Clock
from connectors.contract import (
    AccountRef,
    Ask,
    Connector,
    Problem,
    ProblemKind,
    Reading,
    RecordRef,
    State,
    Sweep,
    SweepKind,
)

_FATAL = (ProblemKind.SIGN_IN_EXPIRED,)
_LOOKS = 500
"""Most direct looks of one run; the rest are looked at by the next."""
_CONTROL_LASTS = timedelta(minutes=1)
"""A control read speaks for looks that were answered so soon after it; a platform may break down in between."""


def _longest_unseen(ref: RecordRef) -> tuple[datetime, str]:
    """Those not seen for longest come first, so that every one of them has its turn."""
    return ref.seen_at or datetime.min.replace(tzinfo=UTC), ref.key


def _too_old(control: Asked, asked: Asked) -> bool:
    if control.answer is None or asked.answer is None:
        return False
    return asked.answer.wire.received_at - control.answer.wire.received_at > _CONTROL_LASTS


class _Fatal(Exception):  # noqa: N818
    """The account needs a person; asking on makes it worse."""


@dataclass(slots=True)
class SweepRun:
    """Carries out one sweep. ``checkpoint`` is called between pages and may commit what there is."""

    connector: Connector
    account: AccountRef
    sweep: Sweep
    asker: Asker
    state: RunState
    seen: Seen
    clock: Clock
    requests: int
    due: Callable[[], bool]
    """Whether a checkpoint would commit."""
    checkpoint: Callable[[], None]
    watch: Watcher | None = None
    ahead: Ahead = field(init=False)
    listings: Listings = field(default_factory=Listings)
    wanted: list[WantedFile] = field(default_factory=list)
    problem: Problem | None = None
    """What a person must know of the account, if anything."""
    suspicious: str | None = None
    looked: dict[str, Looked] = field(default_factory=dict)
    """Threads that were looked at, by the key of their first record."""
    _gone: list[Asked] = field(default_factory=list)
    _controls: dict[tuple[str, tuple[tuple[str, str], ...]], Asked] = field(default_factory=dict)
    _told: float = 0.0

    def __post_init__(self) -> None:
        self.ahead = Ahead(self.asker)

    def perform(self) -> tuple[RunOutcome, str | None]:
        """Ask everything, then look directly at what was missing. The outcome and its reason.

        Raises:
            SpoolError, OutOfSpace, StaleLease: the run cannot go on; what was captured stays in the spool.
        """
        stopped, fatal = False, None
        try:
            self._pages(self.connector.begin(self.account, self.sweep, self.state.bookmark or None))
            self._look_at_missing()
        except Stopped:
            stopped = True
        except _Fatal as error:
            fatal = str(error)
        finally:
            for asked in self.ahead.close():
                self._take(asked)
        self._cover()
        stored = self.state.counts.get("exchanges", 0)
        lists = self.listings.by_name.values()
        return judge(lists, stored=stored, suspicious=self.suspicious, stopped=stopped, fatal=fatal)

    def _pages(self, first: Iterable[Ask]) -> None:
        queue = deque(first)
        while queue:
            ask = queue.popleft()
            listing = self.listings.of(ask)
            if self.asker.ordinal >= self.requests and not self.ahead.has_begun(ask):
                listing.fail(PAGE_LIMIT)
            elif not self.listings.repeats(ask):
                self._page(ask, listing, queue)
                if not self.ahead.under_way:
                    self.checkpoint()

    def _page(self, ask: Ask, listing: Listing, queue: deque[Ask]) -> None:
        asked = self.ahead.answer(ask)
        if self.sweep.kind is SweepKind.FULL and not self.due() and self.asker.ordinal < self.requests:
            # The next page comes while this one is taken in. Never across a commit: what is asked ahead is spooled
            # in the batch that is open now, and must be taken before that batch is cleared.
            following = asked.reading.next_page
            if following is not None and asked.problem is None and not self.listings.asked(following):
                self.ahead.begin(following)
        news = self._take(asked)
        status = asked.answer.wire.status if asked.answer else None
        listing.page(ask, asked.reading, not_modified=status == 304)
        self._tell(ask.purpose)
        self._judge_problem(asked)
        reading = asked.reading
        if reading.bookmark is not None and asked.problem is None:
            self.state.bookmark.update(reading.bookmark)
        if reading.next_page is not None:
            if self.listings.asked(reading.next_page):
                listing.fail(REPEATED)
            elif self._at_what_is_known(listing, reading, news=news):
                listing.stopped = True
            else:
                queue.appendleft(reading.next_page)
        queue.extend(reading.asks)

    def _at_what_is_known(self, listing: Listing, reading: Reading, *, news: bool) -> bool:
        """A sweep for what is new goes no further once a page brings nothing that was not known when the list was last
        looked at completely: pages known from a run that was cut short lie before what is still unknown. Not so where
        the connector keeps its own place page by page."""
        if self.sweep.kind is not SweepKind.NEW or news or not reading.records or reading.bookmark is not None:
            return False
        return self.seen.known_since(listing.name, {record.key for record in reading.records})

    def _take(self, asked: Asked, *, keep: bool = False) -> bool:
        """Keep an answer, or note what it repeats. True where it brought anything."""
        if asked.answer is None:
            return False
        taken, reading = asked.answer, asked.reading
        if asked.answer.wire.status == 304 and not keep:
            return False
        taking = self.seen.choose(taken, reading)
        choice = taking.choice
        self._note_threads(taken, stored=choice.store)
        self.state.tally.drift.update(reading.drift)
        if not (choice.store or keep):
            self.state.tally_of(taken.ask.access).seen_again(choice.same, taken.wire.received_at)
            return False
        self._store([*asked.hops, taken])
        self.seen.stored(taken, reading)
        self.wanted.extend(wanted_files(self.account.id, taken, taking.new_media))
        return choice.store

    def _note_threads(self, taken: Taken, *, stored: bool) -> None:
        threads = {record.thread or record.key for record in taken.reading.records}
        if self.sweep.kind is SweepKind.WATCH and len(threads) == 1:
            self.looked.setdefault(threads.pop(), Looked()).note(taken.wire.body_size, stored=stored)

    def _store(self, taken: list[Taken]) -> None:
        self.state.store(taken)
        self.state.count("exchanges", len(taken))

    def _judge_problem(self, asked: Asked) -> None:
        problem = asked.problem
        if problem is None:
            return
        if problem.kind is ProblemKind.GONE and asked.answer is not None:
            self._gone.append(asked)
        else:
            self.problem = self.problem or problem
        if problem.kind in _FATAL:
            raise _Fatal(reason_of(problem))

    # What is missing

    def _look_at_missing(self) -> None:
        """Look directly at everything that should have been there and was not."""
        refs: dict[str, RecordRef] = {}
        for asked in self._gone:
            if asked.ask.context.get("look"):
                self._conclude(asked, asked.ask.context["look"])
            elif asked.ask.listing is not None:
                refs |= {ref.key: ref for ref in self.seen.expected(asked.ask.listing, None)}
        for listing in self.listings.by_name.values():
            refs |= self._missing_from(listing)
        looks = sorted(refs.values(), key=_longest_unseen)
        if len(looks) > _LOOKS:
            self.state.count("looks_left", len(looks) - _LOOKS)
        for ask in self.connector.look(self.account, looks[:_LOOKS]):
            self._look(ask)
            self.checkpoint()

    def _missing_from(self, listing: Listing) -> dict[str, RecordRef]:
        if not listing.nominates:
            return {}
        expected = {ref.key: ref for ref in self.seen.expected(listing.name, listing.since)}
        if expected and not listing.seen:
            self.suspicious = (
                f"{public_name(listing)} came back empty, but {len(expected)} records are known to be in it"
            )
            return {}
        return {key: ref for key, ref in expected.items() if key not in listing.seen}

    def _look(self, ask: Ask) -> None:
        if self.listings.repeats(ask):
            return
        asked = self.asker.ask(ask)
        keys = [key for key in ask.context.get("look", ()) if isinstance(key, str)]
        self.state.count("looks", len(keys))
        self._tell("look")
        if asked.answer is None:
            return
        kind = asked.problem.kind if asked.problem else None
        found = {record.key for record in asked.reading.records} | set(asked.reading.present)
        absent = [key for key in keys if key not in found]
        if absent and kind in (None, ProblemKind.GONE):
            self._conclude(asked, absent)
        if found or not absent or kind not in (None, ProblemKind.GONE):
            # What it shows of others counts, whatever becomes of those it does not show.
            self._take_once(asked)

    def _take_once(self, asked: Asked) -> None:
        if asked.answer is not None and not self.seen.is_stored(asked.answer.ordinal):
            self._take(asked)

    def _conclude(self, asked: Asked, keys: Iterable[str]) -> None:
        """Not returned: the platform says not found, and in the same run answers for something else of the account."""
        answer, control = asked.answer, self._control(asked)
        if answer is None or control is None or control.answer is None or control.problem is not None:
            self.state.count("looks_undecided")
            return
        missing = [key for key in keys if self.seen.is_visible(key)]
        if not missing:
            return
        for one in (asked, control):
            if one.answer is not None and not self.seen.is_stored(one.answer.ordinal):
                self._take(one, keep=True)
        run = self.state.terms.identity.run
        evidence = tuple(ids.exchange_id(run, one.ordinal) for one in (answer, control.answer))
        for key in missing:
            concluded = Concluded(key, State.NOT_RETURNED, answer.wire.received_at, evidence)
            self.state.tally_of(answer.ask.access).concluded.append(concluded)
            self.state.count("not_returned")
            self.seen.concluded(key, State.NOT_RETURNED)

    def _control(self, asked: Asked) -> Asked | None:
        ask = asked.ask.control
        if ask is None or asked.answer is None:
            return None
        known = self._controls.get((ask.url, ask.parameters))
        if known is None or _too_old(known, asked):
            known = self.asker.ask(replace(ask, control=None), control_of=asked.answer.ordinal)
            self._controls[ask.url, ask.parameters] = known
        return known

    # What is written down

    def _cover(self) -> None:
        for listing in self.listings.by_name.values():
            if listing.worth_telling:
                self.state.tally_of(listing.access).covered.append(listing.covered(self.seen.since(listing.name)))

    def _tell(self, doing: str) -> None:
        if self.watch is None or time.monotonic() - self._told < 0.1:
            return
        self._told = time.monotonic()
        counts = self.state.counts
        self.watch(Progress(self.account.id, self.asker.ordinal, self.seen.count, counts.get("exchanges", 0), doing))
