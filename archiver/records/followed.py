"""Where short links of records were found to lead: what is still to be followed, and what is known.

A look belongs to an account and an address; the records whose words name the address say themselves which looks are
theirs. No look ever changes a version: what a record says, and where its links led on some day, are two things.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select

from archiver.accounts.models import Account
from archiver.clock import from_text
from archiver.database import among, safe_text
from archiver.records import as_all_saw, short_links
from archiver.records.models import Link, RecordLink
from archiver.records.stored import RECORD, VERSION, table
from archiver.records.withheld import is_looked_at_in_private, public_version, public_version_since
from connectors.contract import AccessClass, RecordKind

_ACCOUNT, LINK, RECORD_LINK = table(Account), table(Link), table(RecordLink)
_PUBLIC_WORDS = (RecordKind.POST, RecordKind.STORY, RecordKind.COMMENT, RecordKind.SHARE, RecordKind.REVIEW)
_FEEDS = ("feed",)
"""Platforms on which every entry is the account's own, whoever it names as its author."""
_TOLD_BY = {"x": ("t.co",)}
"""Services whose links a platform tells itself, but for those to its own pictures."""
_SHARED = timedelta(days=30)
"""A look is good for another record that names the same address so long."""
AGAIN = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""When one that failed is tried again: so long after the first, the second, the third look."""
_COMMENTS = timedelta(days=30)
"""Of what others wrote, only what is not older is looked at."""
_ROWS = 500
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LinkView:
    """Where a short link led when it was followed."""

    id: str
    address: str
    """As it is asked, ``https`` and without a fragment."""
    at: datetime
    state: str
    """``led``, ``nowhere``, ``refused``, ``failed``."""
    target: str | None
    """Where it leads; of one that is not ``led`` the furthest address that was named."""
    reason: str | None
    exchanges: tuple[str, ...]
    """The stored exchanges that show it, in order."""


@dataclass(slots=True)
class Wanted:
    """One address that records name, and nobody followed for them yet."""

    address: str
    records: dict[str, None] = field(default_factory=dict)
    known: str | None = None
    """A look that is young enough to count for them too; None: it has to be followed."""


@dataclass(frozen=True, slots=True)
class Open:
    """What there is to follow."""

    wanted: tuple[Wanted, ...]
    seen_until: datetime | None
    """When the newest of the versions that were looked at was first seen."""
    next_try: datetime | None
    """When one that failed is due again; None: there is none."""


def open_links(
    connection: Connection,
    account_id: str,
    services: Collection[str],
    now: datetime,
    *,
    since: datetime | None = None,
    comments: bool = False,
) -> Open:
    """The short links of an account's public words that are to be followed; those seen last first. Words of a public
    record that were seen in private alone are none of these: an address that is asked is told to everybody.

    Args:
        since: versions first seen before it were looked at by an earlier call.
        comments: of others too, if they are not older than a month.
    """
    platform = connection.scalar(select(_ACCOUNT.c.platform).where(_ACCOUNT.c.id == account_id))
    asked = [one for one in services if one not in _TOLD_BY.get(str(platform), ())]
    looks = _looks(connection, account_id)
    found: dict[str, Wanted] = {}
    until = since
    closed = is_looked_at_in_private(connection, account_id)
    versions = _versions(account_id, now, since, comments=comments, closed=closed)
    for row in connection.execute(versions.execution_options(yield_per=_ROWS)):
        # What a clock that went ahead says is yet to come, holds back nothing that comes, and is not asked for always.
        seen = min(row.first_seen_at, now)
        until = seen if until is None else max(until, seen)
        addresses = short_links.short(row.content, row.text, asked)
        if addresses and closed:
            told = _told_to_all(connection, row.record_id, asked)
            addresses = tuple(one for one in addresses if told is None or one in told)
        for address in addresses:
            if not looks.has(row.record_id, address, row.first_seen_at, now):
                found.setdefault(address, Wanted(address)).records.setdefault(row.record_id)
    for record_id, address in looks.due(now):
        if short_links.of_service(address, asked):
            found.setdefault(address, Wanted(address)).records.setdefault(record_id)
    for one in found.values():
        one.known = looks.good_for(one, now)
    return Open(tuple(found.values()), until, looks.next_try(now))


def _versions(account_id: str, now: datetime, since: datetime | None, *, comments: bool, closed: bool) -> Any:
    """``closed``: not everybody could see all that is stored of the account. Words may then have been seen in private
    long before everybody saw them."""
    own = or_(RECORD.c.author_id == _ACCOUNT.c.platform_id, _ACCOUNT.c.platform.in_(_FEEDS))
    whose: ColumnElement[bool] = or_(own, RECORD.c.created_at >= now - _COMMENTS) if comments else own
    chosen = (
        select(VERSION.c.record_id, VERSION.c.content, VERSION.c.text, VERSION.c.first_seen_at)
        .join(RECORD, RECORD.c.id == VERSION.c.record_id)
        .join(_ACCOUNT, _ACCOUNT.c.id == RECORD.c.account_id)
        .where(
            RECORD.c.account_id == account_id,
            RECORD.c.kind.in_([one.value for one in _PUBLIC_WORDS]),
            RECORD.c.access == AccessClass.PUBLIC.value,
            VERSION.c.first_seen_at.is_not(None),
            whose,
        )
        .order_by(VERSION.c.first_seen_at.desc(), VERSION.c.id)
    )
    if closed:
        return chosen.where(public_version() if since is None else public_version_since(VERSION, since))
    return chosen if since is None else chosen.where(VERSION.c.first_seen_at >= since)


def _told_to_all(connection: Connection, record_id: str, asked: Collection[str]) -> set[str] | None:
    """The short links in what everybody saw a record say, where anything of it was seen in private: a version that they
    saw may say more than they saw of it. None: nothing was."""
    mixed = as_all_saw.versions_of(connection, [record_id]).get(record_id)
    if mixed is None:
        return None
    return {address for one in mixed for address in short_links.short(one.content, one.text, asked)}


@dataclass(slots=True)
class _Looks:
    """Looks of one account."""

    of_record: dict[tuple[str, str], list[Any]]
    of_address: dict[str, Any]
    """The latest that did not fail."""

    def has(self, record_id: str, address: str, words_since: datetime, now: datetime) -> bool:
        """Whether it was followed for this record since it says so; at all, where that is yet to come."""
        looks = self.of_record.get((record_id, address), ())
        return any(words_since > now or one.told_at >= words_since for one in looks)

    def good_for(self, wanted: Wanted, now: datetime) -> str | None:
        """A look for other records that counts for these too. Where one of these was followed before, it was edited, or
        it failed: then it is followed again."""
        last = self.of_address.get(wanted.address)
        again = any((record_id, wanted.address) in self.of_record for record_id in wanted.records)
        return None if last is None or again or last.at < now - _SHARED else str(last.id)

    def due(self, now: datetime) -> list[tuple[str, str]]:
        return [key for key, at in self._tries() if at <= now]

    def next_try(self, now: datetime) -> datetime | None:
        return min((at for _, at in self._tries() if at > now), default=None)

    def _tries(self) -> Iterable[tuple[tuple[str, str], datetime]]:
        """When what failed the last time is tried again."""
        for key, looks in self.of_record.items():
            failed = 0
            for one in looks:
                failed = failed + 1 if one.state == FAILED else 0
            if 0 < failed <= len(AGAIN):
                yield key, looks[-1].at + AGAIN[failed - 1]


def _looks(connection: Connection, account_id: str) -> _Looks:
    query = (
        select(LINK.c.id, LINK.c.address, LINK.c.at, LINK.c.state, RECORD_LINK.c.record_id, RECORD_LINK.c.told_at)
        .join(RECORD_LINK, RECORD_LINK.c.link_id == LINK.c.id)
        .where(LINK.c.account_id == account_id)
        .order_by(LINK.c.at, LINK.c.id)
    )
    found = _Looks(defaultdict(list), {})
    for row in connection.execute(query):
        found.of_record[row.record_id, row.address].append(row)
        if row.state != FAILED:
            found.of_address[row.address] = row
    return found


# What is known --------------------------------------------------------------------------------------------------------


def of_records(connection: Connection, record_ids: Sequence[str]) -> dict[str, list[LinkView]]:
    """The looks of some records, oldest first. Records without any are left out."""
    query = (
        select(RECORD_LINK.c.record_id, LINK)
        .join(LINK, LINK.c.id == RECORD_LINK.c.link_id)
        .where(among(connection, RECORD_LINK.c.record_id, record_ids))
        .order_by(RECORD_LINK.c.record_id, LINK.c.at, LINK.c.id)
    )
    found: dict[str, list[LinkView]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        told = {name: row[name] for name in LinkView.__slots__}
        found[row["record_id"]].append(LinkView(**{**told, "exchanges": tuple(row["exchanges"])}))
    return dict(found)


def evidence(connection: Connection, record_id: str) -> set[str]:
    """Ids of the exchanges that show where the short links of a record led."""
    return {exchange for one in of_records(connection, [record_id]).get(record_id, ()) for exchange in one.exchanges}


def of_words(looks: Iterable[LinkView], content: Mapping[str, Any], text: str) -> tuple[LinkView, ...]:
    """Those of a record's looks that are of addresses which these words name, in the order of the words; of one address
    the oldest first."""
    by_address: dict[str, list[LinkView]] = defaultdict(list)
    for one in looks:
        by_address[one.address].append(one)
    if not by_address:
        return ()
    return tuple(one for name in short_links.named(content, text) for one in by_address.get(name, ()))


def searched(text: str, looks: Iterable[LinkView]) -> str:
    """What a version is found by (:func:`archiver.records.links.searched`), and where its short links led."""
    targets = dict.fromkeys(one.target for one in looks if one.target is not None)
    return "\n\n".join((text, "\n".join(targets))) if targets else text


# What a run brought ---------------------------------------------------------------------------------------------------


def apply(connection: Connection, account_id: str, told: Iterable[Mapping[str, Any]], told_at: datetime) -> list[str]:
    """Write what a run record of ``told_at`` says of links (WARC profile §2.4). The records that it concerns."""
    links: list[dict[str, Any]] = []
    pairs: dict[tuple[str, str], None] = {}
    for one in told:
        pairs |= dict.fromkeys((record_id, one["id"]) for record_id in one["records"])
        if "address" in one:
            links.append(_row(account_id, one))
    if links:
        connection.execute(insert(LINK), links)
    known = _known(connection, pairs)
    rows = [
        {"record_id": record_id, "link_id": link_id, "told_at": told_at}
        for record_id, link_id in pairs
        if (record_id, link_id) not in known
    ]
    if rows:
        connection.execute(insert(RECORD_LINK), rows)
    return list(dict.fromkeys(record_id for record_id, _ in pairs))


def _row(account_id: str, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"],
        "account_id": account_id,
        "address": safe_text(one["address"]),
        "at": from_text(one["at"]),
        "state": one["state"],
        "target": None if one.get("target") is None else safe_text(one["target"]),
        "reason": None if one.get("reason") is None else safe_text(one["reason"]),
        "exchanges": list(one.get("exchanges", ())),
    }


def _known(connection: Connection, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those that are there already: what was looked at twice by two processes is told twice."""
    query = select(RECORD_LINK.c.record_id, RECORD_LINK.c.link_id)
    chosen = query.where(
        and_(
            among(connection, RECORD_LINK.c.record_id, [one for one, _ in pairs]),
            among(connection, RECORD_LINK.c.link_id, [one for _, one in pairs]),
        )
    )
    return {(row.record_id, row.link_id) for row in connection.execute(chosen)} if pairs else set()
