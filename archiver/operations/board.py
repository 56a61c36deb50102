"""The coverage board: every account with its colour, and everything that led to it. Facts come from whoever keeps them;
here they are brought together, in a number of queries that does not grow with the number of accounts.

What takes long (the platforms' numbers against ours, days that are over) is kept for a while: see :class:`Kept`.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.capture import spool
from archiver.capture.due import interval
from archiver.capture.rationing import Plan, plans, rations
from archiver.clock import to_text
from archiver.operations import completeness, connections, deposits_due, history, page_roles, quota
from archiver.operations.board_rules import (
    Allowance,
    Colour,
    Deposit,
    Facts,
    Looks,
    OpenGap,
    Reason,
    RoleWarning,
    Waits,
    colour,
    reasons,
)
from archiver.operations.completeness import Difference
from archiver.operations.connections import ConnectionView
from archiver.operations.days import DAYS, DaysOfAll, DayView
from archiver.operations.history import DueView, GapView, HoldView, RunView
from archiver.operations.master_list import Entry, master_list
from archiver.operations.not_captured import STOPPED
from archiver.operations.platform_states import platform_states
from archiver.operations.register_seen import ALL, Sight, seen
from archiver.operations.wanted import platform_of
from archiver.viewing import Viewer
from connectors.contract import SweepKind

_KEPT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Row:
    """One account of the board."""

    entry: Entry
    platform: str
    reasons: tuple[Reason, ...]
    last: RunView | None
    held: HoldView | None
    last_good: datetime | None
    due: DueView | None
    gaps: tuple[GapView, ...]
    """Open ones."""
    joined: ConnectionView | None
    published: Difference | None
    """What the account itself published, as the platform counts it and as the archive has it."""
    differing: int
    """Threads with a difference that is not explained."""
    days: tuple[DayView, ...]
    """Of a captured account, where they were asked for."""

    @property
    def colour(self) -> Colour:
        return colour(self.reasons)

    @property
    def id(self) -> str:
        """Of the account; of one that was never captured, of its listing in the register."""
        return self.entry.account.id if self.entry.account is not None else str(self.entry.id)


@dataclass(frozen=True, slots=True)
class Board:
    """All accounts, the worst first, each colour in the order of the master list."""

    at: datetime
    counted_at: datetime
    """When the platforms' numbers were last set against ours."""
    rows: tuple[Row, ...]

    def counts(self) -> dict[Colour, int]:
        """How many accounts have each colour, the worst first."""
        found = dict.fromkeys(sorted(Colour, reverse=True), 0)
        for one in self.rows:
            found[one.colour] += 1
        return found


@dataclass(frozen=True, slots=True)
class Compared:
    """The platforms' numbers against ours, of all accounts."""

    at: datetime
    published: Mapping[str, Difference]
    differing: Mapping[str, int]

    def seen_by(self, viewer: Viewer) -> Compared:
        """Those that a viewer may be told: they are counted over all of an account but its messages."""
        told = {one for one in (*self.published, *self.differing) if viewer.sees_private_of(one)}
        return replace(
            self,
            published={name: one for name, one in self.published.items() if name in told},
            differing={name: count for name, count in self.differing.items() if name in told},
        )


@dataclass
class Kept:
    """What a service keeps between two looks at the board. Safe to use from several threads."""

    days: DaysOfAll
    compared: Compared | None = None
    alone: threading.Lock = field(default_factory=threading.Lock)

    def compare(self, connection: Connection, archive: Archive, entries: Sequence[Entry]) -> Compared:
        """The numbers, at most five minutes old, and of every account that there is."""
        now, known = archive.clock.now(), self.compared
        if known is not None and timedelta(0) <= now - known.at <= _KEPT:
            return known
        with self.alone:
            if self.compared is known:
                self.compared = _compare(connection, archive, entries, now)
            assert self.compared is not None
            return self.compared


def kept(archive: Archive) -> Kept:
    """Nothing yet."""
    return Kept(DaysOfAll(archive.settings.zone))


