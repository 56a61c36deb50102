"""Asking owners to connect their accounts, or to connect them again: whom, by mail or by a link that is handed over,
and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from archiver.accounts import links
from archiver.accounts.links import Asking, Offer
from archiver.accounts.register import contacts, service
from archiver.accounts.register.capacity import May, may_run
from archiver.accounts.register.statements import Thing
from archiver.accounts.service import UNASSIGNED
from archiver.archive import Archive
from archiver.errors import ArchiverError, Refused
from archiver.evidence.register_facts import AuthoritySays
from archiver.mail import service as mail
from archiver.mail.service import NewMail
from archiver.mail.trying import State
from archiver.operations.asked import Asked, asked
from archiver.operations.board import Row
from archiver.operations.board_rules import Reason
from archiver.operations.master_list import Entry, master_list
from archiver.operations.owner_letter import Wanted, letter
from archiver.operations.register_seen import Sight
from archiver.people import asking_owners
from archiver.people.asking_owners import Place
from archiver.people.service import PersonView
from archiver.visible import local_time

#: Reasons of the board that only the account's owner can put right.
OWNERS: Final = frozenset(
    {
        *("sign_in_needed", "revoked", "no_permission", "expiring", "not_captured_owner"),
        *("connection_sign_in_needed", "connection_revoked", "connection_permission_lost"),
    }
)
#: Of a purpose of mail.
PURPOSE: Final = "connect"
#: Who was asked a moment ago is not asked again: somebody pressed twice, or two did.
REST: Final = timedelta(minutes=5)
_LATELY: Final = "its owner was asked a moment ago; wait some minutes"
#: Most owners who are asked at once.
MOST: Final = 50


class Way(StrEnum):
    """What came of asking."""

    MAILED = "mailed"
    SHOWN = "shown"
    """The link is told here, once."""
    REFUSED = "refused"
    """Nothing was made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking one owner."""

    id: str
    account: str
    """What it is called."""
    way: Way
    owner: str = ""
    to: str = ""
    """Address that is written to."""
    link: str = ""
    """Where it is shown; it is kept nowhere."""
    ends_at: datetime | None = None
    why: str = ""
    """Why nothing was made, or why the link is shown."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account that waits for its owner."""

    row: Row
    why: Reason
    to: str | None
    """Where its owner is written to; None: nowhere."""
    asked: Asked | None
    rests: bool
    """Its owner was asked a moment ago."""

    @property
    def owner(self) -> str:
        """By name; empty where the register names nobody."""
        listing = self.row.entry.listing
        return (listing.owner if listing is not None else None) or ""


def needs_owner(row: Row) -> Reason | None:
    """Why an account waits for its owner; None: it does not."""
    return next((one for one in row.reasons if one.code in OWNERS), None)


def waiting(archive: Archive, connection: Connection, person_id: str, rows: Sequence[Row]) -> dict[str, Waiting]:
    """Accounts among these that wait for their owner, and whose owner a person may ask, by the id of their row."""
    found: dict[str, Waiting] = {}
    told = [(row, why) for row in rows if (why := needs_owner(row)) is not None]
    if not told:
        return found
    last, now = asked(connection), archive.clock.now()
    reach, known_to_be = asking_owners.reach(connection, person_id, now), _authorities(archive, connection)
    for row, why in told:
        if not reach.covers(_place(known_to_be, row.entry)):
            continue
        known = _last(last, row.entry)
        found[row.id] = Waiting(row, why, _to(archive, row.entry), known, known is not None and rests(known, now))
    return found


def ask(archive: Archive, person: PersonView, subject: str, sight: Sight) -> Outcome:
    """Ask the owner of an account, by its id or that of its entry in the register: by mail where that is set up and the
    register knows an address, else by a link that is told here once.

    Raises:
        Refused: it is not there, is not seen, or the person's roles do not reach it; the same words for all three.
    """
    with archive.database.read() as connection:
        entry = _entry(archive, connection, subject, sight)
        _require(archive, connection, person, entry)
        lately = _rests(archive, connection, entry)
    name = entry.name or subject
    if lately:
        return Outcome(subject, name, Way.REFUSED, why=_LATELY)
    try:
        return _ask(archive, person, subject, entry)
    except ArchiverError as failure:
        return Outcome(subject, name, Way.REFUSED, why=str(failure))


def rests(one: Asked, now: datetime) -> bool:
    """Whether an owner was asked so lately, or is to be written to, that asking again would only confuse. Pure."""
    if one.ended is not None:
        return False
    if one.mail is not None and one.mail.state is not State.SENT:
        return one.mail.state is State.WAITING
    return now - ((one.mail.ended_at if one.mail else None) or one.made_at) < REST


