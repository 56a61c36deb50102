"""What was not looked at, why, and what to do about it (law R63); and the account state that follows. Pure.

Derived from the runs of one account in order of number and from nothing else, so a rebuild gives the same gaps. For
each stream there is at most one open gap:

* It *opens* with the first run that could not look at part of the stream, and reaches back to when the stream was last
  covered. A single thread that is gone is no gap: its state says so.
* It *closes* with the first later run after which every listing that was missed has been looked at completely, back to
  where the gap begins or to its own look before.
* A pause between two runs of more than three times the expected interval (at least an hour) is a gap of its own, since
  what was said and deleted in it was never seen. It is found, and closed if covered, by the run after the pause.
* Where a platform only shows its newest entries and the window no longer reaches back to the last look, what fell out
  of it was missed for good; such a gap closes only if a later answer reaches back that far.

What came before the first look is no gap of this kind: nobody missed it. How far back each list was ever read
(:class:`Reach`) is kept beside the gaps, and that it does not begin at the beginning is an entry of the ledger too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from archiver.capture.causes import OUT_OF_REACH, REMEDIES, WORDS, Cause, in_words

__all__ = [
    "OUT_OF_REACH",
    "REMEDIES",
    "THREADS",
    "WORDS",
    "AccountState",
    "Cause",
    "Derived",
    "Gap",
    "Looked",
    "Reach",
    "RunFacts",
    "StreamWatch",
    "Transition",
    "Watch",
    "cause_of",
    "derive",
    "in_words",
    "longest_pause",
    "overdue",
]


THREADS = "threads"
"""Listing under which the threads of a stream are looked at together."""


class AccountState(StrEnum):
    """What a custodian must know of an account at a glance."""

    ACTIVE = "active"
    SIGN_IN_NEEDED = "sign_in_needed"
    REVOKED = "revoked"
    NO_PERMISSION = "no_permission"
    GONE = "gone"
    DEACTIVATED = "deactivated"
    TAKEN_DOWN = "taken_down"
    WITHDRAWN = "withdrawn"
    UNREACHABLE = "unreachable"
    """Three runs in a row got no answer of use."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How far one run looked at one listing."""

    listing: str
    stream: str
    span_from: datetime | None
    """Back to when; None: from the beginning."""
    complete: bool
    reason: str | None = None
    """Why not: a cause, optionally a colon and words."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One finished run, as its run record has it."""

    id: str
    started_at: datetime
    at: datetime
    """When it ended."""
    outcome: str
    reason: str | None = None
    looked: tuple[Looked, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in what was looked at."""

    stream: str
    opened_by: str
    """The run that could not look, or found that nobody had."""
    span_from: datetime | None
    """Last time it was covered; None: never."""
    opened_at: datetime
    cause: Cause
    closed_at: datetime | None = None
    closed_by: str | None = None

    @property
    def remedy(self) -> str:
        return REMEDIES[self.cause]


@dataclass(frozen=True, slots=True)
class Transition:
    """The account is in another state since a run."""

    state: AccountState
    at: datetime
    run: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class StreamWatch:
    """Where one stream stands."""

    covered_at: datetime | None = None
    """When a run last looked at it without missing anything."""
    gap: Gap | None = None
    """The open one."""
    missed: frozenset[str] = frozenset()
    """Listings not looked at completely since the gap opened."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back a list was ever read."""

    stream: str
    since: datetime | None
    """None: to its beginning."""
    at: datetime
    """When it was read so far."""
    run: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Where an account stands after some of its runs: all that the next run's gaps depend on."""

    streams: Mapping[str, StreamWatch] = field(default_factory=dict)
    listings: Mapping[str, datetime] = field(default_factory=dict)
    """When each listing was last looked at completely."""
    unbroken: Mapping[str, datetime] = field(default_factory=dict)
    """Until when each listing was looked at without a hole, each look reaching back to the one before."""
    reach: Mapping[str, Reach] = field(default_factory=dict)
    """How far back each list was ever read; nothing of one whose first look is not remembered."""
    last_at: datetime | None = None
    """When the last run that got any answer ended."""
    state: AccountState = AccountState.ACTIVE
    failures: int = 0
    """Runs in a row without an answer of use."""


@dataclass(frozen=True, slots=True)
class Derived:
    watch: Watch
    gaps: tuple[Gap, ...]
    """Opened or closed, in order of opening; of a gap that did both only the closed one."""
    transitions: tuple[Transition, ...]


_ANSWERED = frozenset({"complete", "unchanged", "partial", "suspicious"})
_TOLERATED = 3
_SHORTEST_PAUSE = timedelta(hours=1)
_FAILURES = 3
_NO_STREAM = "posts"
"""What a run that never got as far as a listing would have looked at first."""
_STATES = {
    Cause.SIGN_IN_EXPIRED: AccountState.SIGN_IN_NEEDED,
    Cause.REVOKED: AccountState.REVOKED,
    Cause.WITHDRAWN: AccountState.WITHDRAWN,
    Cause.PERMISSION: AccountState.NO_PERMISSION,
    Cause.DEACTIVATED: AccountState.DEACTIVATED,
    Cause.TAKEN_DOWN: AccountState.TAKEN_DOWN,
    Cause.GONE: AccountState.GONE,
}


def derive(runs: Iterable[RunFacts], expected: timedelta, watch: Watch | None = None) -> Derived:
    """The gaps and states that runs lead to, in order.

    Args:
        expected: how often a run is due.
        watch: where the account stood before the first of them.
    """
    watch = Watch() if watch is None else watch
    gaps: dict[tuple[str, str], Gap] = {}
    transitions = []
    for run in runs:
        before = watch.state
        watch, changed = _after(watch, run, expected)
        gaps.update({(gap.stream, gap.opened_by): gap for gap in changed})
        if watch.state is not before:
            transitions.append(Transition(watch.state, run.at, run.id, run.reason))
    return Derived(watch, tuple(gaps.values()), tuple(transitions))


def cause_of(reason: str | None, outcome: str = "") -> Cause:
    """The cause in a stored reason: the word before its colon, where that is one."""
    word = (reason or "").partition(":")[0].strip()
    if word in Cause.__members__.values():
        return Cause(word)
    return Cause.INTERRUPTED if outcome == "interrupted" else Cause.OTHER


def overdue(last_at: datetime | None, now: datetime, expected: timedelta) -> bool:
    """Whether nobody has looked for so long that it will be a gap."""
    return last_at is not None and now - last_at > longest_pause(expected)


def _after(watch: Watch, run: RunFacts, expected: timedelta) -> tuple[Watch, list[Gap]]:
    changed: list[Gap] = []
    streams = dict(watch.streams)
    for stream, opened in _paused(watch, run, expected):
        streams[stream] = opened
        changed.append(_gap(opened))
    for stream, looked in _by_stream(run, streams).items():
        before = streams.get(stream, StreamWatch())
        after = _look(before, run, stream, looked, watch)
        streams[stream], news = after
        changed.extend(news)
    complete = {one.listing: run.at for one in run.looked if one.complete}
    unbroken = {one.listing: run.at for one in run.looked if one.complete and not _window_passed(one, watch.unbroken)}
    answered = run.outcome in _ANSWERED or bool(complete)
    state, failures = _state(watch, run)
    return (
        Watch(
            streams=streams,
            listings={**watch.listings, **complete},
            unbroken={**watch.unbroken, **unbroken},
            reach={**watch.reach, **dict(_further(watch, run))},
            last_at=run.at if answered else watch.last_at,
            state=state,
            failures=failures,
        ),
        changed,
    )


def _further(watch: Watch, run: RunFacts) -> Iterator[tuple[str, Reach]]:
    """Lists that this run read further back than any before it. A look that begins where the last one ended says how
    far back a list goes only together with that one."""
    for one in run.looked:
        if not one.complete or one.listing in ("", THREADS) or one.listing.endswith(f"({one.stream})"):
            continue  # (what belongs to no list has a stream for a name)
        before = watch.reach.get(one.listing)
        if one.span_from is not None and before is None and one.listing in watch.listings:
            continue
        if before is None or _is_before(one.span_from, before.since):
            yield one.listing, Reach(one.stream, one.span_from, run.at, run.id)


def _is_before(at: datetime | None, other: datetime | None) -> bool:
    return other is not None and (at is None or at < other)


def _paused(watch: Watch, run: RunFacts, expected: timedelta) -> Iterator[tuple[str, StreamWatch]]:
    """Streams nobody looked at for too long before this run, with the gap that this makes."""
    longest = longest_pause(expected)
    if watch.last_at is None or run.started_at - watch.last_at <= longest:
        return
    for stream, before in watch.streams.items():
        if before.gap is None and before.covered_at is not None and run.started_at - before.covered_at > longest:
            gap = Gap(stream, run.id, before.covered_at, watch.last_at + expected, Cause.NOT_RUNNING)
            yield stream, replace(before, gap=gap)


def longest_pause(expected: timedelta) -> timedelta:
    """How long nobody may look before that is a gap: three times the expected interval, and at least an hour."""
    return max(expected * _TOLERATED, _SHORTEST_PAUSE)


def _by_stream(run: RunFacts, streams: Mapping[str, StreamWatch]) -> dict[str, list[Looked]]:
    """What the run looked at, by stream. A run without any answer missed every stream there is."""
    found: dict[str, list[Looked]] = {}
    for one in run.looked:
        found.setdefault(one.stream, []).append(one)
    if not found and run.outcome not in _ANSWERED:
        for stream in streams or (_NO_STREAM,):
            found[stream] = [Looked("", stream, None, False, run.reason or run.outcome)]
    return found


def _look(
    before: StreamWatch, run: RunFacts, stream: str, looked: list[Looked], watch: Watch
) -> tuple[StreamWatch, list[Gap]]:
    """A stream after one run, and the gap it opened or closed."""
    missed = [one for one in looked if not one.complete and not _single_thread_gone(one, run)]
    gap = before.gap
    since = gap.span_from if gap is not None else None
    fallen_out = [one for one in looked if one.complete and _window_passed(one, watch.listings)]
    still = _still_missed(before.missed, looked, since, watch.unbroken) | {one.listing for one in missed + fallen_out}
    if gap is None and (missed or fallen_out):
        opened = _open(before, run, stream, missed, fallen_out, watch.listings)
        return StreamWatch(before.covered_at, opened, frozenset(still)), [opened]
    if gap is not None and not still and any(_makes_up(one, since, watch.unbroken) for one in looked):
        closed = replace(gap, closed_at=run.at, closed_by=run.id)
        return StreamWatch(run.at), [closed]
    covered_at = before.covered_at if missed or gap is not None else run.at
    return StreamWatch(covered_at, gap, frozenset(still)), []


def _open(
    before: StreamWatch,
    run: RunFacts,
    stream: str,
    missed: list[Looked],
    fallen_out: list[Looked],
    listings: Mapping[str, datetime],
) -> Gap:
    if missed:
        return Gap(stream, run.id, before.covered_at, run.at, cause_of(missed[0].reason, run.outcome))
    return Gap(stream, run.id, listings[fallen_out[0].listing], run.at, Cause.WINDOW)


def _still_missed(
    missed: frozenset[str], looked: list[Looked], since: datetime | None, unbroken: Mapping[str, datetime]
) -> set[str]:
    made_up = {one.listing for one in looked if _makes_up(one, since, unbroken)}
    # "" stands for a run that never got as far as a listing: any complete look makes up for it.
    return {listing for listing in missed if listing not in made_up and not (listing == "" and made_up)}


def _makes_up(one: Looked, since: datetime | None, unbroken: Mapping[str, datetime]) -> bool:
    """Whether a listing was looked at completely back to ``since``, or to where it was looked at before without a
    hole: another listing of its stream may have been missed earlier than this one."""
    if not one.complete or one.span_from is None or since is None or one.span_from <= since:
        return one.complete
    last = unbroken.get(one.listing)
    return last is not None and one.span_from <= last


def _window_passed(one: Looked, listings: Mapping[str, datetime]) -> bool:
    """Whether a window that begins after the last complete look leaves a hole."""
    last = listings.get(one.listing)
    return last is not None and one.span_from is not None and one.span_from > last


def _single_thread_gone(one: Looked, run: RunFacts) -> bool:
    return run.outcome in _ANSWERED and cause_of(one.reason) is Cause.GONE


def _state(watch: Watch, run: RunFacts) -> tuple[AccountState, int]:
    if run.outcome in _ANSWERED:
        return AccountState.ACTIVE, 0
    if run.outcome == "interrupted":
        return watch.state, watch.failures
    causes = {cause_of(run.reason), *(cause_of(one.reason) for one in run.looked if not one.complete)}
    for cause, state in _STATES.items():
        if cause in causes:
            return state, watch.failures + 1
    failures = watch.failures + 1
    return (AccountState.UNREACHABLE if failures >= _FAILURES else watch.state), failures


def _gap(stream: StreamWatch) -> Gap:
    assert stream.gap is not None
    return stream.gap
