"""How far a run came through each listing, and what that allows it to conclude. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from archiver.capture.parts import Covered
from connectors.contract import AccessClass, Ask, Problem, ProblemKind, Reading, RecordKind, Stream

_Question = tuple[str, str, tuple[tuple[str, str], ...], bytes | None, str, tuple[str, ...]]
REPEATED = "contract: the platform gave a page it had given before in this run"
PAGE_LIMIT = "other: more pages than one run asks for; the next run goes on"
STOPPED = "stopped at what is known"
_REFUSALS = (ProblemKind.PERMISSION, ProblemKind.WITHDRAWN)
STOPPED_RUN = "interrupted: the service was stopped"
UNDECIDED = "transient: something is not found, but what should be there is not found either"


def reason_of(problem: Problem) -> str:
    """Cause and words, as gaps take them."""
    return f"{problem.kind.value}: {problem.detail}"


def is_spared(ask: Ask, problem: Problem) -> bool:
    """Whether a sweep is whole without what is refused here, for want of a permission that somebody may give: what the
    question asks for is not part of what the sweep looks at (``optional``)."""
    return problem.kind in _REFUSALS and ask.context.get("optional") is True


@dataclass(slots=True)
class Listing:
    """One list of an account, as one run saw it."""

    name: str
    stream: Stream
    seen: set[str] = field(default_factory=set)
    pages: int = 0
    whole: bool = False
    since: datetime | None = None
    oldest: datetime | None = None
    """When the oldest record that it showed was made."""
    ended: bool = False
    ends: int = 0
    """How many lists of this name were read to their end."""
    stopped: bool = False
    """We did not follow it to its end, on purpose: that is no gap, but nothing may be concluded from it."""
    fault: str | None = None
    answered: bool = False
    """At least one page was a real answer: no problem, and not a 304."""
    access: AccessClass = AccessClass.PUBLIC
    named: bool = False
    """The connector gave it a name: it is a list whose coverage is worth a line in the run record."""
    plain: bool = False
    """Its name is no more than the purpose of its asks, which every run record names in public."""
    first: bool = False
    """Asked for on its own account, not because of what another answer showed."""
    resumed: bool = False
    """It went on where an earlier run of the same full sweep had stopped, and that run showed the rest."""
    waiting: int = 0
    """Of a thread: how many questions that followed from it were not put yet."""
    refused: str | None = None
    """The platform does not let it be read, and that does not make the sweep a partial one (:func:`is_spared`). It is a
    gap all the same."""
    suspicious: str | None = None
    """What it shows and what the platform counts contradict each other."""
    none: bool = False
    """The platform itself counts no entry in it, and it may well be empty."""
    counts: dict[str, int] = field(default_factory=dict)
    """How many records the platform itself says that accounts have which it showed, by the keys of their profiles."""
    gone: str | None = None
    """The platform says that it is not there. What that means is for direct looks to say."""

    def page(self, ask: Ask, reading: Reading, *, not_modified: bool) -> None:
        """Note one page."""
        self.pages += 1
        self.seen.update(record.key for record in reading.records)
        profiles = (record for record in reading.records if record.kind is RecordKind.PROFILE)
        self.counts |= {record.key: record.counted for record in profiles if record.counted is not None}
        times = [record.created_at for record in reading.records if record.created_at is not None]
        self.oldest = min([*times, *([self.oldest] if self.oldest else [])], default=None)
        self.answered |= not not_modified and reading.problem is None
        self.access = ask.access
        self.named = ask.listing is not None
        if reading.problem is not None and reading.problem.kind is ProblemKind.GONE:
            self.gone = reason_of(reading.problem)
        elif reading.problem is not None and is_spared(ask, reading.problem):
            self.refused = self.refused or reason_of(reading.problem)
        elif reading.problem is not None:
            self.fail(reading.problem)
        elif reading.next_page is None:
            self.none = reading.none
            self._end(reading, not_modified=not_modified)
        if reading.suspicious is not None:
            self.suspicious = reading.suspicious
            self.fail(Problem(ProblemKind.CONTRACT, reading.suspicious))

    def _end(self, reading: Reading, *, not_modified: bool) -> None:
        """Its last page. Where several lists have one name, they reach back together as far as each of them does."""
        if not self.ends:
            self.ended, self.whole, self.since = not not_modified, reading.whole, reading.since
        else:
            told = all(whole or since for whole, since in ((self.whole, self.since), (reading.whole, reading.since)))
            self.since = max((one for one in (self.since, reading.since) if one and told), default=None)
            self.ended, self.whole = self.ended and not not_modified, self.whole and reading.whole
        self.ends += 1

    def fail(self, problem: Problem | str) -> None:
        self.fault = self.fault or (problem if isinstance(problem, str) else reason_of(problem))

    @property
    def complete(self) -> bool:
        """Every page answered, down to its end or to what is known. What has no name is no list: every question of it
        was answered, be it by saying that something is not there."""
        if self.refused is not None:
            return False
        if not self.named:
            return self.fault is None and (self.answered or self.gone is not None)
        return self.fault is None and self.gone is None and (self.ended or self.stopped) and self.answered

    @property
    def worth_telling(self) -> bool:
        """Whether the run record says how far it was looked at: always where something was in the way, be it before
        its first page; else where it was asked for by itself or is a named list, and gave an answer. *Not modified*
        proves nothing, neither that the list was looked at nor that it was missed."""
        given = self.answered or self.gone is not None
        return self.fault is not None or self.refused is not None or (given and (self.named or self.first))

    @property
    def nominates(self) -> bool:
        """Whether absence from it means anything: it was read to its end, and that end is everything there is (or
        everything since a known time)."""
        return self.complete and self.ended and not self.stopped and (self.whole or self.since is not None)

    def covered(self, from_known: datetime | None, began: datetime) -> Covered:
        """What the run record says of it. ``from_known``: when it was last covered completely, which is how far back it
        reaches where it did not start from the beginning. Where it never was, it reaches back to the oldest record that
        it showed, or at least to when the run ``began``; what is no list has been answered or not, at any time."""
        whole = self.ended and self.whole and not self.stopped
        at_least = (self.oldest or began) if self.named else None
        back_to = None if whole else (self.since or from_known or at_least)
        reason = self.fault or self.refused or (None if self.complete else self.gone)
        return Covered(self.name, self.stream, back_to, self.complete, len(self.seen), reason)

    def at_rest(self, covered: Covered, from_known: datetime | None) -> Covered | None:
        """``covered`` as the public part of a run record may say it of any list; None where it may not. So it is where
        a list was answered whole and showed nothing since ``from_known``, our own last look: outcome and ``asks`` say
        as much already. Nothing else of it is told, not how far back it really reached: that may be the time of a
        message."""
        if not (self.plain and self.complete and self.gone is None) or self.seen or from_known is None:
            return None
        reached = covered.span_from is None or covered.span_from <= from_known
        return replace(covered, span_from=from_known) if reached else None


@dataclass(slots=True)
class Listings:
    """All lists of one run."""

    by_name: dict[str, Listing] = field(default_factory=dict)
    _pages: tuple[set[_Question], set[_Question]] = field(default_factory=lambda: (set(), set()))
    """What was put, by whether an earlier run had come to it in vain."""
    _again: set[tuple[_Question, str]] = field(default_factory=set)
    """What an earlier run had come to in vain, with what was known to whoever asked."""

    def of(self, ask: Ask) -> Listing:
        """The listing an ask serves (absence from one without a name means nothing)."""
        name = name_of(ask)
        plain = ask.listing in (None, ask.purpose)
        return self.by_name.setdefault(
            name, Listing(name, ask.stream, access=ask.access, named=ask.listing is not None, plain=plain)
        )

    def threads(self, stream: Stream, access: AccessClass) -> Listing:
        """All threads of a stream together, as a full sweep looks at them. Public where one of them is."""
        name = all_threads(stream.value)
        together = self.by_name.setdefault(name, Listing(name, stream, access=access))
        if access is AccessClass.PUBLIC:
            together.access = access
        return together

    def sum_up(self, stream: Stream, access: AccessClass, looked: Collection[str], faults: Sequence[str]) -> None:
        """Say which threads of a stream were looked at, and what was in the way of others."""
        together = self.threads(stream, access)
        together.seen.update(looked)
        together.answered |= bool(looked)
        together.ended = together.whole = together.named = True
        for fault in faults:
            together.fail(fault)

    def make_up(self, name: str, stream: Stream, access: AccessClass) -> None:
        """Nothing is left of what earlier runs did not come to, or got no answer to. That something is gone was an
        answer too."""
        done = self.by_name.setdefault(name, Listing(name, stream, access=access))
        done.answered = done.ended = done.whole = done.named = True
        done.gone = None

    @property
    def faulty(self) -> bool:
        """Whether anything was in the way of any of them."""
        return any(listing.fault is not None for listing in self.by_name.values())

    @property
    def led_everywhere(self) -> bool:
        """Whether everything was asked that follows from anything: every list was answered anew and read to its end. A
        thread that is gone leads nowhere."""
        lists = (one for one in self.by_name.values() if one.named and thread_of(one.name) is None)
        return not self.faulty and all(one.complete for one in lists)

    def beside(self, listing: Listing) -> set[str]:
        """Keys of what other lists of the account itself showed, of the same stream."""
        others = (one for one in self.by_name.values() if one.named and thread_of(one.name) is None)
        return set().union(*(one.seen for one in others if one is not listing and one.stream is listing.stream))

    def counted(self, profiles: Collection[str]) -> set[int]:
        """How many records the platform says that an account has, as this run was told; by the keys of its profile."""
        return {one.counts[key] for one in self.by_name.values() for key in profiles if key in one.counts}

    def note(self, ask: Ask, *, again: bool = False) -> None:
        """This very question is put in this run. ``again``: where an earlier run had come to, or after that."""
        self._pages[again].add(_question(ask))
        if again:
            self._again.add((_question(ask), _known(ask)))

    def asked(self, ask: Ask) -> bool:
        """Whether this very question was put before in this run. One that another sweep had left does not lead on to
        all that this one has to ask because of the same answer: what leads on depends on what is known to it."""
        question = _question(ask)
        return question in self._pages[False] or (question, _known(ask)) in self._again

    def circles(self, ask: Ask, *, again: bool = False) -> bool:
        """Whether a next page was read before on the same way: a cursor in circles. A list that goes on where an
        earlier run had come to, and the same list from its beginning, are two ways that meet."""
        return _question(ask) in self._pages[again]


def name_of(ask: Ask) -> str:
    """Name of the listing an ask serves; its purpose and stream where it names none."""
    return ask.listing or f"{ask.purpose} ({ask.stream.value})"


def is_no_list(name: str, stream: str) -> bool:
    """Whether a name was made of the purpose of questions that name no list."""
    return name.endswith(f" ({stream})") and name != all_threads(stream)


def all_threads(stream: str) -> str:
    """Name under which a full sweep says how far it looked at the threads of a stream."""
    return f"threads ({stream})"


def thread_of(listing: str) -> str | None:
    """Key of the first record of the thread that a list is of: such a list is named by a word, a colon and that key."""
    _, colon, key = listing.partition(":")
    return key if colon and key else None


def _known(ask: Ask) -> str:
    """What a connector is to know when it reads the answer."""
    return json.dumps(dict(ask.context), sort_keys=True)


def _question(ask: Ask) -> _Question:
    """What tells it from others. What is asked to prepare looks (``for``: at what) is another question for others."""
    given = ask.context.get("for")
    wanted = tuple(str(one) for one in given) if isinstance(given, list | tuple) else ()
    return (ask.method, ask.url, ask.parameters, ask.body, ask.authorise, wanted)