def board(
    archive: Archive,
    connection: Connection,
    known: Kept | None = None,
    *,
    days: bool = True,
    sight: Sight = ALL,
    platforms: frozenset[str] | None = None,
) -> Board:
    """Every account of the archive, and every account of the register that is not captured.

    Args:
        days: whether to read what the charts show.
        sight: whose eyes; of an account that they do not see nothing is told, in no number either. What is counted
            over all of an account is told where more of it is seen than what is public.
        platforms: accounts of which whoever looks may know what is set up at their platforms; None: all.
    """
    known = known or kept(archive)
    made = master_list(archive, connection)
    compared = known.compare(connection, archive, made.entries).seen_by(sight.viewer)
    facts = _Gathered(archive, connection, known.days if days else None, sight.viewer, platforms)
    sight = replace(sight, set_up=platforms is None or bool(platforms))
    rows = [facts.row(one, compared) for one in seen(made, sight).entries]
    return Board(facts.now, compared.at, tuple(sorted(rows, key=lambda one: -one.colour)))


def as_json(one: Row) -> dict[str, Any]:
    """A row for programs."""
    account, listing = one.entry.account, one.entry.listing
    return {
        "account": account.id if account else None,
        "listing": one.entry.id,
        "platform": one.platform,
        "name": one.entry.name,
        "handle": account.handle if account else listing.handle if listing else "",
        "url": account.url if account else listing.url if listing else "",
        "authority": one.entry.authority,
        "department": one.entry.department,
        "colour": one.colour.word,
        "reasons": [
            {"code": why.code, "colour": why.colour.word, "said": why.said, "at": why.at and to_text(why.at)}
            for why in one.reasons
        ],
        "captured": one.entry.is_captured,
        "last_good_capture": one.last_good and to_text(one.last_good),
        "next_run": one.due and to_text(one.due.due_at),
        "consent_ends": _ends(one.joined),
        "open_gaps": len(one.gaps),
        "published": None if one.published is None else completeness.as_json(one.published),
        "threads_unexplained": one.differing,
        "days": [{"day": f"{day.day}", "runs": day.runs, "good": day.good, "gap": day.gap} for day in one.days],
    }


def _ends(joined: ConnectionView | None) -> str | None:
    return None if joined is None or joined.standing.ends_at is None else to_text(joined.standing.ends_at)


def _compare(connection: Connection, archive: Archive, entries: Sequence[Entry], now: datetime) -> Compared:
    accounts = [one.account for one in entries if one.account is not None]
    declared = {one.id: completeness.declared_by(archive.platforms, one.platform) for one in accounts}
    return Compared(now, completeness.published(connection, declared), completeness.unexplained(connection, declared))


