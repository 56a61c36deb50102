"""The city's account on the practice Vimeo, and an archive that reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from archiver.practice.cast import populate_vimeo
from archiver.practice.faults import Alter
from archiver.practice.messages import Request, Response
from archiver.practice.truth import Truth
from archiver.practice.vimeo_api import VimeoApi
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.capture.told import Match, check_wordings, matched, tally
from tests.graph.place import Place

TOKEN = "5cfa1e9bVimeoCanary0123456789abcdef~.+/="


@dataclass
class Account(Place):
    """One account of a house's city."""

    home: ClassVar[str] = "vimeo"
    token: ClassVar[str] = TOKEN
    populate = staticmethod(populate_vimeo)

    @property
    def server(self) -> VimeoApi:  # type: ignore[override]
        return self.house.server.vimeo

    def key_of(self, number: int) -> str:
        return key_of(self.house, number)


def account(house: House) -> Account:
    """Open the account and register it."""
    return Account.open(house)


def key_of(house: Observed, number: int) -> str:
    """Key of the record that a video or comment of the city is."""
    return f"video/{number}" if house.server.vimeo.tops.of(number) is None else f"comment/{number}"


def check(house: Observed, owner: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``owner``: whose account it is."""
    truth = Truth(house.city.journal)
    known = {key: row for key, row in house.records().items() if key.startswith(("video/", "comment/"))}
    for one in matched(house, truth, owner, known, lambda number: key_of(house, number)):
        _check(house, truth, one)
    return tally(known)


def _check(house: Observed, truth: Truth, one: Match) -> None:
    said, row, versions = one.said, one.row, [one for one in house.versions(one.row.key) if one.content]
    told = [version.text for version in versions]
    if said.parent is None:
        told = [_words(version.content) for version in versions]
    check_wordings(house, one, told)
    assert not any(one.content == other.content for one, other in pairwise(versions)), "an edit that nobody made"
    assert row.created_at == said.created_at.replace(microsecond=0)
    video, last = said, one.full[-1]
    while video.parent is not None:
        video = truth.records[video.parent]
    if last in one.seen:
        assert row.state == "visible", said
    elif said is video or truth.stands(video.id, last):
        assert row.state == "not_returned", said


def _words(content: dict[str, str]) -> str:
    """What a video says, without its tags, which stand in its description too."""
    return "\n\n".join(one for one in (content["name"], content["description"]) if one)


def says(status: int, *headers: tuple[str, str]) -> Alter:
    """An error in Vimeo's form."""

    def alter(request: Request, response: Response) -> Response:
        body = json.dumps({"error": "No.", "developer_message": "No.", "error_code": 5000}).encode()
        return Response(status, (("Content-Type", "application/vnd.vimeo.error+json"), *headers), body)

    return alter
