"""The city's account on the practice X, and an archive that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from archiver.accounts import service as accounts
from archiver.practice.cast import Cast, populate_x
from archiver.practice.script import month
from archiver.practice.x_ids import x_id
from tests.capture.house import House

APP = "AAAAAAAAAAAAAAAAAAAAAPracticeCanary%2B0123456789abcdef%3DXyZ"
TOKEN = "cHJhY3RpY2UtY2FuYXJ5OjE2MDpvd25lcjowMTIzNDU2Nzg5YWJjZGVm"
SEARCHED = timedelta(days=7)


@dataclass
class Place:
    """One account of a house's city on X."""

    house: House
    cast: Cast
    account: str = ""

    @property
    def id(self) -> int:
        return self.cast.city

    def say(self, who: int, text: Any, **more: Any) -> int:
        return self.house.city.say(who, text, **more)

    def play(self, every: timedelta, **sizes: int) -> None:
        """Play a month and look every so often."""
        due = self.house.clock.now() + every
        none = {"messages": 0, "profiles": 0}
        for step in month(self.house.city, self.cast, self.house.seed, home="x", **none, **sizes):
            if step.at >= due:
                due = step.at + every
                self.house.run_due()
        self.house.run(self.account)

    def posts(self) -> dict[str, Any]:
        return {key: row for key, row in self.house.records().items() if key.startswith("post/")}

    def row(self, number: int) -> Any:
        return self.house.records()[key_of(number)]


def key_of(number: int) -> str:
    """Key of the record that a post of the city is."""
    return f"post/{x_id(number)}"


def place(house: House, credential: str = APP) -> Place:
    """Open the accounts and register the city's."""
    cast = populate_x(house.city, house.clock.now() - timedelta(days=1))
    x = house.server.x
    x.apps.add(APP)
    x.tokens[TOKEN] = cast.city
    account = accounts.add(house.archive, x.account_url(cast.city), "x", credential=credential).account.id
    return Place(house, cast, account)


def versions_in(house: House, number: int) -> list[str]:
    """Ids of the versions of a post that the archive tells, in its order."""
    return [row.content["version"] for row in house.versions(key_of(number))]


def said_by(house: House, number: int) -> list[str]:
    return [row.text for row in house.versions(key_of(number))]
