"""The city's account on the practice Bluesky, and an archive that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar, Self

from sqlalchemy import update

from archiver.accounts.acts import registered
from archiver.accounts.models import Account as Registered
from archiver.archive import Archive
from archiver.database import take_chains
from archiver.practice.acts import Block, Delete, Share
from archiver.practice.bluesky_api import BlueskyApi
from archiver.practice.bluesky_ids import POST, REPOST, number_of, uri_of
from archiver.practice.cast import populate_bluesky
from archiver.practice.truth import TrueRecord, Truth
from connectors.text import tidy
from tests.capture.house import FULL, House
from tests.capture.observed import Observed
from tests.capture.told import Match, check_wordings, tally
from tests.graph.place import Place

PASSWORD = "abcd-canary-2345-efgh"


@dataclass
class Account(Place):
    """One account of a house's city, signed in with an app password."""

    home: ClassVar[str] = "bluesky"
    token: ClassVar[str] = PASSWORD
    populate = staticmethod(populate_bluesky)

    @classmethod
    def open(cls, house: House) -> Self:
        found = super().open(house)
        use_directory(house.archive, found.account, house.server.base_url)
        return found

    @property
    def server(self) -> BlueskyApi:  # type: ignore[override]
        return self.house.server.bluesky

    def key_of(self, number: int) -> str:
        self.server.repositories.catch_up()
        said = self.server.repositories.said[number]
        return uri_of(number, said.author, REPOST if isinstance(said, Share) else POST)


def use_directory(archive: Archive, account: str, directory: str) -> None:
    """Look up the account's identity there, after a rebuild too."""
    with archive.database.write() as connection:
        take_chains(connection, [account])
        chosen = update(Registered).where(Registered.id == account)
        connection.execute(chosen.values(settings={"directory": directory}))
        archive.acts.record(connection, registered(connection, account), archive.clock.now())


# A month held against what really happened.


@dataclass
class _Month:
    """What was to be seen when. ``blocked``: since when the account blocks whom. ``closed``: since when nobody may
    answer a post."""

    truth: Truth
    owner: int
    blocked: dict[int, datetime]
    closed: dict[int, datetime]

    def shown(self, at: datetime) -> Iterator[TrueRecord]:
        """What lists and threads lead to at a time: all of the account's own, what it passed on, what names it, and
        what answers it by way of what stands and is shown itself."""
        passed_on = {one.share_of for one in self.truth.said() if one.author == self.owner and one.exists_at(at)}
        for said in self.truth.said():
            own = said.author == self.owner or said.id in passed_on
            if said.exists_at(at) and (own or self.in_a_thread(said, at) or self.names(said, at)):
                yield said

    def in_a_thread(self, said: TrueRecord, at: datetime) -> bool:
        while said.parent is not None:
            above = self.truth.records[said.parent]
            if not said.exists_at(at) or self.at_odds(said.author, above.author, at) or self.violates(said):
                return False
            said = above
        return said.author == self.owner and said.exists_at(at)

    def names(self, said: TrueRecord, at: datetime) -> bool:
        """Whether the account is told of it, signed in."""
        told = self.owner in said.mentions and said.parent is None
        return told and not self.at_odds(said.author, self.owner, at)

    def may_be_met(self, said: TrueRecord, at: datetime) -> bool:
        """Whether something may lead to an answer though what is above it is gone: the account is told who answers it,
        and what is known looks at what answers it."""
        if said.parent is None or not said.exists_at(at) or self.violates(said):
            return False
        return not self.at_odds(said.author, self.truth.records[said.parent].author, at)

    def at_odds(self, one: int, other: int, at: datetime) -> bool:
        who = other if one == self.owner else one if other == self.owner else None
        return who in self.blocked and self.blocked[who] <= at

    def violates(self, said: TrueRecord) -> bool:
        root = said
        while root.parent is not None:
            root = self.truth.records[root.parent]
        since = self.closed.get(root.id)
        return since is not None and said.created_at >= since and said.author != root.author


def check(house: Observed, owner: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``owner``: whose account it is."""
    journal = house.city.journal
    blocked = {act.whom: act.at for act in reversed(journal) if isinstance(act, Block) and act.person == owner}
    month = _Month(Truth(journal), owner, blocked, house.server.bluesky.repositories.closed)
    known = {key: row for key, row in house.records().items() if "/app.bsky.feed." in key}
    full = [at for at, _, sweep in house.looks if sweep is FULL]
    looks = [at for at, _, _ in house.looks]
    seen = {at: {_key(one) for one in month.shown(at) if one.kind != "share"} for at in looks}
    told = {_key(one) for at in looks for one in month.truth.said() if month.may_be_met(one, at)}
    must = set().union(*(seen[at] for at in full))
    lost = {number_of(one) or 0 for one in must - set(known)}
    assert not lost, ("shown, but not in the archive", [month.truth.records.get(one) for one in lost])
    posts = {key: row for key, row in known.items() if f"/{REPOST}/" not in key}
    strange = {number_of(one) or 0 for one in set(posts) - told - set().union(*seen.values())}
    assert not strange, ("in the archive, but never shown", [month.truth.records.get(one) for one in strange])
    for key in must:
        number = number_of(key)
        assert number is not None
        said = month.truth.records[number]
        _check(house, Match(said, known[key], [at for at in full if key in seen[at]], full))
    _check_reposts(house, owner, {key: row for key, row in known.items() if key not in posts})
    return tally(known)


def _key(said: TrueRecord) -> str:
    return uri_of(said.id, said.author)


def _check(house: Observed, one: Match) -> None:
    said, row, versions = one.said, one.row, [one for one in house.versions(one.row.key) if one.content]
    check_wordings(house, one, [tidy(version.content["text"]) for version in versions])
    assert not any(one.content == other.content for one, other in pairwise(versions)), "an edit that nobody made"
    assert row.created_at == said.created_at
    kinds = {"comment"} if said.parent is not None else {"mention", "share"} if said.mentions else {"post"}
    assert row.kind in kinds, said
    assert row.state == ("visible" if said.exists_at(one.full[-1]) else "not_returned"), said


def _check_reposts(house: Observed, owner: int, rows: dict[str, Any]) -> None:
    """A repost is there until it is taken back, whatever becomes of what it passes on."""
    journal, full = house.city.journal, [at for at, _, sweep in house.looks if sweep is FULL]
    taken = {act.id: act.at for act in journal if isinstance(act, Delete)}
    made = {act.id: act for act in journal if isinstance(act, Share) and act.author == owner}
    keys = {uri_of(number, owner, REPOST): number for number in made}
    assert set(rows) <= set(keys)
    for key, number in keys.items():
        seen = [at for at in full if made[number].at <= at and not (number in taken and taken[number] <= at)]
        if seen:
            assert rows[key].state == ("visible" if full[-1] in seen else "not_returned"), key
