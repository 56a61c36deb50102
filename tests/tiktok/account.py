"""The city's account on the practice TikTok, as each of its two APIs shows it, and an archive that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from archiver.practice.cast import Cast, populate_tiktok
from archiver.practice.city import City
from archiver.practice.faults import Alter
from archiver.practice.messages import Request, Response
from archiver.practice.tiktok_api import BusinessApi, DisplayApi
from archiver.practice.tiktok_json import business, display, dump
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.capture.told import check_wordings, matched, tally
from tests.graph import truth as graph
from tests.graph.place import Place

TOKEN = "act.TikTokCanary-0123456789!4521.va~*abcdefghijklmnop"


@dataclass
class Account(Place):
    """The account of a house's city, through the API that has comments."""

    home: ClassVar[str] = "tiktok"
    token: ClassVar[str] = TOKEN
    platform: ClassVar[str] = "tiktok"

    @staticmethod
    def populate(city: City, at: datetime | None = None) -> Cast:
        return populate_tiktok(city, at)

    @property
    def server(self) -> BusinessApi:  # type: ignore[override]
        return self.house.server.tiktok

    @property
    def address(self) -> str:
        """Its address, with the id that TikTok knows it by."""
        return f"{self.server.account_url(self.id)}?business_id={self.server.identity(self.id)}"

    def key_of(self, number: int) -> str:
        return key_of(self.house, number)


@dataclass
class Shown(Account):
    """The same through the API that shows videos alone."""

    platform: ClassVar[str] = "tiktok_display"

    @property
    def server(self) -> DisplayApi:  # type: ignore[override]
        return self.house.server.tiktok_display

    @property
    def address(self) -> str:
        return self.server.account_url(self.id)


def account(house: House, kind: type[Account] = Account) -> Account:
    """Open the account and register it."""
    return kind.open(house)


def key_of(house: Observed, number: int) -> str:
    """Key of the record that a video or comment of the city is."""
    kind = "video" if house.server.tiktok.tops.of(number) is None else "comment"
    return f"{kind}/{number}"


def check(house: Observed, owner: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, the states are as they were, and
    nothing is public that never was. ``owner``: whose account it is."""
    truth = Truth(house.city.journal)
    return graph.hold(house, truth, owner, ("video/", "comment/"), lambda one: key_of(house, one.id), under_videos)


def under_videos(truth: Truth, post: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
    """What the owner's token is shown of a video at a time: hidden comments too, but no video that is not public."""
    return graph.shown(truth, post, at) if truth.stands(post.id, at) else iter(())


def check_videos(house: Observed, owner: int) -> dict[str, int]:
    """The same of videos alone."""
    known = {key: row for key, row in house.records().items() if key.startswith("video/")}
    truth = Truth(house.city.journal)

    def alone(truth: Truth, post: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
        return iter([post] if truth.stands(post.id, at) else [])

    for one in matched(house, truth, owner, known, lambda number: key_of(house, number), alone):
        check_wordings(house, one, [version.text for version in house.versions(one.row.key)])
        assert one.row.created_at == one.said.created_at.replace(microsecond=0)
        assert one.row.state == ("visible" if one.full[-1] in one.seen else "not_returned"), one.said
    assert not any(key.startswith("comment/") for key in house.records())
    return tally(known)


def says(code: int, status: int = 200) -> Alter:
    """An error of the Accounts API, whose status says nothing of it."""

    def alter(request: Request, response: Response) -> Response:
        return Response(status, (("Content-Type", "application/json"),), dump(business(code, "No.")))

    return alter


def worded(code: str, status: int = 200) -> Alter:
    """An error of the Display API, whose status may say nothing of it."""

    def alter(request: Request, response: Response) -> Response:
        return Response(status, (("Content-Type", "application/json"),), dump(display({}, code, "No.")))

    return alter
