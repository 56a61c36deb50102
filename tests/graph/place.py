"""The city's account on one of the practice platforms, as of Meta, and an archive that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol, Self

from archiver.accounts import service as accounts
from archiver.practice.cast import Cast
from archiver.practice.city import City
from tests.capture.house import House


class Api(Protocol):
    """What the practice servers of these platforms have in common."""

    tokens: dict[str, int]
    page: int
    """Most entries of a page."""
    used: int
    """Percent of the allowance."""
    regain: int
    """Minutes until access is regained."""

    def account_url(self, person: int) -> str: ...


@dataclass
class Place:
    """One account of a house's city. Each platform says what it is called there, and where its server is."""

    home: ClassVar[str]
    token: ClassVar[str]
    platform: ClassVar[str] = ""
    """Of the connector, where that is not what the platform is called."""

    house: House
    cast: Cast
    account: str = ""

    @staticmethod
    def populate(city: City, at: datetime | None = None) -> Cast:
        """Who is there."""
        raise NotImplementedError

    @classmethod
    def open(cls, house: House) -> Self:
        """Open the account and register it."""
        found = cls(house, cls.populate(house.city, house.clock.now() - timedelta(days=1)))
        found.let_in()
        platform = cls.platform or cls.home
        found.account = accounts.add(house.archive, found.address, platform, credential=cls.token).account.id
        return found

    @property
    def address(self) -> str:
        """What it is added by."""
        return self.server.account_url(self.id)

    @property
    def server(self) -> Api:
        """The practice server it is on."""
        raise NotImplementedError

    def let_in(self) -> None:
        """Make its credential one that the platform takes."""
        self.server.tokens[self.token] = self.id

    @property
    def id(self) -> int:
        return self.cast.city

    def key_of(self, number: int) -> str:
        """Key of the record that a post of the city is."""
        raise NotImplementedError

    def states(self, *numbers: int) -> list[str]:
        """States of what was said."""
        records = self.house.records()
        return [records[self.key_of(number)].state for number in numbers]

    def play(self, every: timedelta, *, full_only: bool, **sizes: int) -> None:
        """Play a month and look every so often."""
        acts = {"home": self.home, "shares": 0, "mentions": 0, **sizes}
        self.house.play(self.account, every, acts, full_only=full_only, cast=self.cast)

    def talk(self, answers: int = 3) -> tuple[int, list[int]]:
        """A post with answers of several people."""
        city, people = self.house.city, self.cast.residents
        post = city.say(self.id, "Main Street is closed on Monday.")
        return post, [city.say(people[n % 3], f"comment {n}", answering=post) for n in range(answers)]
