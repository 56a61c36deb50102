"""When which sweep of which account is next due. Working state, written with the commit of the run it follows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update

from archiver.accounts.models import Account
from archiver.capture import watching
from archiver.capture.models import Due, Lease
from archiver.capture.outcomes import RunOutcome
from archiver.capture.watching import Looked
from archiver.settings import Settings
from connectors.contract import SweepKind

_BAD = (RunOutcome.FAILED, RunOutcome.PARTIAL, RunOutcome.INTERRUPTED)
_MOST_FAILURES = 8
_SOON = timedelta(hours=1)
CAPTURED = ("paused", "closed")
"""States in which an account is not captured."""


def register(connection: Connection, account_id: str, now: datetime) -> None:
    """A new account: everything is due, the full sweep first, since it reaches back as far as the platform allows."""
    rows = [
        {"account_id": account_id, "sweep": kind.value, "due_at": now + timedelta(seconds=delay), "failures": 0}
        for kind, delay in ((SweepKind.FULL, 0), (SweepKind.NEW, 1), (SweepKind.WATCH, 2))
    ]
    connection.execute(insert(Due), rows)


def due(
    connection: Connection, now: datetime, waits: Callable[[str, SweepKind, datetime], bool] = lambda *_: False
) -> list[tuple[str, SweepKind]]:
    """Sweeps that are due, those first that somebody asked for, then the longest overdue, at most one per account; none
    of an account that is being captured or is paused, and none that ``waits`` (given account, kind and when it was due)
    for the platform's sake, unless somebody asked for it."""
    query = (
        select(Due.account_id, Due.sweep, Due.due_at, Due.asked_at)
        .join(Account, Account.id == Due.account_id)
        .join(Lease, Lease.account_id == Due.account_id, isouter=True)
        .where(Due.due_at <= now, Account.state.not_in(CAPTURED))
        .where((Lease.holder.is_(None)) | (Lease.holder == "") | (Lease.expires_at <= now))
        .order_by(Due.asked_at.is_(None), Due.due_at)
    )
    first: dict[str, SweepKind] = {}
    for account_id, sweep, due_at, asked_at in connection.execute(query):
        goes_first = asked_at is not None
        if account_id not in first and (goes_first or not waits(account_id, SweepKind(sweep), due_at)):
            first[account_id] = SweepKind(sweep)
    return list(first.items())


def _now(connection: Connection, account_id: str, kind: SweepKind, at: datetime) -> None:
    """A sweep is due at once, where it was not before."""
    mine = (Due.account_id == account_id, Due.sweep == kind.value, Due.due_at > at)
    connection.execute(update(Due).where(*mine).values(due_at=at))


def look_now(
    connection: Connection, account_id: str, kinds: Collection[SweepKind], threads: Collection[str], at: datetime
) -> None:
    """Sweeps of an account, and the threads with these keys, are due at once, because somebody asks. A run that is
    under way began before, so it is not what they asked for: they stay due until one that begins later."""
    for kind in kinds:
        _now(connection, account_id, kind, at)
        mine = (Due.account_id == account_id, Due.sweep == kind.value)
        connection.execute(update(Due).where(*mine).values(asked_at=at))
    watching.look_now(connection, account_id, threads, at, asked=True)


def interval(kind: SweepKind, settings: Settings) -> timedelta:
    """Time between two sweeps of a kind."""
    seconds = {
        SweepKind.NEW: settings.sweep_new_seconds,
        SweepKind.WATCH: settings.sweep_watch_seconds,
        SweepKind.FULL: settings.sweep_full_seconds,
    }
    return timedelta(seconds=seconds[kind])


def wait_after(failures: int, interval: timedelta) -> timedelta:
    """How long after a run the next one is due. After a failure soon (an hour, or the interval where that is shorter),
    and with every failure in a row twice as long: up to a day more than the interval, or 64 times as long. Pure."""
    if not failures:
        return interval
    longer: timedelta = min(interval, _SOON) * 2 ** min(failures, _MOST_FAILURES)
    return min(longer, interval * 64, interval + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that comes to its end."""

    kind: SweepKind
    outcome: RunOutcome
    began: datetime
    at: datetime
    goes_on: bool = False
    """A full sweep that is not done: the next run takes up the rest."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a run took in that was pushed. It was no sweep, so the next one is not put off by it."""

    anything: bool
    threads: Sequence[str]
    """Keys of what it names: looked at by the run, or due."""


def after_run(
    account_id: str,
    run: Ended,
    looked: Mapping[str, Looked],
    settings: Settings,
    recounted: Collection[str] = (),
    heard: Heard | None = None,
) -> Callable[[Connection], None]:
    """What the commit of a run writes here. ``looked``: what became of the threads it looked at, by key.
    ``recounted``: keys of records under which the platform counts another number than before. ``heard``: what was
    pushed, which is a reason to look, and is not forgotten where the run could not."""

    def settle(connection: Connection) -> None:
        if heard is None:
            _next_sweep(connection, account_id, run, settings)
        elif heard.anything:
            _now(connection, account_id, SweepKind.NEW, run.at)
            watching.look_now(connection, account_id, heard.threads, run.at)
        watching.watch_new(connection, account_id, settings, run.at)
        watching.looked_at(connection, account_id, looked, settings, run.began, run.at)
        watching.look_soon(connection, account_id, recounted, settings, run.at)

    return settle


def _next_sweep(connection: Connection, account_id: str, run: Ended, settings: Settings) -> None:
    mine = (Due.account_id == account_id, Due.sweep == run.kind.value)
    failures = connection.execute(select(Due.failures).where(*mine)).scalar()
    if failures is None:
        return
    failures = failures + 1 if run.outcome in _BAD and not run.goes_on else 0
    wait = wait_after(failures, interval(run.kind, settings))
    if run.goes_on:
        # What is new, and threads that are due, take their turns between.
        wait = min(wait, interval(SweepKind.WATCH, settings))
    connection.execute(update(Due).where(*mine).values(failures=failures))
    _put_off(connection, account_id, run.kind, run, run.at + wait)
    if run.kind is SweepKind.FULL and run.outcome not in _BAD and not run.goes_on:
        # A full sweep has just asked for everything that is new.
        _put_off(connection, account_id, SweepKind.NEW, run, run.at + interval(SweepKind.NEW, settings))


def _put_off(connection: Connection, account_id: str, kind: SweepKind, run: Ended, until: datetime) -> None:
    """A sweep was made, and is due again later; not where somebody asked for it since the run began. A request that is
    later than its end is of before our clock was set back: else the account would be swept without a rest until then.
    """
    mine = (Due.account_id == account_id, Due.sweep == kind.value)
    answered = or_(Due.asked_at.is_(None), Due.asked_at <= run.began, Due.asked_at > run.at)
    connection.execute(update(Due).where(*mine, answered).values(due_at=until, asked_at=None))