class _Gathered:
    """What is known of all accounts, read once."""

    def __init__(
        self,
        archive: Archive,
        connection: Connection,
        days: DaysOfAll | None,
        viewer: Viewer,
        platforms: frozenset[str] | None,
    ) -> None:
        now, dead = archive.clock.now(), spool.dead(archive.settings.spool)
        self._archive, self.now = archive, now
        self._last, self._held = history.last_runs(connection, now, dead, viewer), history.held(connection, now, dead)
        self._due = history.due(connection, viewer=viewer)
        self._joined = connections.connections(connection, archive)
        gaps = history.gaps_since(connection, now - (DAYS + 1) * timedelta(days=1), viewer)
        self._gaps = {name: [one for one in some if one.closed_at is None] for name, some in gaps.items()}
        expected = deposits_due.expected(connection, archive)
        self._deposits = {one.account_id: one for one in expected if viewer.sees_private_of(one.account_id)}
        self._roles = _roles(connection, archive, viewer)
        found = plans(connection, archive.platforms.connectors, archive.settings, now)
        self._longer = rations(found).longer
        self._allowances = _allowances(found, archive, platforms)
        set_up = platform_states(archive) if platforms is None or platforms else ()
        self._platforms = {one.connector.platform: one for one in set_up}
        self._days: Callable[[str], list[DayView]] | None = days.read(connection, now, gaps) if days else None

    def row(self, entry: Entry, compared: Compared) -> Row:
        account = entry.account
        name = "" if account is None else account.id
        due = self._due.get(name, [])
        return Row(
            entry=entry,
            platform=platform_of(entry),
            reasons=reasons(self._facts(entry, name, compared)),
            last=self._last.get(name),
            held=self._held.get(name),
            last_good=entry.last_capture,
            due=due[0] if due and account is not None and account.state not in STOPPED else None,
            gaps=tuple(self._gaps.get(name, ())),
            joined=self._joined.get(name),
            published=compared.published.get(name),
            differing=compared.differing.get(name, 0),
            days=tuple(self._days(name)) if self._days is not None and account is not None else (),
        )

    def _facts(self, entry: Entry, name: str, compared: Compared) -> Facts:
        account, joined, deposit = entry.account, self._joined.get(name), self._deposits.get(name)
        published = compared.published.get(name)
        waits, why_not = self._waits(entry)
        platform = self._platforms.get("" if account is None else account.platform)
        every = timedelta(days=self._archive.settings.deposit_days)
        return Facts(
            now=self.now,
            register=entry.standing,
            waits=waits,
            why_not=why_not,
            state="active" if account is None else account.state,
            state_reason=None if account is None else account.state_reason,
            joined=None if joined is None else joined.standing,
            looks=self._looks(entry),
            gaps=[OpenGap(one.stream, one.cause, one.opened_at) for one in self._gaps.get(name, ())],
            allowances=self._allowances.get(name, ()),
            deposit=None if deposit is None else Deposit(deposit.due_at, every),
            roles=self._roles.get(name, ()),
            differing=compared.differing.get(name, 0),
            own_differs=0 if published is None else published.explained.unexplained,
            version_ends=None if platform is None else platform.ends,
            version_over=platform is not None and platform.is_over(self.now.date()),
        )

    def _looks(self, entry: Entry) -> Looks | None:
        account = entry.account
        if account is None:
            return None
        last, held = self._last.get(account.id), self._held.get(account.id)
        going = last is not None and last.outcome is None
        usual = interval(SweepKind.NEW, self._archive.settings)
        return Looks(
            every=usual * max(1.0, self._longer.get((account.id, SweepKind.NEW), 1.0)),
            since=max(account.added_at, account.state_since) if account.state == "active" else account.added_at,
            last_good=entry.last_capture,
            outcome=None if last is None else last.outcome,
            under_way=going or (held is not None and held.recovery_due_at is None),
            under_way_since=last.started_at if last is not None and going else None,
            interrupted=_is_interrupted(last, held),
            failures=max((one.failures for one in self._due.get(account.id, ())), default=0),
        )

    def _waits(self, entry: Entry) -> tuple[Waits | None, str]:
        """For whom an account waits that is not captured, and why it is not."""
        why, account = entry.not_captured, entry.account
        if why is None or (account is not None and account.state not in STOPPED):
            return None, ""
        return why.waits, why.why


def _roles(connection: Connection, archive: Archive, viewer: Viewer) -> dict[str, tuple[RoleWarning, ...]]:
    """What is to be said of who has roles, by account, without any name: to whoever keeps the capture going, and to
    whoever sees more than what was public."""
    known = [one for one in accounts.list_accounts(connection) if viewer.watches(one.id)]
    found = page_roles.of_accounts(connection, archive, known)
    return {
        one.id: tuple(
            RoleWarning(each.misfit.value, each.said, each.since) for each in page_roles.warned(found[one.id], one)
        )
        for one in known
    }


def _is_interrupted(last: RunView | None, held: HoldView | None) -> bool:
    return (held is not None and held.recovery_due_at is not None) or (
        last is not None and last.recovery_due_at is not None
    )


def _allowances(found: Sequence[Plan], archive: Archive, told: frozenset[str] | None) -> dict[str, list[Allowance]]:
    """Allowances that do not simply last, by account; ``told``: only of these, None: of all."""
    known: defaultdict[str, list[Allowance]] = defaultdict(list)
    for plan, view in quota.told(found, archive, {}):
        if quota.needs_attention([view]):
            said = " ".join((view.forecast, *view.chosen))
            one = Allowance(view.state == quota.EMPTY, said, view.reset_at)
            for account_id in (name for name in plan.members if told is None or name in told):
                known[account_id].append(one)
    return known
