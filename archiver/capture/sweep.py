"""One sweep of one account: asks in order, takes what comes, and concludes only what was seen."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

from archiver.capture import again, rounds
from archiver.capture.again import Again
from archiver.capture.ahead import Ahead
from archiver.capture.asking import Asked, Asker, Stopped
from archiver.capture.covering import Covering
from archiver.capture.fetching import WantedFile
from archiver.capture.going_on import GoingOn
from archiver.capture.listings import (
    PAGE_LIMIT,
    STOPPED_RUN,
    Listing,
    Listings,
    is_spared,
    name_of,
    reason_of,
    thread_of,
)
from archiver.capture.looks import Looks
from archiver.capture.outcomes import RunOutcome, judge
from archiver.capture.pushed import Hearing
from archiver.capture.question import Question
from archiver.capture.rounds import Round, Walk
from archiver.capture.run import Progress, RunState, Watcher
from archiver.capture.seen import Seen
from archiver.capture.taking import Taking
from archiver.capture.watching import Looked
from archiver.clock import Clock
from archiver.database import key_text
from connectors.contract import (
    SIGN_IN_PROBLEMS,
    AccountRef,
    Ask,
    Connector,
    Problem,
    ProblemKind,
    Sweep,
)

BY_HAND = "person"
"""Trigger of a run that somebody began."""


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
    wanted: list[WantedFile] = field(default_factory=list)
    ahead: Ahead = field(init=False)
    listings: Listings = field(default_factory=Listings)
    taking: Taking = field(init=False)
    looks: Looks = field(init=False)
    covering: Covering = field(init=False)
    going_on: GoingOn = field(init=False)
    expired: str | None = None
    """Why nothing more is asked signed in: asking on makes it worse."""
    unvouched: str | None = None
    """Why nothing is asked signed in for now: the platform did not say whose token it is."""
    _waiting: list[Again] = field(default_factory=list)
    """Left by earlier runs, and not put yet."""
    _left: list[Again] = field(default_factory=list)
    """Put in vain by this run."""
    cut: str | None = None
    """Why not everything was asked that would have been: the next run goes on."""
    left_over: str | None = None
    """The same, where lists or threads were left, not only direct looks."""
    _told: float = 0.0
    _too_long: Mapping[str, str] = field(default_factory=dict)
    """Lists that are not read now, and why; whoever has the account looked at by hand has them read."""

    def __post_init__(self) -> None:
        if self.state.terms.trigger != BY_HAND:
            self._too_long = self.seen.too_long()
        self.ahead = Ahead(self.asker)
        self.taking = Taking(self.account, self.sweep, self.state, self.seen, self.wanted)
        self.looks = Looks(
            self.connector,
            self.account,
            self.asker,
            self.state,
            self.seen,
            self.listings,
            self._put,
            self.taking.take,
            self._follow,
            self.look_again_after,
        )
        self.covering = Covering(
            self.account,
            self.sweep,
            self.state,
            self.seen,
            self.listings,
            self.looks,
            self.taking.looked,
            self.round,
        )
        self.going_on = GoingOn(
            self.sweep,
            self.asker,
            self.seen,
            self.listings,
            self.requests,
            self.due,
            self.round,
        )

    @property
    def away(self) -> str | None:
        """Why the account itself is not there: switched off or taken down, in the platform's own words."""
        return self.taking.away

    @property
    def looked(self) -> dict[str, Looked]:
        """Threads that were looked at, by the key of their first record."""
        return self.taking.looked

    @property
    def recounted(self) -> set[str]:
        """Known records under which the platform counts another number than before."""
        return self.taking.recounted

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
                self.taking.take(asked)
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
            self.taking.take(Asked(ask, answer=taken, reading=taken.reading), keep=True)
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
        waiting = [Question(one.ask, one.tries, first=True, again=True) for one in self._waiting]
        begun = [question for question in first if question is not None]
        vouching = [one for one in begun if one.ask.context.get("vouches")]
        # Whose token it is comes before what an earlier run left, too: it may have been with another one.
        self._pages([*vouching, *waiting, *(one for one in begun if one not in vouching)])

    def _first(self, ask: Ask) -> Question | None:
        """How a question is put that the sweep begins with; None: an earlier run of the round is through with it."""
        name = name_of(ask)
        if self.round is None or thread_of(name) is not None or ask.context.get("vouches"):
            return Question(ask, first=True)
        if self.round.is_through(name):
            return None
        place = self.round.place(name, ask)
        walk = Walk(name, ask, resumed=place is not None)
        self.covering.walks.append(walk)
        if place is None:
            return Question(ask, first=True, walk=walk)
        return Question(place.ask, first=True, walk=walk, seam=place.shown)

    # Questions in their turn

    def _pages(self, questions: Iterable[Question]) -> None:
        queue = deque(questions)
        try:
            while queue:
                self._turn(queue[0], queue)
        except Stopped:
            for question in queue:
                self._not_reached(question, STOPPED_RUN)
            raise

    def _turn(self, question: Question, queue: deque[Question]) -> None:
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

    def _reached(self, question: Question) -> bool:
        """Whether nothing but the limit of the run could have kept it from being put."""
        return self._hindrance(question.ask) != PAGE_LIMIT or self._was_put(question.ask, question)

    def _may_put(self, question: Question) -> bool:
        """Whether the run has a question left for it. If not, it is left to the next."""
        if self._reached(question):
            return True
        self._not_reached(question, PAGE_LIMIT)
        return False

    def _not_reached(self, question: Question, reason: str) -> None:
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

    def _was_put(self, ask: Ask, question: Question | None) -> bool:
        """Whether there is no sense in putting it: another question of this run was the same. A page of a list that is
        read from its beginning is put for that list's sake, though it was where an earlier run had come to."""
        if question is not None and question.later:
            return self.listings.circles(ask, again=question.again)
        return self.listings.asked(ask)

    def _put(self, ask: Ask, question: Question | None = None) -> Asked | None:
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
        if ask.authorise in ("never", "application"):
            return None
        return self.expired or (None if ask.context.get("vouches") else self.unvouched)

    def _page(self, question: Question, asked: Asked, queue: deque[Question]) -> None:
        ask, reading = question.ask, asked.reading
        singles, lists = self.going_on.following(reading)
        if self.going_on.runs_ahead(question, asked, follow=bool(singles or (lists and self.going_on.in_depth))):
            # The next page comes while this one is taken in. Never across a commit: what is asked ahead is spooled
            # in the batch that is open now, and must be taken before that batch is cleared.
            self.ahead.begin(cast(Ask, reading.next_page))
        news = self.taking.take(asked)
        listing = self.listings.of(ask)
        if question.seam is not None and not self.going_on.joins(question, asked, listing):
            walk = cast(Walk, question.walk)
            queue.appendleft(Question(walk.first, first=True, walk=walk))
            return
        status = asked.answer.wire.status if asked.answer else None
        listing.page(ask, reading, not_modified=status == 304)
        self._judge_problem(question, asked)
        if ask.context.get("look"):
            self.looks.judge([asked])
        if reading.bookmark is not None and (asked.problem is None or is_spared(ask, asked.problem)):
            self.state.mark(ask.access, reading.bookmark)
        page = question.page
        if question.walk is not None and asked.problem is None:
            page = question.walk.turn(ask, [record.key for record in reading.records])
        following = self.going_on.next(question, reading, listing, news=news)
        of = listing if thread_of(listing.name) is not None else question.of
        own = [] if following is None else [following]
        first = [Question(one, tries=0, page=page, of=of) for one in singles]
        later = [Question(one, tries=0, page=page, of=of) for one in lists]
        for one in (*first, *later, *(own if question.walk is None else ())):
            one.await_its_turn()
        # Single questions come before the next page, so that those of one page at most are ever left over. Lists come
        # after all pages: what a platform may soon no longer have is seen first.
        queue.extendleft(reversed([*first, *(later if self.going_on.in_depth else ()), *own]))
        if not self.going_on.in_depth:
            queue.extend(later)

    def _judge_problem(self, question: Question, asked: Asked) -> None:
        problem = asked.problem
        if problem is None:
            return
        if problem.kind in SIGN_IN_PROBLEMS:
            self.expired = self.expired or reason_of(problem)
        if question.ask.context.get("vouches"):
            self.unvouched = self.unvouched or reason_of(problem)
        passing = again.is_passing(problem.kind) or is_spared(question.ask, problem)
        if question.tries is not None and passing:
            self._left.append(Again(question.ask, question.tries + 1))

    def _follow(self, following: Iterable[Ask]) -> None:
        self._pages(Question(ask, tries=0) for ask in following)

    # What is written down

    def _cover(self) -> None:
        self.state.leave([*self._left, *self._waiting])
        self.covering.cover(goes_on=self.goes_on, left_over=self.left_over)

    def _keep_place(self, queue: Iterable[Question]) -> None:
        """Before a commit: a process that dies after it is not to do again what is in it, and the next one is to ask
        what it would have asked because of it."""
        following = [Again(one.ask, one.tries or 0) for one in queue if one.follows]
        self.state.leave([*self._left, *self._waiting, *following])
        self.covering.keep_place()

    def _tell(self, doing: str) -> None:
        if self.watch is None or time.monotonic() - self._told < 0.1:
            return
        self._told = time.monotonic()
        counts = self.state.counts
        self.watch(Progress(self.account.id, self.asker.ordinal, self.seen.count, counts.get("exchanges", 0), doing))
