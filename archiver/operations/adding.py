"""Adding a public account from its address, on a page: what is understood of it before anybody is asked, who may, and
what came of it. What is decided is what the command's service decides (:func:`archiver.accounts.service.add`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from archiver.accounts import service as accounts
from archiver.accounts.platforms import CAPABILITIES, credential_of
from archiver.accounts.register import linking, service
from archiver.accounts.register.capacity import May, strictest
from archiver.accounts.register.linking import Name
from archiver.accounts.register.missing import PROVISIONAL_DAYS
from archiver.accounts.register.statements import Register
from archiver.accounts.service import Added, By
from archiver.archive import Archive
from archiver.capture.masking import mask_text
from archiver.errors import Refused, UnknownAddress, UsageError
from archiver.evidence.register_facts import AuthoritySays, ListingSays
from archiver.people import asking_owners
from archiver.people.asking_owners import Place, Reach
from archiver.people.service import PersonView
from archiver.records.seeing import allowed
from archiver.records.stored import RECORD
from archiver.viewing import Viewer
from connectors.authorization import Connects
from connectors.contract import Claim, Connector

LONGEST: Final = 2000
"""Of an address, in characters."""
_FIRST: Final = 5
_UNKNOWN: Final = (
    "none of the platforms here knows this address; give the address of the account's own page, or of its feed"
)
_UNLISTED: Final = (
    "the register does not list this account, and your roles do not reach a whole authority; somebody whose do adds it"
)


class OutOfReach(Refused):
    """It is another's, and nothing of it is told."""


class Needs(StrEnum):
    """What it takes besides being added."""

    NOTHING = "nothing"
    OWNER = "owner"
    """Its owner lets it be read first."""
    KEY = "key"
    """The City gives a key of its own."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What an address says, before anybody is asked."""

    url: str
    choices: tuple[tuple[str, str], ...]
    """Platforms of which it may be, name and title; more than one where the address does not tell."""
    platform: str = ""
    """Empty: somebody has to choose one first."""
    title: str = ""
    handle: str = ""
    service: str = ""
    shows: tuple[tuple[str, str], ...] = ()
    """What is captured there: what it is, and how much of it."""
    limits: tuple[str, ...] = ()
    needs: Needs = Needs.NOTHING
    credential: str = ""
    """What the platform calls what it answers nobody without."""
    account: str | None = None
    """Id of the account, where the archive has it."""
    listing: str | None = None
    """Id of its entry in the register."""
    listed: ListingSays | None = None
    why_not: str = ""
    """Why it is not captured, by the register (law R5); empty: it may be."""
    offices: tuple[tuple[str, str], ...] = ()
    """Whose it can be said to be where the register does not list it: short name and name."""

    @property
    def ready(self) -> bool:
        """Whether it can be added."""
        return bool(self.platform) and not self.why_not and self.account is None and self.needs is Needs.NOTHING

    @property
    def days(self) -> int:
        """How long it is captured before the register has to be complete."""
        return PROVISIONAL_DAYS


def understand(
    archive: Archive, connection: Connection, person: PersonView, url: str, platform: str | None = None
) -> Understood:
    """What an address says, as far as the person's roles reach. Nobody is asked, and nothing is changed.

    Args:
        platform: which one was chosen; what the address tells by itself comes first.

    Raises:
        UnknownAddress, UsageError: it is of no account that could be captured.
        OutOfReach: the person's roles do not reach whoever's it is.
        Refused: it is made up and this archive is real, or the other way round.
    """
    if len(url) > LONGEST:
        raise UnknownAddress(f"an address has at most {LONGEST:,} characters")
    if holds_secret(url):
        raise UsageError("this address holds what looks like a password or key; give the public address instead")
    possible = archive.platforms.possible(url)
    if not possible:
        raise UnknownAddress(_UNKNOWN)
    choices = tuple((claim.platform, connector.title) for connector, claim in possible)
    chosen = possible if len(possible) == 1 else [pair for pair in possible if pair[1].platform == platform]
    if not chosen:
        return Understood(url.strip(), choices)
    connector, claim = chosen[0]
    accounts.require_own_world(archive, claim)
    told = _told(connector, claim, Understood(url.strip(), choices))
    reach = asking_owners.reach(connection, person.id, archive.clock.now())
    return _placed(connection, service.read(connection, service.today(archive)), reach, told, claim)


