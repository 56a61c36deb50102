"""Closing an account: the City ended its use of it. Capture ends, what is stored stays, and another act takes it back
(law R11, R15). The rule is pure; whether all of it was looked at a last time is asked of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from archiver.accounts import links
from archiver.accounts import permission as machine
from archiver.accounts import service as accounts
from archiver.accounts.acts import CLOSED
from archiver.accounts.events import log_event
from archiver.accounts.forgetting import forget_all
from archiver.accounts.models import Account, ConnectLink
from archiver.accounts.register import service as register
from archiver.accounts.register.statements import Thing
from archiver.accounts.service import LONGEST_REASON, AccountView
from archiver.archive import Archive
from archiver.capture.models import Due, Run
from archiver.database import safe_text, take_chains
from archiver.errors import Refused, UsageError
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import NewAct
from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.operations.handovers import look_of
from archiver.people.acting import Actor
from archiver.people.actions import Action
from archiver.people.permission import Resource
from archiver.people.registering import RolesOf
from archiver.people.service import get as person_of
from archiver.people.service import require
from connectors.contract import SweepKind

_RECENT: Final = 20


class Became(StrEnum):
    """What became of an account on its platform. Names stand in acts, and are final."""

    DELETED = "deleted"
    LEFT = "left"
    GIVEN = "given"


#: The same in words.
BECAME: Final[dict[str, str]] = {
    Became.DELETED: "deleted on the platform",
    Became.LEFT: "left standing on the platform, unused",
    Became.GIVEN: "given to somebody else",
}


@dataclass(frozen=True, slots=True)
class Closing:
    """What somebody says who closes an account."""

    closed_on: date
    """Last day on which the City used it."""
    became: str
    reason: str
    no_look: str = ""
    """Why nobody looked at all of it a last time."""


@dataclass(frozen=True, slots=True)
class WholeLook:
    """A look at all of an account that went well."""

    run_id: str
    began: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """How an account was closed, as the log tells it."""

    at: datetime
    closed_on: str
    became: str
    last_look: str | None

    @property
    def words(self) -> str:
        return BECAME.get(self.became, self.became)


def is_last(look: WholeLook, closed_on: date, zone: ZoneInfo) -> bool:
    """Whether a look is a last one: begun on the last day of use or later, by the city's clocks."""
    return look.began >= datetime.combine(closed_on, time(), zone)


def last_look(looks: Sequence[WholeLook], closed_on: date, zone: ZoneInfo) -> WholeLook | None:
    """The newest of these looks that is a last one; None: there is none."""
    fitting = [one for one in looks if is_last(one, closed_on, zone)]
    return max(fitting, key=lambda one: one.began, default=None)


def whole_looks(connection: Connection, account_id: str) -> list[WholeLook]:
    """The newest looks at all of an account that went well."""
    query = select(Run.id, Run.account_id, Run.sweep, Run.outcome, Run.started_at, Run.bookmark_before).where(
        Run.account_id == account_id, Run.sweep == SweepKind.FULL.value, Run.finished_at.is_not(None)
    )
    found = [look_of(row) for row in connection.execute(query.order_by(Run.number.desc()).limit(_RECENT))]
    return [WholeLook(one.id, one.began) for one in found if one.full and one.good]


def is_asked(connection: Connection, account_id: str) -> bool:
    """Whether somebody asked for a look at all of it that has not begun yet."""
    mine = (Due.account_id == account_id, Due.sweep == SweepKind.FULL.value, Due.asked_at.is_not(None))
    return connection.execute(select(Due.sweep).where(*mine)).first() is not None


