"""The city's account on the practice Instagram, and an archive that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archiver.practice.cast import populate_instagram
from archiver.practice.instagram_api import Gallery, InstagramApi
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.graph.place import Place
from tests.graph.truth import hold

TOKEN = "EAAInstagramCanary0123456789/+=abcdefghijklmnop"


@dataclass
class Account(Place):
    """One account of a house's city."""

    home: ClassVar[str] = "instagram"
    token: ClassVar[str] = TOKEN
    populate = staticmethod(populate_instagram)

    @property
    def server(self) -> InstagramApi:
        return self.house.server.instagram

    @property
    def gallery(self) -> Gallery:
        return self.server.gallery

    def key_of(self, number: int) -> str:
        return _key(Truth(self.house.city.journal).records[number])


def account(house: House) -> Account:
    """Open the account and register it."""
    return Account.open(house)


def check(house: Observed, account: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``account``: whose it is."""
    return hold(house, Truth(house.city.journal), account, ("media/", "comment/"), _key)


def _key(said: TrueRecord) -> str:
    return f"{'media' if said.parent is None else 'comment'}/{said.id}"
