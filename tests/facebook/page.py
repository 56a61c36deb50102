"""The city's Page on the practice Facebook, and an archive that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archiver.practice.cast import populate_page
from archiver.practice.graph_api import GraphApi
from archiver.practice.graph_ids import comment_id, post_id
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.graph.place import Place
from tests.graph.truth import hold

TOKEN = "EAAPracticeCanary0123456789/+=abcdefghijklmnop"


@dataclass
class Page(Place):
    """One Page of a house's city."""

    home: ClassVar[str] = "facebook"
    token: ClassVar[str] = TOKEN
    populate = staticmethod(populate_page)

    @property
    def server(self) -> GraphApi:
        return self.house.server.graph

    def key_of(self, number: int) -> str:
        return _key(Truth(self.house.city.journal), self.id, number)


def page(house: House) -> Page:
    """Open the Page and register it."""
    return Page.open(house)


def check(house: Observed, page: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``page``: whose it is."""
    truth = Truth(house.city.journal)
    return hold(house, truth, page, ("post/", "comment/"), lambda said: _key(truth, page, said.id), visitors=True)


def limited(found: Page) -> tuple[set[str], set[str]]:
    """Keys of the Page's records that stand in posts which are limited to some people; and of all others."""
    house, limits = found.house, found.server.pages.limits
    truth, kept = Truth(house.city.journal), house.records()
    some: set[str] = set()
    rest: set[str] = set()
    for post in (one for one in truth.said() if one.parent is None):
        thread = {_key(truth, found.id, one.id) for one in truth.thread(post.id)} & kept.keys()
        (rest if limits(post.id) is None else some).update(thread)
    return some, rest


def _key(truth: Truth, page: int, number: int) -> str:
    """Key of a post, or of a comment, which is named after its post whatever was deleted since."""
    root: TrueRecord = truth.records[number]
    while root.parent is not None:
        root = truth.records[root.parent]
    return f"post/{post_id(page, number)}" if root.id == number else f"comment/{comment_id(root.id, number)}"