def closed(connection: Connection, account: AccountView) -> Closed | None:
    """How an account was closed; None: it is not, or that is not in the log."""
    if account.state != CLOSED:
        return None
    query = select(Event.body, Event.at).where(
        Event.subject_id == account.id, Event.type == EventType.ACCOUNT_CLOSED.value
    )
    row = connection.execute(query.order_by(Event.at.desc(), Event.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    told = read_entry(row.body).data
    return Closed(row.at, told["closed_on"], told["became"], told["last_look"])


def close(archive: Archive, actor: Actor, account_id: str, said: Closing) -> AccountView:
    """Close an account. Its tokens are forgotten, and links to connect it end; what is stored stays.

    Raises:
        NotFound: there is no such account.
        Refused: the actor's roles do not allow it; or it is closed already.
        UsageError: something is missing, too long or cannot be; or nobody looked at all of it a last time.
    """
    return archive.database.act(partial(_close, archive=archive, actor=actor, account_id=account_id, said=said))


def _close(connection: Connection, *, archive: Archive, actor: Actor, account_id: str, said: Closing) -> AccountView:
    now, zone = archive.clock.now(), archive.settings.zone
    listing_id = _listed(connection, archive, account_id)
    if listing_id is not None:
        take_chains(connection, [listing_id])  # before the account, as whoever changes the register takes them
    accounts.hold(connection, account_id)
    before = accounts.get(connection, account_id)
    require(connection, archive, actor, Action.ACCOUNTS_CHANGE, Resource(account_id))
    if before.state == CLOSED:
        raise Refused("it is closed already")
    _check(said, now.astimezone(zone).date())
    look = _look(connection, account_id, said, zone)
    _state(connection, archive, actor, account_id, said, look, now)
    _forget(connection, archive, actor, account_id)
    if listing_id is not None:
        _enter_last_day(connection, archive, actor, listing_id, said)
    return accounts.get(connection, account_id)


def _look(connection: Connection, account_id: str, said: Closing, zone: ZoneInfo) -> WholeLook | None:
    """The last look at all of it; None: it was said why there is none."""
    look = last_look(whole_looks(connection, account_id), said.closed_on, zone)
    if look is None and not said.no_look.strip():
        raise UsageError(
            f"nobody looked at all of it since {said.closed_on}, its last day: have it looked at a last time first, or"
            " say why that cannot be"
        )
    return look


def _state(
    connection: Connection,
    archive: Archive,
    actor: Actor,
    account_id: str,
    said: Closing,
    look: WholeLook | None,
    now: datetime,
) -> None:
    """Write that it is closed, with act and event."""
    reason = safe_text(said.reason.strip())
    run, without = (None, safe_text(said.no_look.strip())) if look is None else (look.run_id, None)
    values = {"state": CLOSED, "state_since": now, "state_reason": reason}
    connection.execute(update(Account).where(Account.id == account_id).values(**values))
    facts: dict[str, Any] = {"closed_on": said.closed_on.isoformat(), "became": said.became, "last_look": run}
    more = {"reason": reason, "no_look": without, "by": actor.by}
    archive.acts.record(connection, NewAct(ActKind.ACCOUNT_CLOSED, account_id, facts | more, actor.pair), now)
    log_event(connection, archive, EventType.ACCOUNT_CLOSED, account_id, facts, actor=actor.pair)


def _forget(connection: Connection, archive: Archive, actor: Actor, account_id: str) -> None:
    """Its tokens are forgotten, and no link connects it any more."""
    forget_all(connection, archive, account_id, actor.pair)
    links.end(connection, archive, (ConnectLink.account_id == account_id,), "withdrawn", actor=actor.pair)


def reopen(archive: Archive, actor: Actor, account_id: str, *, reopens: bool = True) -> AccountView:
    """Capture an account again, at once. Of one that was closed the last day that was entered with that is taken out of
    the register too, where whoever opens it may change it there; one that was entered otherwise stays.

    Raises:
        As :func:`archiver.accounts.service.resume`.
    """

    def open_again(connection: Connection) -> AccountView:
        listing_id = _listed(connection, archive, account_id)
        if listing_id is not None:
            take_chains(connection, [listing_id])  # before the account, as whoever changes the register takes them
        last = closed(connection, accounts.get(connection, account_id))
        found = accounts.resume_in(connection, archive, account_id, actor.pair, reopens=reopens)
        if listing_id is not None and last is not None:
            _take_out_last_day(connection, archive, actor, listing_id, last.closed_on)
        return found

    return archive.database.act(open_again)


def _take_out_last_day(connection: Connection, archive: Archive, actor: Actor, listing_id: str, day: str) -> None:
    listing = register.read(connection, register.today(archive), Thing.LISTING).listings[listing_id]
    if listing.closed != day:
        return
    says, who = listing.model_copy(update={"closed": None}), _registering(connection, archive, actor)
    with suppress(machine.NotPermitted):
        register.state(connection, archive, who, listing_id, Thing.LISTING, says)


def _check(said: Closing, today: date) -> None:
    if said.became not in BECAME:
        raise UsageError("say what became of it on its platform: deleted, left or given")
    if not said.reason.strip():
        raise UsageError("say why it is closed: it is kept, and shown to whoever looks at the account")
    if max(len(said.reason), len(said.no_look)) > LONGEST_REASON:
        raise UsageError(f"a reason has at most {LONGEST_REASON:,} characters")
    if said.closed_on > today:
        raise UsageError(f"{said.closed_on} has not come yet: an account is closed when its last day is over")


def _listed(connection: Connection, archive: Archive, account_id: str) -> str | None:
    known = register.read(connection, register.today(archive), Thing.LISTING)
    return known.by_account.get(account_id)


def _enter_last_day(connection: Connection, archive: Archive, actor: Actor, listing_id: str, said: Closing) -> None:
    """Say it in the register too, where whoever closes it may change the register there; where not, the account's page
    says that its last day is not entered."""
    listing = register.read(connection, register.today(archive), Thing.LISTING).listings[listing_id]
    day = said.closed_on.isoformat()
    if listing.closed is not None or (listing.opened is not None and listing.opened > day):
        return
    says, who = listing.model_copy(update={"closed": day}), _registering(connection, archive, actor)
    with suppress(machine.NotPermitted):
        register.state(connection, archive, who, listing_id, Thing.LISTING, says)


def _registering(connection: Connection, archive: Archive, actor: Actor) -> machine.Actor:
    if actor.person_id is None:
        return machine.Actor(machine.PERSON, actor.by or actor.id)
    name = person_of(connection, actor.person_id).name
    return machine.Actor(machine.PERSON, name, actor.person_id, RolesOf(archive.clock, actor.person_id))
