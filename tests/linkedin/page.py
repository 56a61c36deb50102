"""The city's page on the practice LinkedIn, and an archive that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from archiver.accounts import service as accounts
from archiver.practice.cast import Cast, populate_linkedin
from archiver.practice.linkedin_api import LinkedInApi
from archiver.practice.linkedin_ids import post_urn
from archiver.practice.truth import Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.capture.told import Match, check_wordings, matched, tally

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


def check(house: Observed, owner: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``owner``: whose page it is."""
    prefixes = ("share/", "ugcPost/", "comment/")
    known = {key: row for key, row in house.records().items() if key.startswith(prefixes)}
    for one in matched(house, Truth(house.city.journal), owner, known, lambda number: key_of(house, number)):
        _check(house, one)
    return tally(known)


def _check(house: Observed, one: Match) -> None:
    said, row, versions = one.said, one.row, house.versions(one.row.key)
    check_wordings(house, one, [version.text for version in versions])
    assert not any(one.content == other.content for one, other in pairwise(versions)), "an edit that nobody made"
    assert row.created_at == said.created_at
    assert all(version.as_of in [at for at, _ in said.versions] for version in versions), "not when it was written"
    assert row.state == ("visible" if one.full[-1] in one.seen else "not_returned"), said
