"""Which account of the archive a listed account is: by the platform's id, else by address or handle on its server."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from archiver.accounts.models import Account
from archiver.accounts.permission import SERVICE, Actor
from archiver.accounts.register import service
from archiver.accounts.register.addresses import address, bare
from archiver.accounts.register.capacity import May, strictest
from archiver.accounts.register.statements import Register, Thing
from archiver.archive import Archive
from archiver.errors import Refused
from archiver.evidence.register_facts import ListingSays

_ITSELF = Actor(SERVICE, "the archive")


@dataclass(frozen=True, slots=True)
class Name:
    """By what an account is known."""

    platform: str
    service: str
    platform_id: str | None
    handle: str
    url: str


def name_of(listing: ListingSays) -> Name:
    """How a listed account is known."""
    return Name(listing.platform, listing.service, listing.platform_id, listing.handle, listing.url)


def same(one: Name, other: Name) -> bool:
    """Whether two names are one account's. The platform's id decides where both have one: handles are re-used. Pure."""
    if one.platform_id and other.platform_id:
        return (one.platform, one.service, one.platform_id) == (other.platform, other.service, other.platform_id)
    if address(one.url) == address(other.url):
        return True
    handles = [bare(name.handle, name.service) for name in (one, other)]
    if (one.platform, one.service) != (other.platform, other.service):
        return False
    return bool(handles[0]) and handles[0] == handles[1]


def listed(register: Register, name: Name) -> list[str]:
    """Listings that are of an account; more than one where it was listed twice."""
    return [listing_id for listing_id, says in register.listings.items() if same(name_of(says), name)]


@dataclass
class Names:
    """By what many accounts are known, so that one is found among thousands without comparing it with each."""

    _names: dict[str, Name] = field(default_factory=dict)
    _places: defaultdict[tuple[str | None, ...], set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, one: str, name: Name) -> None:
        """Say, also again, by what one is known."""
        self._names[one] = name
        for place in _places(name):
            self._places[place].add(one)

    def find(self, name: Name) -> list[str]:
        """All that are the :func:`same`, sorted."""
        near = {one for place in _places(name) for one in self._places.get(place, ())}
        return sorted(one for one in near if same(self._names[one], name))


def _places(name: Name) -> list[tuple[str | None, ...]]:
    """What two names that are the same have one of in common."""
    return [
        ("id", name.platform, name.service, name.platform_id),
        ("address", address(name.url)),
        ("handle", name.platform, name.service, bare(name.handle, name.service)),
    ]


class Captured:
    """The archive's accounts, as they are now."""

    def __init__(self, connection: Connection) -> None:
        columns = (Account.id, Account.platform, Account.service, Account.platform_id, Account.handle, Account.url)
        self._rows = {row.id: row for row in connection.execute(select(*columns))}
        self._names = Names()
        for row in self._rows.values():
            self._names.add(row.id, Name(*row[1:]))

    def of(self, name: Name) -> Any:
        """The account of that name, as a row with ``id``, ``platform``, ``service`` and ``platform_id``; None where
        there is none, or it is not certain."""
        found = self._names.find(name)
        return self._rows[found[0]] if len(found) == 1 else None


def account_of(connection: Connection, name: Name) -> Any:
    """The same of one name."""
    return Captured(connection).of(name)


def begin(
    connection: Connection, archive: Archive, account_id: str, name: Name, *, new: bool, told: str | None = None
) -> None:
    """Join an account that is being added to its listing, in the caller's transaction. One that is not listed was
    claimed as official by whoever added it.

    Args:
        told: the address that the platform says it has, or that the one given led to. It joins nothing, since a server
            may say any, and yet nothing gets round an entry by another address.

    Raises:
        Refused: it is listed as one that is not captured, or not yet; or by ``told`` alone.
    """
    service.alone(connection)
    register = service.read(connection, service.today(archive), Thing.LISTING)
    mine = {one for one, says in register.listings.items() if says.account == account_id}
    found = sorted({*mine, *listed(register, name)})
    may, reason = strictest([register.listings[one] for one in found])
    if new and may is not May.RUN:
        raise Refused(f"{reason}; nothing was added (law R5)")
    others = [says for one, says in register.listings.items() if told and one not in found and _is_at(says, told)]
    if new and others:
        raise Refused(
            "this address leads to one that is another entry of the register: if it is the same account, add it by the"
            " address that stands there; nothing was added"
        )
    if len(found) == 1 and not mine:
        (listing_id,) = found
        says = register.listings[listing_id]
        joined = says.model_copy(update={"account": account_id, "platform": name.platform, "service": name.service,
                                         "platform_id": name.platform_id})  # fmt: skip
        service.state(
            connection, archive, _ITSELF, listing_id, Thing.LISTING, joined, why="the account was added to the archive"
        )


def _is_at(listing: ListingSays, url: str) -> bool:
    return address(listing.url) == address(url)
