"""The city's page on the practice LinkedIn, and an archive that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from archiver.accounts import service as accounts
from archiver.capture.models import Exchange, Segment
from archiver.practice.cast import Cast, populate_linkedin
from archiver.practice.linkedin_api import LinkedInApi
from archiver.practice.linkedin_ids import post_urn
from archiver.practice.truth import TrueRecord, Truth
from archiver.records.models import Occurrence
from connectors.text import tidy
from tests.capture.house import FULL, House
from tests.capture.observed import Observed
from tests.capture.told import said_of, top_of

TOKEN = "AQXLinkedInCanary-0123456789_abcdefghijklmnopqrstuvwxyz~./+="


@dataclass
class Page:
    """The page of a house's city."""

    house: House
    cast: Cast
    account: str = ""

    @property
    def id(self) -> int:
        return self.cast.city

    @property
    def server(self) -> LinkedInApi:
        return self.house.server.linkedin

    def states(self, *numbers: int) -> list[str]:
        """States of what was said."""
        records = self.house.records()
        return [records[key_of(self.house, number)].state for number in numbers]

    def key_of(self, number: int) -> str:
        return key_of(self.house, number)

    def play(self, every: timedelta, *, full_only: bool, **sizes: int) -> None:
        """Play a month and look every so often."""
        acts = {"home": "linkedin", "shares": 0, "messages": 0, "mentions": 0, **sizes}
        self.house.play(self.account, every, acts, full_only=full_only, cast=self.cast)

    def talk(self, comments: int = 3) -> tuple[int, list[int]]:
        """A post with comments of several people."""
        city, people = self.house.city, self.cast.residents
        post = city.say(self.id, "Main Street is closed on Monday. #streetworks")
        return post, [city.say(people[n % 3], f"comment {n}", answering=post) for n in range(comments)]


def page(house: House, token: str = TOKEN) -> Page:
    """Open the page and register it."""
    cast = populate_linkedin(house.city, house.clock.now() - timedelta(days=1))
    house.server.linkedin.tokens[token] = cast.city
    address = house.server.linkedin.account_url(cast.city)
    account = accounts.add(house.archive, address, "linkedin", credential=token).account.id
    return Page(house, cast, account)


def key_of(house: Observed, number: int) -> str:
    """Key of the record that a post or comment of the city is."""
    if house.server.linkedin.tops.of(number) is not None:
        return f"comment/{number}"
    return post_key(number)


def post_key(number: int) -> str:
    """Key of the record that a post is."""
    _, _, kind, identity = post_urn(number).split(":")
    return f"{kind}/{identity}"


def public_words(house: Observed) -> set[str]:
    """Keys of records of which something stands in an answer that is kept as public."""
    access = {segment.id: segment.access for segment in house.rows(Segment)}
    public = {exchange.id for exchange in house.rows(Exchange) if access[exchange.segment_id] == "public"}
    keys = {row.id: key for key, row in house.records().items()}
    return {keys[row.record_id] for row in house.rows(Occurrence) if row.exchange_id in public}


def shown(truth: Truth, post: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
    """What the token is shown of a post at a time: a reply goes with the comment it is under, all with the post."""
    if truth.stands(post.id, at):
        yield post
        for said in truth.thread(post.id)[1:]:
            if truth.stands(said.id, at) and truth.stands(top_of(truth, said).id, at):
                yield said


def check(house: Observed, owner: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``owner``: whose page it is."""
    truth = Truth(house.city.journal)
    posts = [one for one in truth.said() if one.author == owner and one.kind == "post"]
    full = [at for at, _, sweep in house.looks if sweep is FULL]
    seen = {at: {one.id for post in posts for one in shown(truth, post, at)} for at, _, _ in house.looks}
    prefixes = ("share/", "ugcPost/", "comment/")
    known = {key: row for key, row in house.records().items() if key.startswith(prefixes)}
    must = {key_of(house, number): number for at in full for number in seen[at]}
    may = {key_of(house, number) for numbers in seen.values() for number in numbers}
    assert set(must) - set(known) == set(), "shown, but not in the archive"
    assert set(known) - may == set(), "in the archive, but never shown"
    for key, number in must.items():
        _check(house, truth.records[number], known[key], [at for at in full if number in seen[at]], full)
    return {
        "records": len(known),
        "edited": sum(row.versions > 1 for row in known.values()),
        "gone": sum(row.state == "not_returned" for row in known.values()),
    }


def _check(house: Observed, said: TrueRecord, row: Any, seen: Sequence[datetime], full: Sequence[datetime]) -> None:
    versions = house.versions(row.key)
    told = [version.text for version in versions]
    # A quicker look may have seen a later wording than the last full one that still showed it.
    assert told[-1] in [said_of(said, at) for at, _, _ in house.looks if at >= seen[-1]], said
    if full[-1] in seen:
        assert told[-1] == said_of(said, seen[-1]), said
    assert all(said_of(said, at) in told for at in seen), "a full look saw it, the archive does not say it"
    written = [tidy(wording.text) for _, wording in said.versions]
    assert all(text in written for text in told), "nobody wrote that"
    assert not any(one.content == other.content for one, other in pairwise(versions)), "an edit that nobody made"
    assert row.created_at == said.created_at
    assert all(version.as_of in [at for at, _ in said.versions] for version in versions), "not when it was written"
    assert row.state == ("visible" if full[-1] in seen else "not_returned"), said
