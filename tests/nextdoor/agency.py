"""The city's agency on the practice Nextdoor, and an archive that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from archiver.practice.cast import Cast, populate_nextdoor
from archiver.practice.city import City
from archiver.practice.nextdoor_api import NextdoorApi
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.capture.told import check_wordings, matched, tally
from tests.graph.place import Place

TOKEN = "eyJNextdoorCanary-0123456789.abcdefghijklmnop_qrstuv~wx/yz+="


@dataclass
class Agency(Place):
    """The agency of a house's city."""

    home: ClassVar[str] = "nextdoor"
    token: ClassVar[str] = TOKEN

    @staticmethod
    def populate(city: City, at: datetime | None = None) -> Cast:
        return populate_nextdoor(city, at)

    @property
    def server(self) -> NextdoorApi:  # type: ignore[override]
        return self.house.server.nextdoor

    def key_of(self, number: int) -> str:
        return key_of(self.house, number)


def agency(house: House) -> Agency:
    """Open the agency and register it."""
    return Agency.open(house)


def key_of(house: Observed, number: int) -> str:
    """Key of the record that a post or comment of the city is."""
    kind = "post" if house.server.tiktok.tops.of(number) is None else "comment"  # (any platform's knows the whole city)
    return f"{kind}/{number}"


def check(house: Observed, owner: int) -> dict[str, int]:
    """What every look could see is in the archive as it was, and nothing else is. Of nothing it is said that it is
    gone, since Nextdoor says it of nothing."""
    known = {key: row for key, row in house.records().items() if key.startswith(("post/", "comment/"))}
    for one in matched(house, Truth(house.city.journal), owner, known, lambda number: key_of(house, number), inside):
        versions = house.versions(one.row.key)
        check_wordings(house, one, [version.text for version in versions])
        assert one.row.created_at == one.said.created_at.replace(microsecond=0)
        assert one.row.state == "visible"
        assert one.row.access == "private"
    return tally(known)


def inside(truth: Truth, post: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
    """A post and what stands inside of it at a time: what answers something that does not stand goes with it."""
    if not truth.stands(post.id, at):
        return
    yield post
    for said in truth.thread(post.id)[1:]:
        above: TrueRecord | None = said
        while above is not None and truth.stands(above.id, at):
            above = None if above.parent is None else truth.records[above.parent]
        if above is None:
            yield said
