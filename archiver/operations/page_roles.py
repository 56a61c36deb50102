"""Who has which role on accounts at their platforms, beside what the register says: for the report, the board, the
doctor and whoever is warned (law R71). What platforms tell is put together here with reviews and deposits; what follows
from it is :mod:`archiver.page_roles.rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, func, select

from archiver import clock, logs
from archiver.accounts import service as accounts
from archiver.accounts.register.statements import Register, is_in
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture.deposits import About
from archiver.capture.models import Deposit
from archiver.evidence import log
from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.evidence.register_facts import ListingSays
from archiver.operations.deposits_due import ENDED, due_at
from archiver.page_roles import lists, rules, service
from archiver.page_roles.rules import Finding, Known, Misfit, RoleList
from archiver.page_roles.service import ReviewView
from archiver.records.models import RebuildProgress

_log = logs.get(__name__)
_NOBODY: frozenset[str] = frozenset({"feed"})
"""Platforms on which nobody has a role."""


@dataclass(frozen=True, slots=True)
class Deposited:
    """The newest deposit of an account's moderation settings, which may name who has a role."""

    id: str
    as_of: date
    by: str


@dataclass(frozen=True, slots=True)
class AccountRoles:
    """What is known of one account."""

    lists: tuple[RoleList, ...]
    """As its platform told a program; none: it tells none, or was not asked with leave to see them."""
    reviews: tuple[ReviewView, ...]
    """The newest first."""
    due_at: datetime | None
    """When the next review is due; None: never."""
    deposit: Deposited | None
    findings: tuple[Finding, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """Ids of the newest versions of the lists."""
        return tuple(one.told[-1].version for one in self.lists)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What somebody is to be told of, until it is mended or a review explains it."""
        return tuple(one for one in self.findings if one.warns)


def of_accounts(
    connection: Connection, archive: Archive, known: Sequence[AccountView], register: Register | None = None
) -> dict[str, AccountRoles]:
    """What is known of these accounts. ``register``: by which those who have a role are looked up; None: they are
    not."""
    ids = [one.id for one in known]
    told, reviews = lists.of_accounts(connection, ids), service.of_accounts(connection, ids)
    deposits = _deposits(connection, archive)
    found = {}
    for one in known:
        mine, reviewed, deposit = told.get(one.id, ()), tuple(reviews.get(one.id, ())), deposits.get(one.id)
        due = _due(archive, one, reviewed)
        findings = tuple(_findings(archive, one, mine, reviewed, due, deposit, register))
        found[one.id] = AccountRoles(mine, reviewed, due, deposit, findings)
    return found


def has_roles(account: AccountView) -> bool:
    """Whether anybody can have a role there."""
    return account.platform not in _NOBODY


def _due(archive: Archive, account: AccountView, reviewed: Sequence[ReviewView]) -> datetime | None:
    days = archive.settings.role_review_days
    if days == 0 or account.state in ENDED or not has_roles(account):
        return None
    return due_at(reviewed[0].day if reviewed else None, account.added_at, days, archive.settings.zone)


def _findings(
    archive: Archive,
    account: AccountView,
    told: Sequence[RoleList],
    reviewed: Sequence[ReviewView],
    due: datetime | None,
    deposit: Deposited | None,
    register: Register | None,
) -> Iterator[Finding]:
    if account.state in ENDED:
        return
    now, days = archive.clock.now(), archive.settings.role_seen_days
    versions = frozenset(version for one in reviewed for version in one.versions)
    for one in told:
        found = rules.of_list(one, _known(register, account.id), versions, now, days)
        yield from (each for each in found if register is not None or each.misfit not in _BY_REGISTER)
    if not told and has_roles(account):
        yield _nobody_tells(deposit, now, archive)
    if due is not None and due <= now:
        yield Finding(Misfit.OVERDUE, "review of who has a role there overdue since", due, warns=True)


_BY_REGISTER = frozenset({Misfit.UNKNOWN, Misfit.ENDED})


def _nobody_tells(deposit: Deposited | None, now: datetime, archive: Archive) -> Finding:
    """Nobody but who signs in there sees it: what somebody brought by hand is all that there is."""
    days = archive.settings.deposit_days
    if deposit is None:
        said = "no program is shown who has a role there, and nobody deposited it: nobody can tell"
        return Finding(Misfit.NOBODY_TELLS, said + ("; a deposit is due" if days else ""))
    said = f"no program is shown who has a role there; what was deposited shows {deposit.as_of}"
    late = days > 0 and due_at(deposit.as_of, now, days, archive.settings.zone) <= now
    return Finding(Misfit.NOBODY_TELLS, said + ("; another deposit is due" if late else ""))


def _known(register: Register | None, account_id: str) -> list[Known]:
    """Everybody whom the register names for an account: its owner, its page administrators, and who has a role for its
    authority, its department or itself."""
    listing_id = None if register is None else register.by_account.get(account_id)
    if register is None or listing_id is None:
        return []
    says = register.listings[listing_id]
    named = [Known(one) for one in says.administrators]
    if says.owner:
        named.append(Known(says.owner, _over(register, says.owner_until)))
    named += [
        Known(one.person, None if is_in(register.today, one.since, one.until) else one.until)
        for one in register.custodianships.values()
        if _concerns(one.listing, one.department, one.authority, listing_id, says)
    ]
    return named


def _concerns(listing: str | None, department: str | None, authority: str, listing_id: str, says: ListingSays) -> bool:
    if listing is not None:
        return listing == listing_id
    return authority == says.authority and department in (None, says.department)


def _over(register: Register, until: str | None) -> str | None:
    """The last day of an entry that is over; None: it holds."""
    return until if until is not None and until < register.today else None


def _deposits(connection: Connection, archive: Archive) -> dict[str, Deposited]:
    """The newest of each account by the day that it shows. One in the future is of a clock that went wrong."""
    today = archive.clock.now().astimezone(archive.settings.zone).date() + timedelta(days=1)
    counts = (Deposit.about == About.MODERATION.value, Deposit.as_of <= today.isoformat())
    newest = select(Deposit.account_id, func.max(Deposit.as_of).label("as_of")).where(*counts)
    last = newest.group_by(Deposit.account_id).subquery()
    query = select(Deposit.account_id, Deposit.exchange_id, Deposit.as_of, Deposit.deposited_by).where(*counts)
    query = query.join(last, (last.c.account_id == Deposit.account_id) & (last.c.as_of == Deposit.as_of))
    rows = connection.execute(query.order_by(Deposit.exchange_id))
    return {row[0]: Deposited(row[1], date.fromisoformat(row[2]), row[3]) for row in rows}


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that somebody is told of: of one account and one kind, however many it concerns. It names nobody."""

    account_id: str
    account: str
    misfit: Misfit
    said: str
    """One sentence without its end; a time follows."""
    since: datetime


def warned(found: AccountRoles, account: AccountView) -> tuple[Warned, ...]:
    """What is to be said of an account, without a name: the report says whom it is about."""
    kinds = rules.warnings(found.findings)
    return tuple(
        Warned(account.id, account.handle or account.name, kind, _words(kind, some), max(_times(some)))
        for kind, some in kinds.items()
    )


def _times(some: Collection[Finding]) -> Iterator[datetime]:
    return (one.at for one in some if one.at is not None)


def _words(kind: Misfit, some: Sequence[Finding]) -> str:
    if kind is not Misfit.LOST:
        return some[0].said
    if len(some) == 1:
        return "one role that its platform told of is told no more, since"
    return f"{len(some):,} roles that its platform told of are told no more, since"


def all_warned(connection: Connection, archive: Archive) -> list[Warned]:
    """Everything that somebody is to be told of now."""
    known = accounts.list_accounts(connection)
    found = of_accounts(connection, archive, known)
    return [each for one in known for each in warned(found[one.id], one)]


def warn(archive: Archive) -> int:
    """Say once of everything that came up, in the event log and in that of the service. Of how much."""
    with archive.database.read() as connection:
        if connection.execute(select(RebuildProgress.account_id).limit(1)).first() is not None:
            return 0  # what is not in the index yet would be taken for lost
        new = [one for one in all_warned(connection, archive) if not _is_told(connection, one)]
    for one in new:
        archive.database.act(partial(_tell, archive=archive, one=one))
        since = clock.to_text(one.since)
        _log.warning("page.roles_warned", account=one.account_id, about=one.misfit.value, since=since, said=one.said)
    return len(new)


def _tell(connection: Connection, *, archive: Archive, one: Warned) -> None:
    accounts.hold(connection, one.account_id)
    if not _is_told(connection, one) and one in all_warned(connection, archive):
        facts = {"about": one.misfit.value, "since": clock.to_text(one.since)}
        kind = EventType.ROLES_WARNED.value
        event = NewEvent(kind, "account", one.account_id, facts, "service", "reminder", chained=True)
        log.append(connection, [event], archive.clock.now())


def _is_told(connection: Connection, one: Warned) -> bool:
    """Whether the log says so of this very thing."""
    query = select(Event.body).where(Event.subject_id == one.account_id, Event.type == EventType.ROLES_WARNED.value)
    said = (read_entry(body).data for body in connection.execute(query).scalars())
    return any(each["about"] == one.misfit.value and each["since"] == clock.to_text(one.since) for each in said)
