"""The city's account on the practice Flickr, and an archive that reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import ClassVar

from archiver.capture.oauth1 import Credentials
from archiver.practice.cast import populate_flickr
from archiver.practice.faults import Alter
from archiver.practice.flickr_api import FlickrApi
from archiver.practice.messages import Request, Response
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.capture.told import Match, check_wordings, matched, tally
from tests.graph.place import Place

KEY = "f11ckrCanary0123456789abcdefABCD"
OWNER = Credentials(
    "9a0554canary99a86fb9e7eb014e4e5d", "0fab4canary34d05", "72157canary000123-a1b2c3d4", "a202canaryd853ec5"
)
"""What signs for the account's owner."""


@dataclass
class Account(Place):
    """One account of a house's city."""

    home: ClassVar[str] = "flickr"
    token: ClassVar[str] = KEY
    populate = staticmethod(populate_flickr)

    @property
    def server(self) -> FlickrApi:  # type: ignore[override]
        return self.house.server.flickr

    def let_in(self) -> None:
        self.server.keys.add(KEY)

    def key_of(self, number: int) -> str:
        return key_of(self.house, number)


@dataclass
class WithAlbum(Account):
    """The same with an album that somebody commented on."""

    def let_in(self) -> None:
        super().let_in()
        self.server.albums[7] = ("Bridges", "All <b>seven</b> of them")
        self.remark(7, "Which one is the <oldest>?")

    def remark(self, album: int, words: str) -> str:
        """Comment on an album. The key of the comment."""
        said = self.server.remarks.setdefault(album, [])
        number = 1 + len(said)
        said.append((number, self.cast.residents[0], words, self.house.clock.now()))
        return f"comment/6065-{album}-{number}"


def account(house: House) -> Account:
    """Open the account and register it."""
    return Account.open(house)


def key_of(house: Observed, number: int) -> str:
    """Key of the record that a photo or comment of the city is."""
    return key_in(Truth(house.city.journal), number)


def show_to(server: FlickrApi, number: int, level: int) -> None:
    """A photo is for everybody (1), friends (2), family (3), both (4) or its owner (5) from now on."""
    server.private.discard(number)
    server.shared.pop(number, None)
    if level == 5:
        server.private.add(number)
    elif level > 1:
        server.shared[number] = level


def key_in(truth: Truth, number: int) -> str:
    photo = truth.records[number]
    while photo.parent is not None:
        photo = truth.records[photo.parent]
    return f"photo/{number}" if photo.id == number else f"comment/{photo.id}-{photo.id}-{number}"


def shown(truth: Truth, post: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
    """A photo and all comments on it, whatever they answer."""
    if truth.stands(post.id, at):
        yield post
        yield from (said for said in truth.thread(post.id)[1:] if truth.stands(said.id, at))


def check(house: Observed, owner: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``owner``: whose account it is."""
    truth = Truth(house.city.journal)
    rows = house.records()
    remarks = {key for key in rows if key.startswith("comment/6065-")}
    known = {key: row for key, row in rows.items() if key.startswith(("photo/", "comment/")) and key not in remarks}
    said = {f"comment/6065-{album}-{one[0]}" for album, some in house.server.flickr.remarks.items() for one in some}
    assert remarks == said, "comments on albums"
    assert all(rows[key].versions == 1 and rows[key].state == "visible" for key in remarks)
    for one in matched(house, truth, owner, known, lambda number: key_in(truth, number), shown):
        _check(house, truth, one)
    return tally(known)


def _check(house: Observed, truth: Truth, one: Match) -> None:
    said, row, versions = one.said, one.row, house.versions(one.row.key)
    told = [_words(version) if said.parent is None else version.text for version in versions]
    check_wordings(house, one, told)
    assert not any(one.content == other.content for one, other in pairwise(versions)), "an edit that nobody made"
    assert row.created_at == said.created_at.replace(microsecond=0)
    photo, last = said, one.full[-1]
    while photo.parent is not None:
        photo = truth.records[photo.parent]
    if last in one.seen:
        assert row.state == "visible", said
    elif said is photo or truth.stands(photo.id, last):
        assert row.state == "not_returned", said


def _words(version: object) -> str:
    """What a photo says, without its tags, which stand in its description too."""
    text: str = version.text  # type: ignore[attr-defined]
    tags = "\n\n" + " ".join(f"#{one}" for one in version.content["tags"])  # type: ignore[attr-defined]
    return text.removesuffix(tags) if tags.strip() else text


def says(code: int, status: int = 200) -> Alter:
    """An error in Flickr's form."""

    def alter(request: Request, response: Response) -> Response:
        body = json.dumps({"stat": "fail", "code": code, "message": "No"}).encode()
        return Response(status, (("Content-Type", "application/json"),), body)

    return alter