def add(archive: Archive, person: PersonView, read: Understood, authority: str, why: str) -> Added:
    """Add what was understood, in the name of a person. That their roles reach it is asked again in the act's own
    transaction, when it is known which account it is and whose.

    Raises:
        OutOfReach, Refused, Unreachable, UsageError: as :func:`archiver.accounts.service.add`.
    """
    if not read.ready:
        raise Refused(read.why_not or "this account is not one that can be added by its address alone")
    short = authority if read.listed is None else accounts.UNASSIGNED  # (its entry says whose it is)
    if read.listed is None and short not in {one for one, _ in read.offices}:
        raise UsageError("say whose account it is")

    def reached(connection: Connection, account_id: str) -> None:
        reach = asking_owners.reach(connection, person.id, archive.clock.now())
        if not reach.covers(Place(account_id, None, None)):
            raise OutOfReach(reach.refused or "your roles do not reach there")

    by = By(("person", person.id), why=why.strip() or None)
    return accounts.add(archive, read.url, read.platform, short, along=reached, by=by)


def holds_secret(url: str) -> bool:
    """Whether an address holds what looks like a password or key, and is not to be repeated. Of what is no address (a
    bracket that is never closed) no part is known to be its host, so any sign of a password counts. Pure."""
    try:
        host = urlsplit(url if "://" in url else f"//{url}").netloc
    except ValueError:
        host = url
    return mask_text(url) != url or "@" in host


def first_records(connection: Connection, viewer: Viewer, account_id: str) -> list[str]:
    """Ids of the newest records of an account that a viewer sees."""
    query = select(RECORD.c.id).where(RECORD.c.account_id == account_id, *allowed(viewer))
    query = query.order_by(RECORD.c.created_at.desc().nulls_last(), RECORD.c.id).limit(_FIRST)
    return list(connection.execute(query).scalars())


def is_slow(added_at: datetime, now: datetime) -> bool:
    """Whether nobody has begun although a service that runs would have. Pure."""
    return (now - added_at).total_seconds() > _SECONDS


_SECONDS: Final = 120


def _told(connector: Connector, claim: Claim, read: Understood) -> Understood:
    capabilities = connector.capabilities
    shows = ((words, getattr(capabilities, name, None)) for words, name in CAPABILITIES)
    credential = credential_of(connector)
    needs = Needs.OWNER if isinstance(connector, Connects) else Needs.KEY
    return replace(
        read,
        platform=claim.platform,
        title=connector.title,
        handle=claim.handle,
        service=claim.service,
        shows=tuple((words, said) for words, said in shows if said),
        limits=tuple(capabilities.limits),
        needs=Needs.NOTHING if credential is None else needs,
        credential=credential or "",
    )


def _placed(connection: Connection, register: Register, reach: Reach, read: Understood, claim: Claim) -> Understood:
    """With what the archive and the register know of it, where the person's roles reach that."""
    name = Name(claim.platform, claim.service, claim.platform_id or None, claim.handle, claim.url)
    row: Any = linking.account_of(connection, name)
    found = set(linking.listed(register, name))
    if row is not None:
        found |= {one for one, says in register.listings.items() if says.account == row.id}
    listings = [register.listings[one] for one in sorted(found)]
    places = [_place(register, one) for one in listings] or [Place(None, None, None)]
    places = [Place(row.id, None, None)] if row is not None else places
    if reach.refused is not None or ((row is not None or listings) and not all(map(reach.covers, places))):
        raise OutOfReach(reach.refused or "your roles do not reach there")
    may, why_not = strictest(listings)
    read = replace(
        read,
        account=None if row is None else row.id,
        listing=min(found, default=None),
        listed=listings[0] if listings else None,
        why_not="" if may is May.RUN else why_not,
    )
    if row is None and not listings:
        offices = _offices(register, reach)
        return replace(read, offices=offices, why_not="" if offices else _UNLISTED)
    return read


def _place(register: Register, listing: ListingSays) -> Place:
    found = register.authorities.get(listing.authority or "")
    return Place(None, None if found is None else found.short, listing.department)


def _offices(register: Register, reach: Reach) -> tuple[tuple[str, str], ...]:
    """Authorities for which a person may add an account that the register does not list; where they may for all, it can
    be left open."""
    known = [one for one in register.authorities.values() if _is_there(one, register.today)]
    mine = [one for one in known if reach.authorities is None or one.short in reach.authorities]
    offices = tuple((one.short, one.name) for one in sorted(mine, key=lambda one: one.name.casefold()))
    return (*offices, (accounts.UNASSIGNED, "not known yet")) if reach.authorities is None else offices


def _is_there(one: AuthoritySays, day: str) -> bool:
    return (one.since is None or one.since <= day) and (one.until is None or day <= one.until)
