"""When an account was looked at around a moment (law R16): what can be said of a comment that was never captured.

Somebody claims that they wrote something at a moment, and it is not in the archive. The runs before and after say in
which time it would have to have come and gone without being seen, and whether they saw all that they asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Integer, cast, func, select

from archiver.capture.listings import all_threads
from archiver.capture.models import Coverage
from archiver.capture.outcomes import RunOutcome
from archiver.operations import history
from archiver.operations.history import GapView, RunView
from archiver.viewing import Viewer
from connectors import contract

NEAR = 3
"""Runs on each side."""
_GOOD = (RunOutcome.COMPLETE.value, RunOutcome.UNCHANGED.value)


@dataclass(frozen=True, slots=True)
class Stream:
    """What one run looked at of a stream: how many lists, and how many of them to their end."""

    stream: str
    lists: int
    complete: int
    threads: int
    """Of the lists, how many were single threads."""
    all_threads: bool
    """Whether it went through all threads that are known."""

    @property
    def some_threads(self) -> bool:
        """Whether there may be threads that it did not look at."""
        return self.threads > 0 and not self.all_threads


@dataclass(frozen=True, slots=True)
class Look:
    """A run near the moment."""

    run: RunView
    streams: tuple[Stream, ...]

    @property
    def complete(self) -> bool:
        """Whether it saw all that it asked for."""
        return self.run.outcome in _GOOD

    def whole(self, stream: str) -> Stream | None:
        """What it looked at of a stream, where it read all of that to its end."""
        return next((one for one in self.streams if one.stream == stream and one.complete == one.lists), None)


@dataclass(frozen=True, slots=True)
class Around:
    """The complete looks at one stream next to the moment. None: among the nearest runs there is none."""

    stream: str
    before: datetime | None
    """When the last one began."""
    after: datetime | None
    """When the first one ended."""
    in_part: bool
    """Whether either of them may not have looked at every thread."""

    @property
    def unseen(self) -> timedelta | None:
        """Whatever came and went within it was seen by nobody."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class PollTimes:
    """The runs before and after a moment, nearest first."""

    at: datetime
    before: tuple[Look, ...]
    """Begun at the moment or before it."""
    after: tuple[Look, ...]
    streams: tuple[Around, ...]
    gaps: tuple[GapView, ...]
    """Known gaps that the moment lies in."""
    told: bool = True
    """Whether what each run looked at is told; else nothing is concluded of any stream."""


def poll_times(
    connection: Connection,
    account_id: str,
    at: datetime,
    now: datetime,
    dead: Collection[str] = (),
    viewer: Viewer = Viewer.EVERYTHING,
) -> PollTimes:
    """Runs of an account around a moment, and the gaps that it lies in. Of each stream the nearest complete looks are
    among the runs, where they are among the nearest fifty of a side. What runs looked at is told to who may see more of
    the account than what is public, of messages to who may see all of it."""
    told = viewer.sees_private_of(account_id)
    closed = () if viewer.sees_all_of(account_id) else (contract.Stream.MESSAGES.value,)
    earlier = history.runs(connection, now, account_id, _MOST, (at, _LAST), dead, viewer, looking=True)
    later = history.runs_after(connection, now, account_id, at, _MOST, dead, viewer)
    streams = _streams(connection, [one.id for one in (*earlier, *later)], closed) if told else {}
    before = [Look(one, streams.get(one.id, ())) for one in earlier]
    after = [Look(one, streams.get(one.id, ())) for one in later]
    names = sorted({part.stream for one in (*before, *after) for part in one.streams})
    gaps = history.gaps(connection, account_id, closed=True, viewer=viewer)
    return PollTimes(
        at,
        _nearest(before, names),
        _nearest(after, names),
        tuple(_around(name, before, after) for name in names),
        tuple(one for one in gaps if (one.span_from or one.opened_at) <= at <= (one.closed_at or now)),
        told,
    )


_ALL_THREADS = [all_threads(one.value) for one in contract.Stream]
_MOST = 50
"""Runs that are read on each side."""
_LAST = "~"
"""After every id."""


def _around(stream: str, before: Sequence[Look], after: Sequence[Look]) -> Around:
    last = next(((one, part) for one in before if (part := one.whole(stream))), None)
    first = next(((one, part) for one in after if (part := one.whole(stream)) and one.run.finished_at), None)
    return Around(
        stream,
        None if last is None else last[0].run.started_at,
        None if first is None else first[0].run.finished_at,
        any(one is not None and one[1].some_threads for one in (last, first)),
    )


def _nearest(looks: Sequence[Look], streams: Sequence[str]) -> tuple[Look, ...]:
    """The nearest few, and of each stream the nearest complete one."""
    wanted = set(range(NEAR))
    for name in streams:
        wanted |= {next((number for number, one in enumerate(looks) if one.whole(name)), 0)}
    return tuple(one for number, one in enumerate(looks) if number in wanted)


def _streams(connection: Connection, run_ids: Sequence[str], closed: Sequence[str]) -> dict[str, tuple[Stream, ...]]:
    query = (
        select(
            Coverage.run_id,
            Coverage.stream,
            func.count(),
            func.sum(cast(Coverage.complete, Integer)),
            func.sum(cast(Coverage.listing.contains(":"), Integer)),
            func.sum(cast(Coverage.listing.in_(_ALL_THREADS), Integer)),
        )
        .where(Coverage.run_id.in_(run_ids), Coverage.stream.not_in(closed))
        .group_by(Coverage.run_id, Coverage.stream)
        .order_by(Coverage.stream)
    )
    found: dict[str, list[Stream]] = defaultdict(list)
    for run_id, stream, lists, complete, threads, whole in connection.execute(query):
        found[run_id].append(Stream(stream, lists, complete, threads, bool(whole)))
    return {run_id: tuple(some) for run_id, some in found.items()}
