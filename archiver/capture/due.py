"""When which sweep of which account is next due. Working state, written with the commit of the run it follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from archiver.accounts.models import Account
from archiver.capture import watching
from archiver.capture.models import Due, Lease
from archiver.capture.outcomes import RunOutcome
from archiver.capture.watching import Looked
from archiver.settings import Settings
from connectors.contract import SweepKind

_BAD = (RunOutcome.FAILED, RunOutcome.PARTIAL, RunOutcome.INTERRUPTED)
_MOST_FAILURES = 6
_CAPTURED = ("paused", "closed")


def register(connection: Connection, account_id: str, now: datetime) -> None:
    """A new account: everything is due, the full sweep first, since it reaches back as far as the platform allows."""
    rows = [
        {"account_id": account_id, "sweep": kind.value, "due_at": now + timedelta(seconds=delay), "failures": 0}
        for kind, delay in ((SweepKind.FULL, 0), (SweepKind.NEW, 1), (SweepKind.WATCH, 2))
    ]
    connection.execute(insert(Due), rows)


def due(connection: Connection, now: datetime) -> list[tuple[str, SweepKind]]:
    """Sweeps that are due, longest overdue first, at most one per account; none of an account that is being captured
    or is paused."""
    query = (
        select(Due.account_id, Due.sweep)
        .join(Account, Account.id == Due.account_id)
        .join(Lease, Lease.account_id == Due.account_id, isouter=True)
        .where(Due.due_at <= now, Account.state.not_in(_CAPTURED))
        .where((Lease.holder.is_(None)) | (Lease.holder == "") | (Lease.expires_at <= now))
        .order_by(Due.due_at)
    )
    first: dict[str, SweepKind] = {}
    for account_id, sweep in connection.execute(query):
        first.setdefault(account_id, SweepKind(sweep))
    return list(first.items())


def interval(kind: SweepKind, settings: Settings) -> timedelta:
    """Time between two sweeps of a kind."""
    seconds = {
        SweepKind.NEW: settings.sweep_new_seconds,
        SweepKind.WATCH: settings.sweep_watch_seconds,
        SweepKind.FULL: settings.sweep_full_seconds,
    }
    return timedelta(seconds=seconds[kind])


def wait_after(failures: int, interval: timedelta) -> timedelta:
    """How long after a run the next one is due: the interval, doubled with every failure in a row up to 64 times but
    never beyond a day more than the interval. Pure."""
    longer: timedelta = interval * 2 ** min(failures, _MOST_FAILURES)
    return min(longer, interval + timedelta(days=1))


def after_run(
    account_id: str,
    kind: SweepKind,
    outcome: RunOutcome,
    looked: Mapping[str, Looked],
    settings: Settings,
    began: datetime,
    now: datetime,
) -> Callable[[Connection], None]:
    """What the commit of a run that ``began`` then and ends ``now`` writes here. ``looked``: what became of the threads
    it looked at, by key."""

    def settle(connection: Connection) -> None:
        _next_sweep(connection, account_id, kind, outcome, settings, now)
        watching.watch_new(connection, account_id, settings, now)
        watching.looked_at(connection, account_id, looked, settings, began, now)

    return settle


def _next_sweep(
    connection: Connection, account_id: str, kind: SweepKind, outcome: RunOutcome, settings: Settings, now: datetime
) -> None:
    mine = (Due.account_id == account_id, Due.sweep == kind.value)
    failures = connection.execute(select(Due.failures).where(*mine)).scalar()
    if failures is None:
        return
    failures = failures + 1 if outcome in _BAD else 0
    at = now + wait_after(failures, interval(kind, settings))
    connection.execute(update(Due).where(*mine).values(due_at=at, failures=failures))
    if kind is SweepKind.FULL and outcome not in _BAD:
        # A full sweep has just asked for everything that is new.
        new = (Due.account_id == account_id, Due.sweep == SweepKind.NEW.value)
        connection.execute(update(Due).where(*new).values(due_at=now + interval(SweepKind.NEW, settings)))
