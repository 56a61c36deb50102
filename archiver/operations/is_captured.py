"""Is it captured? What is known of the record that an address names (law R22). Nothing is asked of anybody here: the
address is taken apart by the connectors, and looked for in the index."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, select

from archiver import ids
from archiver.accounts import service as accounts
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture.models import Due, Lease
from archiver.operations import history
from archiver.operations.days import GOOD
from archiver.operations.history import RunView
from archiver.records.seeing import allowed
from archiver.records.stored import RECORD, chunks
from archiver.viewing import Viewer
from connectors.contract import Connector, NamesRecords, RecordAddress
from connectors.links import web

LONGEST: Final = 2000
_ACCOUNT: Final = "{account}"
_LOOKS: Final = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of an address."""

    url: str
    usable: bool
    """Whether it is a web address at all."""
    platforms: tuple[str, ...]
    """Titles of platforms that know such an address."""
    records: tuple[str, ...]
    """Ids of records that it names, and that are seen."""
    accounts: tuple[AccountView, ...]
    """Accounts of the archive that it may be of."""
    sure: bool
    """Whether the address says which account it is of."""
    under: Mapping[str, tuple[str, ...]]
    """By account: keys of the threads in which it would stand."""


def find(connection: Connection, archive: Archive, viewer: Viewer, url: str) -> Answer:
    """What is known of an address, as far as a viewer sees it."""
    url = url.strip()
    if len(url) > LONGEST or web(url) is None:
        return Answer(url, False, (), (), (), False, {})
    seen = [one for one in accounts.list_accounts(connection) if viewer.sees(one.id)]
    connectors = archive.platforms.connectors
    named = {name: address for name, one in connectors.items() if (address := record_address(one, url)) is not None}
    claims = {name: claim for name, one in connectors.items() if (claim := one.claim(url)) is not None}
    certain = {name for name, claim in claims.items() if claim.strength == "certain"}
    known = named.keys() or certain or {name for name in claims if name != "feed"}
    owners = [
        one
        for one in seen
        if (claim := claims.get(one.platform)) is not None
        and claim.service == one.service
        and (_same(claim.handle, one.handle) or _same(claim.url.rstrip("/"), one.url.rstrip("/")))
    ]
    keyed = {one.id: _keys(named[one.platform], one) for one in seen if _counts(named.get(one.platform), one)}
    records = _by_key(connection, viewer, {key for some in keyed.values() for key in some})
    if not records:
        mine = [one.id for one in seen if one.platform in known or one.platform in claims or one.platform in _LINKED]
        records = _by_url(connection, viewer, url, mine)
    of_platform = [one for one in seen if one.platform in known and _counts(named.get(one.platform), one, True)]
    under = {
        one.id: tuple(key.replace(_ACCOUNT, one.platform_id) for key in named[one.platform].under)
        for one in of_platform
        if one.platform in named
    }
    titles = tuple(sorted({connectors[name].title for name in known}))
    return Answer(url, True, titles, records, tuple(owners or of_platform), bool(owners), under)


def record_address(connector: Connector, url: str) -> RecordAddress | None:
    """What an address names to a connector."""
    return connector.record_of(url) if isinstance(connector, NamesRecords) else None


@dataclass(frozen=True, slots=True)
class Looks:
    """What came of asking to have an account looked at."""

    runs: tuple[RunView, ...]
    """Runs that looked at it and began since, oldest first."""
    waits: bool
    """Whether a sweep that somebody asked for has not come to its end."""
    behind: bool
    """Whether one is under way that began before: what was asked for begins when that has ended."""

    @property
    def done(self) -> bool:
        """Whether everything that was asked for was looked at, with whatever success."""
        return bool(self.runs) and not self.waits and all(one.outcome is not None for one in self.runs)

    @property
    def saw_all(self) -> bool:
        """Whether the last look of each kind saw all that it asked for: only then is what it did not see not there."""
        last = {one.sweep: one.outcome for one in self.runs}
        return self.done and all(one in GOOD for one in last.values())


def looks_since(
    connection: Connection,
    account_id: str,
    asked: datetime,
    now: datetime,
    dead: Collection[str],
    viewer: Viewer = Viewer.EVERYTHING,
) -> Looks:
    """What came of asking. ``dead``: as :func:`archiver.operations.history.runs`."""
    from_then_on = asked - timedelta(microseconds=1)
    runs = history.runs_after(connection, now, account_id, from_then_on, _LOOKS, dead, viewer)
    asked_for = select(Due.sweep).where(Due.account_id == account_id, Due.asked_at.is_not(None))
    waits = connection.execute(asked_for.limit(1)).first() is not None
    return Looks(tuple(runs), waits, not runs and _is_held(connection, account_id, now))


def _is_held(connection: Connection, account_id: str, now: datetime) -> bool:
    """Whether somebody captures an account just now."""
    held = select(Lease.epoch).where(Lease.account_id == account_id, Lease.holder != "", Lease.expires_at > now)
    return connection.execute(held).first() is not None


#: Platforms whose records may have an address on any other site.
_LINKED: Final = frozenset({"feed", "mastodon"})


def _counts(address: RecordAddress | None, account: AccountView, unless: bool = False) -> bool:
    """Whether the keys of an address count for an account."""
    if address is None:
        return unless
    return address.service is None or address.service == account.service


def _keys(address: RecordAddress, account: AccountView) -> Iterator[str]:
    for key in address.keys:
        yield ids.record_id(account.id, key.replace(_ACCOUNT, account.platform_id))


def _by_key(connection: Connection, viewer: Viewer, record_ids: set[str]) -> tuple[str, ...]:
    found: list[str] = []
    for chunk in chunks(sorted(record_ids)):
        query = select(RECORD.c.id).where(RECORD.c.id.in_(chunk), *allowed(viewer))
        found += connection.execute(query).scalars()
    return tuple(found)


def _by_url(connection: Connection, viewer: Viewer, url: str, account_ids: list[str]) -> tuple[str, ...]:
    """Records whose own address is just this, as the platform gave it."""
    forms = _forms(url)
    found: list[str] = []
    for chunk in chunks(account_ids):
        there = (RECORD.c.account_id.in_(chunk), RECORD.c.url.in_(forms))
        found += connection.execute(select(RECORD.c.id).where(*there, *allowed(viewer)).limit(20)).scalars()
    return tuple(sorted(set(found)))


def _forms(url: str) -> list[str]:
    """An address as it may be stored: with and without what browsers and those who share it add."""
    parts = urlsplit(url)
    bare = parts._replace(query="", fragment="")
    some = {url, urlunsplit(parts._replace(fragment="")), urlunsplit(bare)}
    some |= {one.rstrip("/") for one in some} | {f"{one.rstrip('/')}/" for one in some if "?" not in one}
    return sorted(some)


def _same(left: str, right: str) -> bool:
    return left.lstrip("@").casefold() == right.lstrip("@").casefold()
