"""The city's page on the practice LinkedIn, and an archive that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import ClassVar

from archiver.accounts import service as accounts
from archiver.practice.cast import populate_linkedin
from archiver.practice.linkedin_api import LinkedInApi
from archiver.practice.linkedin_ids import post_urn
from archiver.practice.truth import Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.capture.told import Match, check_wordings, matched, tally
from tests.graph.place import Place

TOKEN = "AQXLinkedInCanary-0123456789_abcdefghijklmnopqrstuvwxyz~./+="


@dataclass
class Page(Place):
    """The page of a house's city."""

    home: ClassVar[str] = "linkedin"
    token: ClassVar[str] = TOKEN
    populate = staticmethod(populate_linkedin)

    @property
    def server(self) -> LinkedInApi:  # type: ignore[override]
        return self.house.server.linkedin

    def key_of(self, number: int) -> str:
        return key_of(self.house, number)


def page(house: House, token: str = TOKEN) -> Page:
    """Open the page and register it."""
    found = Page(house, Page.populate(house.city, house.clock.now() - timedelta(days=1)))
    found.server.tokens[token] = found.id
    found.account = accounts.add(house.archive, found.address, "linkedin", credential=token).account.id
    return found


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
