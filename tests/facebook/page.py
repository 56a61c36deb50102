"""The city's Page on the practice Facebook, and an archive that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archiver.practice.cast import populate_page
from archiver.practice.graph_api import GraphApi
from archiver.practice.graph_ids import comment_id, live_id, post_id
from archiver.practice.truth import TrueRecord, Truth
from connectors.text import tidy
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


def is_live(post: int) -> bool:
    """Whether a post of the Page is the film of a broadcast: every other one."""
    return post % 2 == 0


def check_live(found: Page) -> None:
    """Every broadcast is there, of its own kind and beside its post, with what was said of it last; that it went on air
    and was over is no edit."""
    house = found.house
    truth, kept = Truth(house.city.journal), house.records()
    last = house.looks[-1][0]
    own = [one for one in truth.said() if one.parent is None and one.author == found.id and is_live(one.id)]
    posts = [one for one in own if not any(wording.media for _, wording in one.versions)]
    there = {f"live/{live_id(one.id)}": one for one in posts if one.visibility == "public" and one.exists_at(last)}
    listed = {key: row for key, row in kept.items() if key.startswith("live/")}
    assert there
    assert there.keys() <= listed.keys() <= {f"live/{live_id(one.id)}" for one in posts}
    for key, post in there.items():
        row, versions = listed[key], house.versions(key)
        said = {wording.text for _, wording in post.versions}
        assert (row.kind, row.access, row.state) == ("broadcast", "private", "visible")
        assert [one.content["title"] for one in versions][-1] == tidy(post.versions_until(last)[-1].text)
        assert len(versions) <= len(said) + 1
        attached = house.versions(_key(truth, found.id, post.id))[-1].content["attachments"]
        assert attached == [versions[-1].content["video"]], "both name the same video"


def _key(truth: Truth, page: int, number: int) -> str:
    """Key of a post, or of a comment, which is named after its post whatever was deleted since."""
    root: TrueRecord = truth.records[number]
    while root.parent is not None:
        root = truth.records[root.parent]
    return f"post/{post_id(page, number)}" if root.id == number else f"comment/{comment_id(root.id, number)}"
