"""Is it captured? What is known of the record that an address names (law R22). Nothing is asked of anybody here: the
address is taken apart by the connectors, and looked for in the index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, select

from archiver import ids
from archiver.accounts import service as accounts
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture.models import Run
from archiver.records.seeing import allowed
from archiver.records.stored import RECORD, chunks
from archiver.viewing import Viewer
from connectors.contract import Connector, NamesRecords, RecordAddress
from connectors.links import web

LONGEST: Final = 2000
_ACCOUNT: Final = "{account}"


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
class Look:
    """A run that began after somebody asked for it."""

    run_id: str
    sweep: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None


def looks_since(connection: Connection, account_id: str, asked: datetime) -> list[Look]:
    """Runs of an account that began since, oldest first."""
    columns = (Run.id, Run.sweep, Run.started_at, Run.finished_at, Run.outcome)
    query = select(*columns).where(Run.account_id == account_id, Run.started_at >= asked)
    return [Look(*row) for row in connection.execute(query.order_by(Run.started_at).limit(20))]


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
