"""The city's account on the practice Instagram, and an archive that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from archiver.accounts import service as accounts
from archiver.practice.cast import Cast, populate_instagram
from archiver.practice.instagram_api import Gallery, InstagramApi
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.facebook.page import hold

TOKEN = "EAAInstagramCanary0123456789/+=abcdefghijklmnop"


@dataclass
class Account:
    """One account of a house's city."""

    house: House
    cast: Cast
    account: str = ""

    @property
    def id(self) -> int:
        return self.cast.city

    @property
    def api(self) -> InstagramApi:
        return self.house.server.instagram

    @property
    def gallery(self) -> Gallery:
        return self.api.gallery

    def play(self, every: timedelta, *, full_only: bool, **sizes: int) -> None:
        """Play a month and look every so often."""
        acts = {"home": "instagram", "shares": 0, "mentions": 0, **sizes}
        self.house.play(self.account, every, acts, full_only=full_only, cast=self.cast)

    def key_of(self, number: int) -> str:
        """Key of the record that a post of the city is."""
        return _key(Truth(self.house.city.journal).records[number])


def account(house: House, token: str = TOKEN) -> Account:
    """Open the account and register it."""
    cast = populate_instagram(house.city, house.clock.now() - timedelta(days=1))
    api = house.server.instagram
    api.tokens[token] = cast.city
    added = accounts.add(house.archive, api.account_url(cast.city), "instagram", credential=token).account.id
    return Account(house, cast, added)


def talk(found: Account, comments: int = 3) -> tuple[int, list[int]]:
    """A post with comments of several people."""
    city, people = found.house.city, found.cast.residents
    post = city.say(found.id, "Main Street is closed on Monday.")
    return post, [city.say(people[n % 3], f"comment {n}", answering=post) for n in range(comments)]


def check(house: Observed, account: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``account``: whose it is."""
    return hold(house, Truth(house.city.journal), account, ("media/", "comment/"), _key)


def _key(said: TrueRecord) -> str:
    return f"{'media' if said.parent is None else 'comment'}/{said.id}"
