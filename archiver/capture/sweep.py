"""One sweep of one account: asks in order, takes what comes, and concludes only what was seen."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from archiver.capture import again
from archiver.capture.again import Again
from archiver.capture.ahead import Ahead
from archiver.capture.asking import Asked, Asker, Stopped
from archiver.capture.facts import Taken
from archiver.capture.fetching import WantedFile, wanted_files
from archiver.capture.listings import PAGE_LIMIT, REPEATED, Listing, Listings, reason_of, thread_of
from archiver.capture.looks import Looks
from archiver.capture.outcomes import RunOutcome, judge
from archiver.capture.run import Progress, RunState, Watcher
from archiver.capture.seen import Seen
from archiver.capture.watching import Looked
from archiver.clock import Clock
from connectors.contract import AccountRef, Ask, Connector, ProblemKind, Reading, Sweep, SweepKind


@dataclass(frozen=True, slots=True)
class _Question:
    """An ask in its turn."""

    ask: Ask
    tries: int | None = None
    """How many runs have put it in vain, where it followed from an answer. None: each run asks it by itself."""
    first: bool = False
    """Asked on its own account, not because of what another answer of this run showed."""


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
    looks: Looks = field(init=False)
    expired: str | None = None
    """Why nothing more is asked signed in: asking on makes it worse."""
    looked: dict[str, Looked] = field(default_factory=dict)
    """Threads that were looked at, by the key of their first record."""
    _waiting: list[Again] = field(default_factory=list)
    """Left by earlier runs, and not put yet."""
    _left: list[Again] = field(default_factory=list)
    """Put in vain by this run."""
    _told: float = 0.0

    def __post_init__(self) -> None:
        self.ahead = Ahead(self.asker)
        self.looks = Looks(
            self.connector,
            self.account,
            self.asker,
            self.state,
            self.seen,
            self.listings,
            self._put,
            self._take,
            self._follow,
        )

    def perform(self) -> tuple[RunOutcome, str | None]:
        """Ask everything, then look directly at what was missing. The outcome and its reason.

        Raises:
            SpoolError, OutOfSpace, StaleLease: the run cannot go on; what was captured stays in the spool.
        """
        stopped = False
        try:
            self._begin()
            self.looks.at_missing(full=self.sweep.kind is SweepKind.FULL)
        except Stopped:
            stopped = True
        finally:
            for asked in self.ahead.close():
                self._take(asked)
        self._cover()
        stored = self.state.counts.get("exchanges", 0)
        lists = self.listings.by_name.values()
        fatal = self.expired or self.looks.account_gone
        return judge(lists, stored=stored, suspicious=self.looks.suspicious, stopped=stopped, fatal=fatal)

    def _begin(self) -> None:
        bookmarks = (self.state.bookmarks or {}).values()
        self._waiting = [one for bookmark in bookmarks for one in again.waiting(bookmark)]
        bookmark = again.for_connector(self.state.bookmark)
        first = [_Question(ask, first=True) for ask in self.connector.begin(self.account, self.sweep, bookmark)]
        self._pages([*(_Question(one.ask, one.tries, first=True) for one in self._waiting), *first])

    def _pages(self, questions: Iterable[_Question]) -> None:
        queue = deque(questions)
        while queue:
            question = queue.popleft()
            asked = self._put(question.ask, first=question.first)
            if asked is not None:
                self._waiting = [one for one in self._waiting if one.ask != question.ask]
                self._page(question, asked, queue)
            elif question.tries == 0 and self._hindrance(question.ask) == self.expired is not None:
                self._left.append(Again(question.ask))
            if not self.ahead.under_way:
                self.checkpoint()

    def _put(self, ask: Ask, *, first: bool = False) -> Asked | None:
        """Put a question, unless it was put before, or must not be put (any more) in this run."""
        listing = self.listings.of(ask)
        listing.first |= first
        hindrance = self._hindrance(ask)
        if hindrance is not None:
            listing.fail(hindrance)
        elif not self.listings.repeats(ask):
            self._tell(ask.purpose)
            return self.ahead.answer(ask)
        return None

    def _hindrance(self, ask: Ask) -> str | None:
        if self.asker.ordinal >= self.requests and not self.ahead.has_begun(ask):
            return PAGE_LIMIT
        return self.expired if ask.authorise != "never" else None

    def _page(self, question: _Question, asked: Asked, queue: deque[_Question]) -> None:
        ask, listing = question.ask, self.listings.of(question.ask)
        if self.sweep.kind is SweepKind.FULL and not self.due() and self.asker.ordinal < self.requests:
            # The next page comes while this one is taken in. Never across a commit: what is asked ahead is spooled
            # in the batch that is open now, and must be taken before that batch is cleared.
            following = asked.reading.next_page
            if following is not None and asked.problem is None and not self.listings.asked(following):
                self.ahead.begin(following)
        news = self._take(asked)
        status = asked.answer.wire.status if asked.answer else None
        listing.page(ask, asked.reading, not_modified=status == 304)
        self._judge_problem(question, asked)
        if ask.context.get("look"):
            self.looks.judge([asked])
        reading = asked.reading
        if reading.bookmark is not None and asked.problem is None:
            self.state.mark(ask.access, reading.bookmark)
        if reading.next_page is not None:
            if self.listings.asked(reading.next_page):
                listing.fail(REPEATED)
            elif self._at_what_is_known(listing, reading, news=news):
                listing.stopped = True
            else:
                queue.appendleft(_Question(reading.next_page, question.tries, question.first))
        queue.extend(_Question(following, tries=0) for following in reading.asks)

    def _at_what_is_known(self, listing: Listing, reading: Reading, *, news: bool) -> bool:
        """A sweep for what is new goes no further once a page brings nothing that was not known when the list was last
        looked at completely: pages known from a run that was cut short lie before what is still unknown. Not so where
        the connector keeps its own place page by page."""
        if self.sweep.kind is not SweepKind.NEW or news or not reading.records or reading.bookmark is not None:
            return False
        return self.seen.known_since(listing.name, {record.key for record in reading.records})

    def _take(self, asked: Asked, keep: bool = False) -> bool:
        """Keep an answer, or note what it repeats. True where it brought anything."""
        if asked.answer is None:
            self._keep_hops(asked)
            return False
        taken, reading = asked.answer, asked.reading
        if asked.answer.wire.status == 304 and not keep:
            return False
        taking = self.seen.choose(taken, reading)
        choice = taking.choice
        self._note_threads(taken, stored=choice.store)
        if not (choice.store or keep):
            self.state.tally_of(taken.ask.access).seen_again(choice.same, taken.wire.received_at)
            return False
        self._store([*asked.hops, taken])
        self.state.tally_of(taken.ask.access).drift.update(self.seen.new_drift(reading))
        self.seen.stored(taken, reading)
        self.wanted.extend(wanted_files(self.account.id, taken, taking.new_media))
        return choice.store

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

    def _judge_problem(self, question: _Question, asked: Asked) -> None:
        problem = asked.problem
        if problem is None:
            return
        if problem.kind is ProblemKind.SIGN_IN_EXPIRED:
            self.expired = self.expired or reason_of(problem)
        if question.tries is not None and again.is_passing(problem.kind):
            self._left.append(Again(question.ask, question.tries + 1))

    def _follow(self, following: Iterable[Ask]) -> None:
        self._pages(_Question(ask, tries=0) for ask in following)

    # What is written down

    def _cover(self) -> None:
        self.state.leave([*self._left, *self._waiting])
        for listing in self.listings.by_name.values():
            if listing.worth_telling:
                self._tell_coverage(listing)
            thread = thread_of(listing.name)
            if thread is not None and listing.complete:
                self.looked.setdefault(thread, Looked()).through = True

    def _tell_coverage(self, listing: Listing) -> None:
        """In the part of its access class; where there is nothing to say that is not public anyway, in the public one,
        so that a quiet poll of a signed-in account leaves one part and not two."""
        last = self.seen.since(listing.name)
        covered = listing.covered(last, self.sweep.at)
        tally = self.state.tally_of(listing.access)
        at_rest = None if tally is self.state.tally else listing.at_rest(covered, last)
        (tally if at_rest is None else self.state.tally).covered.append(at_rest or covered)

    def _tell(self, doing: str) -> None:
        if self.watch is None or time.monotonic() - self._told < 0.1:
            return
        self._told = time.monotonic()
        counts = self.state.counts
        self.watch(Progress(self.account.id, self.asker.ordinal, self.seen.count, counts.get("exchanges", 0), doing))


def _threads_of(taken: Taken) -> set[str]:
    """First records of the threads that an answer is a look at."""
    listing = taken.ask.listing
    named = thread_of(listing) if listing is not None else None
    if listing is not None and named is None:
        return set()
    first = {record.thread or record.key for record in taken.reading.records}
    return (first if len(first) == 1 else set()) | ({named} if named is not None else set())
