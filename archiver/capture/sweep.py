"""One sweep of one account: asks in order, takes what comes, and concludes only what was seen."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

from archiver.capture import again, rounds
from archiver.capture.again import Again
from archiver.capture.ahead import Ahead
from archiver.capture.asking import Asked, Asker, Stopped
from archiver.capture.facts import Taken
from archiver.capture.fetching import WantedFile, wanted_files
from archiver.capture.listings import (
    PAGE_LIMIT,
    REPEATED,
    STOPPED_RUN,
    Listing,
    Listings,
    name_of,
    reason_of,
    thread_of,
)
from archiver.capture.looks import Looks
from archiver.capture.outcomes import RunOutcome, judge
from archiver.capture.pushed import Hearing
from archiver.capture.rounds import Page, Round, Walk, unbroken
from archiver.capture.run import Progress, RunState, Watcher, home_of
from archiver.capture.seen import Seen
from archiver.capture.watching import Looked
from archiver.clock import Clock
from archiver.database import key_text
from archiver.records import numbers
from connectors.contract import (
    SIGN_IN_PROBLEMS,
    AccessClass,
    AccountRef,
    Ask,
    Connector,
    Problem,
    ProblemKind,
    Reading,
    Stream,
    Sweep,
    SweepKind,
)

_LOST_PLACE = (ProblemKind.GONE, ProblemKind.CONTRACT, ProblemKind.UNSUPPORTED)
"""What a platform may say of a page that it no longer knows: then the list is read from its beginning."""
BY_HAND = "person"
"""Trigger of a run that somebody began."""
_AWAY = (ProblemKind.DEACTIVATED, ProblemKind.TAKEN_DOWN)


@dataclass(frozen=True, slots=True)
class _Question:
    """An ask in its turn."""

    ask: Ask
    tries: int | None = None
    """How many runs have put it in vain, where it followed from an answer. None: each run asks it by itself."""
    first: bool = False
    """Asked on its own account, not because of what another answer of this run showed."""
    walk: Walk | None = None
    """The list that a full sweep goes through with it."""
    page: Page | None = None
    """Page of a list that it followed from, be it over others."""
    of: Listing | None = None
    """The thread that it followed from."""
    seam: tuple[str, ...] | None = None
    """What its page showed when an earlier run stopped at it."""
    again: bool = False
    """An earlier run put it in vain, or it is a page after such a one."""
    later: bool = False
    """It is a page after another one."""

    @property
    def follows(self) -> bool:
        """Whether no later run has a reason of its own to put it: it followed from an answer that is not asked for
        again."""
        return self.tries is not None and not self.first and not self.kept

    @property
    def kept(self) -> bool:
        """Whether what it followed from is looked at again as long as it was not put."""
        return self.page is not None or self.of is not None

    def await_its_turn(self) -> None:
        """What it followed from is not done before it was put."""
        if self.page is not None:
            self.page.waiting += 1
        if self.of is not None:
            self.of.waiting += 1

    def had_its_turn(self) -> None:
        """It was put, or there is no sense in it any more."""
        if self.page is not None:
            self.page.waiting -= 1
        if self.of is not None:
            self.of.waiting -= 1


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
    look_again_after: timedelta
    """Least time after which a record that has gone is looked for again."""
    round: Round | None = None
    """Of a full sweep: what earlier runs left of it."""
    watch: Watcher | None = None
    ahead: Ahead = field(init=False)
    listings: Listings = field(default_factory=Listings)
    wanted: list[WantedFile] = field(default_factory=list)
    looks: Looks = field(init=False)
    expired: str | None = None
    """Why nothing more is asked signed in: asking on makes it worse."""
    unvouched: str | None = None
    """Why nothing is asked signed in for now: the platform did not say whose token it is."""
    away: str | None = None
    """Why the account itself is not there: switched off or taken down, in the platform's own words."""
    looked: dict[str, Looked] = field(default_factory=dict)
    """Threads that were looked at, by the key of their first record."""
    recounted: set[str] = field(default_factory=set)
    """Known records under which the platform counts another number than before."""
    _waiting: list[Again] = field(default_factory=list)
    """Left by earlier runs, and not put yet."""
    _left: list[Again] = field(default_factory=list)
    """Put in vain by this run."""
    cut: str | None = None
    """Why not everything was asked that would have been: the next run goes on."""
    left_over: str | None = None
    """The same, where lists or threads were left, not only direct looks."""
    _walks: list[Walk] = field(default_factory=list)
    _told_threads: set[str] = field(default_factory=set)
    """Threads whose coverage a part of this run has told already."""
    _told: float = 0.0
    _too_long: Mapping[str, str] = field(default_factory=dict)
    """Lists that are not read now, and why; whoever has the account looked at by hand has them read."""

    def __post_init__(self) -> None:
        if self.state.terms.trigger != BY_HAND:
            self._too_long = self.seen.too_long()
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
            self.look_again_after,
        )

    @property
    def goes_on(self) -> bool:
        """Whether a full sweep is not done with this run."""
        return self.round is not None and self.cut is not None

    @property
    def goes_on_soon(self) -> bool:
        """The same, where nothing but the time was in the way."""
        return self.goes_on and rounds.is_left_over(self.cut)

    def perform(self) -> tuple[RunOutcome, str | None]:
        """Ask everything, then look directly at what was missing. The outcome and its reason.

        Raises:
            SpoolError, OutOfSpace, StaleLease: the run cannot go on; what was captured stays in the spool.
        """
        stopped = False
        try:
            self._begin()
            if self.away is None:  # what an account shows that is away says nothing of its records
                self.looks.at_missing(self.round)
        except Stopped:
            stopped = True
            self.cut = STOPPED_RUN
        finally:
            for asked in self.ahead.close():
                self._take(asked)
        self._cover()
        stored = self.state.counts.get("exchanges", 0)
        lists = self.listings.by_name.values()
        fatal = self.expired or self.away or self.looks.account_gone
        return judge(lists, stored=stored, suspicious=self.looks.suspicious, stopped=stopped, fatal=fatal)

    def hear(self, hearing: Hearing) -> None:
        """Take in what was pushed, in the order in which it came, before anything is asked. All of it is kept. Of what
        came without an order only the first words count, where nobody saw the record before."""
        listing = self._listened(hearing)
        seen_at = self.seen.last_seen(hearing.keys)
        told: set[str] = set()
        for pushed in hearing.frames:
            news = [key for key in pushed.news(seen_at) if pushed.heard.at is not None or key not in told]
            ask = hearing.asked(pushed, news)
            taken = self.asker.pushed(ask, pushed.wire(ask.url))
            told.update(record.key for record in taken.reading.records)
            self._take(Asked(ask, answer=taken, reading=taken.reading), keep=True)
            if listing is not None:
                listing.page(ask, taken.reading, not_modified=False)

    def _listened(self, hearing: Hearing) -> Listing | None:
        """The list that frames are; deliveries are none."""
        if not hearing.listens:
            return None
        listing = self.listings.of(hearing.ask)
        listing.first = listing.answered = listing.ended = True
        listing.since = hearing.since
        return listing

    def _begin(self) -> None:
        bookmarks = (self.state.bookmarks or {}).values()
        self._waiting = [one for bookmark in bookmarks for one in again.waiting(bookmark)]
        bookmark = again.for_connector(self.state.bookmark)
        first = [self._first(ask) for ask in self.connector.begin(self.account, self.sweep, bookmark)]
        waiting = [_Question(one.ask, one.tries, first=True, again=True) for one in self._waiting]
        begun = [question for question in first if question is not None]
        vouching = [one for one in begun if one.ask.context.get("vouches")]
        # Whose token it is comes before what an earlier run left, too: it may have been with another one.
        self._pages([*vouching, *waiting, *(one for one in begun if one not in vouching)])

    def _first(self, ask: Ask) -> _Question | None:
        """How a question is put that the sweep begins with; None: an earlier run of the round is through with it."""
        name = name_of(ask)
        if self.round is None or thread_of(name) is not None or ask.context.get("vouches"):
            return _Question(ask, first=True)
        if self.round.is_through(name):
            return None
        place = self.round.place(name, ask)
        walk = Walk(name, ask, resumed=place is not None)
        self._walks.append(walk)
        if place is None:
            return _Question(ask, first=True, walk=walk)
        return _Question(place.ask, first=True, walk=walk, seam=place.shown)

    # Questions in their turn

    def _pages(self, questions: Iterable[_Question]) -> None:
        queue = deque(questions)
        try:
            while queue:
                self._turn(queue[0], queue)
        except Stopped:
            for question in queue:
                self._not_reached(question, STOPPED_RUN)
            raise

    def _turn(self, question: _Question, queue: deque[_Question]) -> None:
        """Put the first question of the queue, and bring what follows from its answer into it."""
        put = self._may_put(question)
        asked = self._put(question.ask, question) if put else None
        queue.popleft()
        if asked is not None and self._is_put_off(asked):
            self.cut = self.left_over = self.left_over or reason_of(cast(Problem, asked.problem))
        elif put:
            question.had_its_turn()
        if asked is not None:
            self._waiting = [one for one in self._waiting if one.ask != question.ask]
            self._page(question, asked, queue)
        elif question.tries == 0 and self._left_unsigned(question.ask):
            self._left.append(Again(question.ask))
        if not self.ahead.under_way:
            if self.due():
                self._keep_place(queue)
            self.checkpoint()

    @staticmethod
    def _is_put_off(asked: Asked) -> bool:
        """Whether the platform is asked nothing more for now."""
        return asked.given_up or (asked.problem is not None and asked.problem.kind is ProblemKind.RATE)

    def _reached(self, question: _Question) -> bool:
        """Whether nothing but the limit of the run could have kept it from being put."""
        return self._hindrance(question.ask) != PAGE_LIMIT or self._was_put(question.ask, question)

    def _may_put(self, question: _Question) -> bool:
        """Whether the run has a question left for it. If not, it is left to the next."""
        if self._reached(question):
            return True
        self._not_reached(question, PAGE_LIMIT)
        return False

    def _not_reached(self, question: _Question, reason: str) -> None:
        """The run ends before it was put."""
        ask = question.ask
        self.cut = self.left_over = self.left_over or reason
        if question.of is not None:
            question.of.fail(reason)
        if question.tries == 0 and not question.kept:
            self._left.append(Again(ask))
        of_thread = thread_of(name_of(ask)) is not None or bool(ask.context.get("look"))
        if self.round is not None and of_thread and name_of(ask) not in self.listings.by_name:
            self.listings.threads(ask.stream, ask.access).fail(reason)  # one line for all of them
        elif not of_thread or reason != STOPPED_RUN:
            # (a thread that a run was stopped before stays due)
            self.listings.of(ask).fail(reason)

    def _was_put(self, ask: Ask, question: _Question | None) -> bool:
        """Whether there is no sense in putting it: another question of this run was the same. A page of a list that is
        read from its beginning is put for that list's sake, though it was where an earlier run had come to."""
        if question is not None and question.later:
            return self.listings.circles(ask, again=question.again)
        return self.listings.asked(ask)

    def _put(self, ask: Ask, question: _Question | None = None) -> Asked | None:
        """Put a question, unless it was put before, or must not be put (any more) in this run."""
        listing = self.listings.of(ask)
        listing.first |= question is not None and question.first
        hindrance = self._hindrance(ask)
        if self._was_put(ask, question):
            return None
        if hindrance is not None:
            if hindrance == PAGE_LIMIT:
                self.cut = self.cut or hindrance
            listing.fail(hindrance)
            return None
        self.listings.note(ask, again=question is not None and question.again)
        self._tell(ask.purpose)
        return self.ahead.answer(ask)

    def _hindrance(self, ask: Ask) -> str | None:
        if self.asker.ordinal >= self.requests and not self.ahead.has_begun(ask):
            return PAGE_LIMIT
        unsigned = self._may_not_sign(ask)
        if unsigned is not None or ask.listing is None:
            return unsigned
        return self._too_long.get(key_text(ask.listing))

    def _left_unsigned(self, ask: Ask) -> bool:
        return self._hindrance(ask) == self._may_not_sign(ask) is not None

    def _may_not_sign(self, ask: Ask) -> str | None:
        """Why what is asked signed in is not asked (any more) in this run."""
        if ask.authorise == "never":
            return None
        return self.expired or (None if ask.context.get("vouches") else self.unvouched)

    def _page(self, question: _Question, asked: Asked, queue: deque[_Question]) -> None:
        ask, reading = question.ask, asked.reading
        singles, lists = self._following(reading)
        if self._runs_ahead(question, asked, follow=bool(singles or (lists and self._in_depth))):
            # The next page comes while this one is taken in. Never across a commit: what is asked ahead is spooled
            # in the batch that is open now, and must be taken before that batch is cleared.
            self.ahead.begin(cast(Ask, reading.next_page))
        news = self._take(asked)
        listing = self.listings.of(ask)
        if question.seam is not None and not self._joins(question, asked, listing):
            walk = cast(Walk, question.walk)
            queue.appendleft(_Question(walk.first, first=True, walk=walk))
            return
        status = asked.answer.wire.status if asked.answer else None
        listing.page(ask, reading, not_modified=status == 304)
        self._judge_problem(question, asked)
        if ask.context.get("look"):
            self.looks.judge([asked])
        if reading.bookmark is not None and asked.problem is None:
            self.state.mark(ask.access, reading.bookmark)
        page = question.page
        if question.walk is not None and asked.problem is None:
            page = question.walk.turn(ask, [record.key for record in reading.records])
        following = self._next(question, reading, listing, news=news)
        of = listing if thread_of(listing.name) is not None else question.of
        own = [] if following is None else [following]
        first = [_Question(one, tries=0, page=page, of=of) for one in singles]
        later = [_Question(one, tries=0, page=page, of=of) for one in lists]
        for one in (*first, *later, *(own if question.walk is None else ())):
            one.await_its_turn()
        # Single questions come before the next page, so that those of one page at most are ever left over. Lists come
        # after all pages: what a platform may soon no longer have is seen first.
        queue.extendleft(reversed([*first, *(later if self._in_depth else ()), *own]))
        if not self._in_depth:
            queue.extend(later)

    def _following(self, reading: Reading) -> tuple[list[Ask], list[Ask]]:
        """What follows from an answer: single questions, and lists, without those that the round is through with."""
        singles = [ask for ask in reading.asks if ask.listing is None]
        known = self.round.threads if self.round is not None else {}
        return singles, [ask for ask in reading.asks if ask.listing is not None and ask.listing not in known]

    @property
    def _in_depth(self) -> bool:
        """Whether what follows from a page is asked before the next page. So in a round that goes on: each of its runs
        gets further, however much there is."""
        return self.round is not None and self.round.resumed

    def _runs_ahead(self, question: _Question, asked: Asked, *, follow: bool) -> bool:
        following = asked.reading.next_page
        if self.sweep.kind is not SweepKind.FULL or following is None or asked.problem is not None:
            return False
        if follow or question.seam is not None or self.listings.asked(following):
            return False
        return not self.due() and self.asker.ordinal < self.requests

    def _joins(self, question: _Question, asked: Asked, listing: Listing) -> bool:
        """Whether a list goes on where an earlier run stopped. A page that fails for now may do so the next time."""
        problem, walk = asked.problem, cast(Walk, question.walk)
        if problem is not None:
            return problem.kind not in _LOST_PLACE
        listing.resumed = unbroken(question.seam or (), (record.key for record in asked.reading.records))
        if not listing.resumed:
            walk.restart()
        return listing.resumed

    def _next(self, question: _Question, reading: Reading, listing: Listing, *, news: bool) -> _Question | None:
        """The next page of a list, where there is one and it is worth asking for."""
        walk, following = question.walk, reading.next_page
        if following is None:
            if walk is not None and reading.problem is None:
                walk.ended = True
            return None
        if self.listings.circles(following, again=question.again):
            listing.fail(REPEATED)
            if walk is not None:
                walk.ended = True
            return None
        if self._at_what_is_known(listing, reading, news=news):
            listing.stopped = True
            return None
        return replace(question, ask=following, seam=None, later=True)

    def _at_what_is_known(self, listing: Listing, reading: Reading, *, news: bool) -> bool:
        """A sweep for what is new goes no further once a page brings nothing that was not known when the list was last
        looked at completely: pages known from a run that was cut short lie before what is still unknown. Not so where
        the connector keeps its own place page by page."""
        if self.sweep.kind is not SweepKind.NEW or news or not reading.records or reading.bookmark is not None:
            return False
        return self.seen.known_since(listing.name, {record.key for record in reading.records})

    def _take(self, asked: Asked, keep: bool = False) -> bool:
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

    def _judge_problem(self, question: _Question, asked: Asked) -> None:
        problem = asked.problem
        if problem is None:
            return
        if problem.kind in SIGN_IN_PROBLEMS:
            self.expired = self.expired or reason_of(problem)
        if question.ask.context.get("vouches"):
            self.unvouched = self.unvouched or reason_of(problem)
        if question.tries is not None and again.is_passing(problem.kind):
            self._left.append(Again(question.ask, question.tries + 1))

    def _follow(self, following: Iterable[Ask]) -> None:
        self._pages(_Question(ask, tries=0) for ask in following)

    # What is written down

    def _cover(self) -> None:
        self.state.leave([*self._left, *self._waiting])
        if self.round is not None:
            self._sum_up(self.round)
            self.state.go_on(self._rest(self.round) if self.goes_on else {})
        for listing in self.listings.by_name.values():
            if listing.worth_telling and listing.name not in self._told_threads:
                self._tell_coverage(listing)
            thread = thread_of(listing.name)
            if thread is not None and listing.complete:
                self.looked.setdefault(thread, Looked()).through = True

    def _keep_place(self, queue: Iterable[_Question]) -> None:
        """Before a commit: a process that dies after it is not to do again what is in it, and the next one is to ask
        what it would have asked because of it."""
        following = [Again(one.ask, one.tries or 0) for one in queue if one.follows]
        self.state.leave([*self._left, *self._waiting, *following])
        if self.round is None:
            return
        self.state.go_on(self._rest(self.round))
        for listing in self.listings.by_name.values():
            if thread_of(listing.name) and listing.complete and not listing.waiting:
                if listing.name not in self._told_threads:
                    self._tell_coverage(listing)
                self._told_threads.add(listing.name)

    def _rest(self, found: Round) -> dict[str, dict[str, Any]]:
        return rounds.to_json(found, self._walks, home_of)

    def _tell_coverage(self, listing: Listing) -> None:
        """In the part of its access class; where there is nothing to say that is not public anyway, in the public one,
        so that a quiet poll of a signed-in account leaves one part and not two."""
        last = self.seen.since(listing.name)
        covered = listing.covered(last, self.sweep.at)
        tally = self.state.tally_of(listing.access)
        at_rest = None if tally is self.state.tally else listing.at_rest(covered, last)
        (tally if at_rest is None else self.state.tally).covered.append(at_rest or covered)

    def _sum_up(self, found: Round) -> None:
        """Say of the threads of each stream together whether all of them were looked at in this round."""
        # What an earlier run looked at is not said to be public where it may not be.
        unknown = AccessClass.PRIVATE if self.account.authorised else AccessClass.PUBLIC
        lists = [one for one in self.listings.by_name.values() if thread_of(one.name) is not None]
        streams = {one.stream for one in lists} | {Stream(one) for one in found.threads.values()}
        streams |= {Stream(one.stream) for name, one in found.missed.items() if thread_of(name) is not None}
        for stream in sorted(streams):
            mine = [one for one in lists if one.stream is stream]
            faults = [one.fault for one in mine if one.fault is not None]
            if self.left_over is not None:
                faults.append(self.left_over)
            elif not self.goes_on:
                asked = {one.name for one in mine}
                faults += [one.reason or "" for name, one in found.still_missed(stream).items() if name not in asked]
            looked = {one.name for one in mine if one.complete}
            looked |= {name for name, of in found.threads.items() if of == stream}
            public = any(one.access is AccessClass.PUBLIC for one in mine)
            self.listings.sum_up(stream, AccessClass.PUBLIC if public else unknown, looked, faults)
        if not self.goes_on:
            self._make_up(found, unknown)

    def _make_up(self, found: Round, access: AccessClass) -> None:
        """Say of questions that are no list, and got no answer once, that nothing is left of them. A full sweep that
        led everywhere has put each of them again that there still was a reason to, and got an answer."""
        made_up = {name: one.stream for name, one in found.made_up.items()}
        gone = self.looks.account_gone or self.looks.suspicious
        if self.listings.led_everywhere and not gone:
            made_up |= {name: of for name, of in self.seen.unanswered().items() if name not in found.missed}
        for name, stream in made_up.items():
            self.listings.make_up(name, Stream(stream), access)

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
