"""Which sweeps wait, or are made smaller, so that what platforms allow lasts until it is renewed.

The choice is made anew every minute, from the ledger; a sweep that a person asks for never waits for it. What is chosen
is kept nowhere: when the allowance is renewed, everything is as usual again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from archiver.accounts.models import Account
from archiver.capture.due import CAPTURED, interval
from archiver.capture.models import Due, Watch
from archiver.quota import choosing, ledger
from archiver.quota.buckets import Bucket, declared
from archiver.quota.choosing import LEAST, Choice, Wish
from archiver.quota.ledger import Entry
from archiver.quota.standing import Forecast, Said, Standing, forecast, standing
from archiver.settings import Settings
from connectors.allowances import Allowance, Shared, allowances_of
from connectors.contract import Connector, SweepKind

_MINUTE = timedelta(minutes=1)
_USUAL = {SweepKind.NEW: 3.0, SweepKind.WATCH: 10.0}
"""What a sweep is taken to cost before one was made; a full one as much as a run may ask."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One bucket: what is known of it, what comes of it, and what is chosen."""

    entry: Entry
    allowance: Allowance
    standing: Standing
    forecast: Forecast
    choice: Choice
    members: tuple[str, ...]
    """Accounts that draw on it."""


@dataclass(frozen=True, slots=True)
class Rations:
    """What is chosen for all sweeps together."""

    longer: Mapping[tuple[str, SweepKind], float] = field(default_factory=dict)
    """How many times as long sweeps are apart."""
    budgets: Mapping[str, int] = field(default_factory=dict)
    """Most questions of an account's next full sweep."""

    def waits(self, account: str, sweep: SweepKind, due_at: datetime, now: datetime, every: timedelta) -> bool:
        """Whether a sweep that is due waits."""
        if sweep is SweepKind.FULL:
            return self.budgets.get(account, LEAST) < LEAST
        return due_at + every * (self.longer.get((account, sweep), 1.0) - 1.0) > now

    def questions(self, account: str, sweep: SweepKind, usual: int) -> int:
        """Most questions of a run."""
        return min(usual, max(self.budgets.get(account, usual), LEAST)) if sweep is SweepKind.FULL else usual


def plans(
    connection: Connection,
    connectors: Mapping[str, Connector],
    settings: Settings,
    now: datetime,
    platform: str | None = None,
) -> list[Plan]:
    """Every bucket of the ledger whose connector still declares it, or those of one platform."""
    members, wishes = _members(connection), _Wishes(connection, settings, now)
    entries = ledger.read(connection, now, platform)
    known_of = {(entry.platform, entry.allowance) for entry in entries}
    entries += [one for one in _not_used_yet(connectors, members) if (one.platform, one.allowance) not in known_of]
    found = []
    for entry in entries:
        allowance = declared(connectors.get(entry.platform), settings.granted).get(entry.allowance)
        if allowance is None:
            continue
        known = standing(allowance, entry.said, entry.slots, now)
        coming = forecast(allowance, known, entry.slots, now)
        of_it = members.get(entry.platform, ())
        drawing = tuple(one for one in of_it if allowance.shared is not Shared.ACCOUNT or one == entry.subject)
        choice = _choice(entry, allowance, known, now, wishes, drawing)
        found.append(Plan(entry, allowance, known, coming, choice, drawing))
    return found


def _not_used_yet(connectors: Mapping[str, Connector], members: Iterable[str]) -> Iterator[Entry]:
    """Declared allowances of an application that may never have been drawn on: a first capture is not to use them up
    before they are in the ledger."""
    for platform in members:
        for one in allowances_of(connectors.get(platform)):
            if one.shared is Shared.APPLICATION and not one.each:
                yield Entry(f"{platform} {one.name}", platform, one.name, "", "", Said(), {})


def rations(found: Iterable[Plan]) -> Rations:
    """The choices of all buckets together: the strictest counts."""
    longer: dict[tuple[str, SweepKind], float] = {}
    budgets: dict[str, int] = {}
    for plan in found:
        for name, times in plan.choice.longer.items():
            longer[name] = max(longer.get(name, 1.0), times)
        for account, budget in plan.choice.budgets.items():
            questions = budget // plan.allowance.most
            budgets[account] = min(budgets.get(account, questions), questions)
    return Rations(longer, budgets)


def _choice(
    entry: Entry, allowance: Allowance, known: Standing, now: datetime, wishes: _Wishes, members: tuple[str, ...]
) -> Choice:
    if not Bucket(entry.platform, allowance, entry.subject, entry.purpose).planned or not members:
        return Choice()
    if known.empty_until is not None:
        return choosing.stopped(wishes.of(entry.key, members, weighted=False))
    if allowance.percent:
        if known.share is None or known.share == 0:
            return Choice()
        return choosing.by_share(known.share, wishes.of(entry.key, members, weighted=False))
    if known.limit is None or known.left is None:
        return Choice()
    rolling = known.reset_at is None
    # Of what is renewed bit by bit there is as much again in its time, whatever is used just now.
    left = known.limit if rolling else known.left
    time_left = allowance.every if known.reset_at is None else known.reset_at - now
    least = LEAST * allowance.most
    first = choosing.choose(left, known.limit, time_left, wishes.of(entry.key, members, weighted=False), least)
    if not first.slower:
        return first
    return choosing.choose(left, known.limit, time_left, wishes.of(entry.key, members, weighted=True), least)


def _members(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Accounts that are captured, by platform."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    query = select(Account.platform, Account.id).where(Account.state.not_in(CAPTURED)).order_by(Account.id)
    for platform, account in connection.execute(query):
        found[platform].append(account)
    return {platform: tuple(some) for platform, some in found.items()}


class _Wishes:
    """What accounts would use, read where it is needed."""

    def __init__(self, connection: Connection, settings: Settings, now: datetime) -> None:
        self._connection, self._settings, self._now = connection, settings, now
        self._costs = ledger.costs(connection)
        query = select(Due.account_id, Due.due_at).where(Due.sweep == SweepKind.FULL.value, Due.due_at <= now)
        self._full = {account: 1 + (now - at) // _MINUTE for account, at in connection.execute(query)}
        self._threads: dict[str, int] | None = None

    def of(self, key: str, accounts: Iterable[str], *, weighted: bool) -> list[Wish]:
        """The sweeps of some accounts, at what they cost of one bucket. ``weighted``: with what waits."""
        waiting = self._waiting() if weighted else {}
        found = []
        for account in accounts:
            for kind in SweepKind:
                cost = self._costs.get((key, account, kind.value), _USUAL.get(kind, self._settings.run_requests))
                count = (self._full if kind is SweepKind.FULL else waiting).get(account, 0)
                found.append(Wish(account, kind, cost, interval(kind, self._settings), count))
        return found

    def _waiting(self) -> dict[str, int]:
        """Threads that are due, by account."""
        if self._threads is None:
            query = select(Watch.account_id, func.count()).where(Watch.due_at <= self._now).group_by(Watch.account_id)
            self._threads = {account: int(count) for account, count in self._connection.execute(query)}
        return self._threads
