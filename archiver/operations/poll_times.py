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

from archiver.capture.models import Coverage
from archiver.capture.outcomes import RunOutcome
from archiver.operations import history
from archiver.operations.history import GapView, RunView

NEAR = 3
"""Runs on each side."""
_GOOD = (RunOutcome.COMPLETE.value, RunOutcome.UNCHANGED.value)


@dataclass(frozen=True, slots=True)
class Stream:
    """What one run looked at of a stream: how many lists, and how many of them to their end."""

    stream: str
    lists: int
    complete: int


@dataclass(frozen=True, slots=True)
class Look:
    """A run near the moment."""

    run: RunView
    streams: tuple[Stream, ...]

    @property
    def complete(self) -> bool:
        """Whether it saw all that it asked for."""
        return self.run.outcome in _GOOD


@dataclass(frozen=True, slots=True)
class PollTimes:
    """The runs before and after a moment, nearest first."""

    at: datetime
    before: tuple[Look, ...]
    """Begun at the moment or before it."""
    after: tuple[Look, ...]
    gaps: tuple[GapView, ...]
    """Known gaps that the moment lies in."""

    @property
    def unseen(self) -> timedelta | None:
        """How long nobody looked with success around the moment: from the beginning of the last complete look before it
        to the end of the first one after it. None: on one side there is none."""
        earlier = next((one.run.started_at for one in self.before if one.complete), None)
        later = next((one.run.finished_at for one in self.after if one.complete and one.run.finished_at), None)
        return None if earlier is None or later is None else later - earlier


def poll_times(
    connection: Connection, account_id: str, at: datetime, now: datetime, dead: Collection[str] = ()
) -> PollTimes:
    """Runs of an account around a moment, and the gaps that it lies in."""
    before = history.runs(connection, now, account_id, _NEAR_QUERY, (at, _LAST), dead, looking=True)
    after = history.runs_after(connection, now, account_id, at, _NEAR_QUERY, dead)
    chosen, later = _chosen(before), _chosen(after)
    streams = _streams(connection, [one.id for one in (*chosen, *later)])
    gaps = [
        one
        for one in history.gaps(connection, account_id, closed=True)
        if (one.span_from or one.opened_at) <= at <= (one.closed_at or now)
    ]
    return PollTimes(
        at,
        tuple(Look(one, streams.get(one.id, ())) for one in chosen),
        tuple(Look(one, streams.get(one.id, ())) for one in later),
        tuple(gaps),
    )


_NEAR_QUERY = 50
"""Runs that are read on each side, to find a complete one."""
_LAST = "~"
"""After every id."""


def _chosen(runs: Sequence[RunView]) -> list[RunView]:
    """The nearest, and up to the first complete one where that is further away."""
    first = next((number for number, one in enumerate(runs) if one.outcome in _GOOD), 0)
    return list(runs[: max(NEAR, first + 1)])


def _streams(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[Stream, ...]]:
    query = (
        select(Coverage.run_id, Coverage.stream, func.count(), func.sum(cast(Coverage.complete, Integer)))
        .where(Coverage.run_id.in_(run_ids))
        .group_by(Coverage.run_id, Coverage.stream)
        .order_by(Coverage.stream)
    )
    found: dict[str, list[Stream]] = defaultdict(list)
    for run_id, stream, lists, complete in connection.execute(query):
        found[run_id].append(Stream(stream, lists, complete))
    return {run_id: tuple(some) for run_id, some in found.items()}