def _rests(archive: Archive, connection: Connection, entry: Entry) -> bool:
    known = _last(asked(connection), entry)
    return known is not None and rests(known, archive.clock.now())


def _ask(archive: Archive, person: PersonView, subject: str, entry: Entry) -> Outcome:
    listing, account = entry.listing, entry.account
    may, why_not = may_run(listing)
    if may is May.NEVER:
        raise Refused(f"{why_not}; nobody is asked to connect it (law R6)")
    owner, to = (listing.owner if listing is not None else None) or "", _to(archive, entry)

    def guard(connection: Connection, account_id: str | None) -> None:
        _require(archive, connection, person, entry, account_id)
        if _rests(archive, connection, entry):  # (again: two may have pressed at the same time)
            raise Refused(_LATELY)

    def post(connection: Connection, offer: Offer) -> None:
        if to is not None:
            words = letter(_wanted(archive, person, entry, offer, owner, to), offer.address,
                           local_time(offer.ends_at, archive.settings.zone))  # fmt: skip
            mail.ask(connection, archive, NewMail(PURPOSE, offer.id, words, offer.ends_at), ("person", person.id))

    with archive.database.read() as connection:
        authority = _place(_authorities(archive, connection), entry).authority
    asking = Asking(("person", person.id), entry.id, owner or None, guard, post)
    named = account.id if account is not None else listing.url if listing is not None else subject
    platform = None if account is not None or listing is None else listing.platform
    offer = links.offer(archive, named, platform=platform, authority=authority or UNASSIGNED, asking=asking)
    if to is not None:
        return Outcome(subject, entry.name or offer.account, Way.MAILED, owner, to, ends_at=offer.ends_at)
    return Outcome(subject, entry.name or offer.account, Way.SHOWN, owner, link=offer.address, ends_at=offer.ends_at,
                   why=_why_shown(archive, entry))  # fmt: skip


def _wanted(archive: Archive, person: PersonView, entry: Entry, offer: Offer, owner: str, to: str) -> Wanted:
    account, listing = entry.account, entry.listing
    url = account.url if account is not None else listing.url if listing is not None else ""
    return Wanted(
        owner=owner,
        to=to,
        account=entry.name or offer.account,
        platform=offer.platform,
        url=url,
        asker=person.name,
        contact=person.mail or archive.settings.contact or "",
        before=account is not None,
    )


def _why_shown(archive: Archive, entry: Entry) -> str:
    if not archive.settings.mail_url:
        return "no mail is set up here"
    if entry.listing is None or not entry.listing.owner_mail:
        return "the register has no mail address of its owner"
    return "its owner has left, as the register says"


def _to(archive: Archive, entry: Entry) -> str | None:
    if not archive.settings.mail_url or entry.listing is None:
        return None
    return contacts.writes_to(entry.listing, service.today(archive).isoformat())


def _entry(archive: Archive, connection: Connection, subject: str, sight: Sight) -> Entry:
    made = master_list(archive, connection)
    for one in made.entries:
        if subject in (one.id, one.account.id if one.account is not None else None) and sight.sees(made.register, one):
            return one
    raise Refused("your roles do not reach there")


def _require(
    archive: Archive, connection: Connection, person: PersonView, entry: Entry, account_id: str | None = None
) -> None:
    """``account_id``: of the account that the address of the entry leads to. A listing may name the address of one that
    is another authority's, without saying that it is that one."""
    reach = asking_owners.reach(connection, person.id, archive.clock.now())
    place = _place(_authorities(archive, connection), entry)
    reach.require(place)
    if account_id is not None:
        reach.require(replace(place, account_id=account_id))


def _authorities(archive: Archive, connection: Connection) -> dict[str, AuthoritySays]:
    return service.read(connection, service.today(archive), Thing.AUTHORITY).authorities


def _place(authorities: dict[str, AuthoritySays], entry: Entry) -> Place:
    """By what it is told who may ask."""
    listing, account = entry.listing, entry.account
    authority = authorities.get(listing.authority or "") if listing is not None else None
    return Place(
        account_id=None if account is None else account.id,
        authority=None if authority is None else authority.short,
        department=None if listing is None else listing.department,
    )


def _last(known: dict[str, Asked], entry: Entry) -> Asked | None:
    """Whichever is newer: of the account, of its entry."""
    ids = (entry.id, entry.account.id if entry.account is not None else None)
    found = [known[one] for one in ids if one is not None and one in known]
    return max(found, key=lambda one: one.made_at, default=None)
