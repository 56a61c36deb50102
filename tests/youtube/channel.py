"""The city's channel on the practice YouTube, and an archive that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar

from archiver.accounts import service as accounts
from archiver.practice.cast import populate_channel
from archiver.practice.truth import TrueRecord, Truth
from archiver.practice.youtube_api import YouTubeApi
from archiver.practice.youtube_ids import comment_id, video_id
from tests.capture.house import House
from tests.capture.observed import Observed
from tests.capture.told import Match, check_wordings, matched, shown, tally, top_of
from tests.graph.place import Place

KEY = "AIzaSyPracticeCanary-0123456789abcdef_XY"
TOKEN = "ya29.practice-canary/+=0123456789abcdef"


@dataclass
class Channel(Place):
    """One channel of a house's city, read with an API key."""

    home: ClassVar[str] = "youtube"
    token: ClassVar[str] = KEY
    populate = staticmethod(populate_channel)

    @property
    def server(self) -> YouTubeApi:  # type: ignore[override]
        return self.house.server.youtube

    def let_in(self) -> None:
        self.server.keys.add(KEY)
        self.server.tokens[TOKEN] = self.id

    def key_of(self, number: int) -> str:
        """Key of the record that a post of the city is."""
        return key_of(self.house, number)


def key_of(house: Observed, number: int) -> str:
    """Key of the record that a post of the city is."""
    top = house.server.youtube.top_of(number)
    return f"video/{video_id(number)}" if top is None else f"comment/{comment_id(number, top)}"


def channel(house: House, credential: str = KEY) -> Channel:
    """Open the channel and register it."""
    found = Channel(house, Channel.populate(house.city, house.clock.now() - timedelta(days=1)))
    found.let_in()
    found.account = accounts.add(house.archive, found.address, "youtube", credential=credential).account.id
    return found


def check(house: Observed, channel: int, *, owner: bool = False) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``channel``: whose it is. ``owner``: it is read as whose it is, who also sees what is held."""
    truth = Truth(house.city.journal)
    known = {key: row for key, row in house.records().items() if key.startswith(("video/", "comment/"))}
    seen = _shown_to_owner if owner else shown
    for one in matched(house, truth, channel, known, lambda number: key_of(house, number), seen):
        _check(house, truth, one)
    return tally(known)


def _shown_to_owner(truth: Truth, video: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
    """A video and what is under it: a held comment without its replies, and held replies."""
    if not truth.stands(video.id, at):
        return
    yield video
    for said in truth.thread(video.id)[1:]:
        top = top_of(truth, said)
        if said.exists_at(at) and top.exists_at(at) and (said is top or not top.hidden_at(at)):
            yield said


def _check(house: Observed, truth: Truth, one: Match) -> None:
    said, row, versions = one.said, one.row, house.versions(one.row.key)
    told = [version.text if said.kind == "comment" else version.content["description"] for version in versions]
    check_wordings(house, one, told)
    assert all(one != other for one, other in pairwise(told)), "an edit that nobody made"
    if said.kind == "comment":
        assert row.created_at == said.created_at
        assert all(version.as_of in [at for at, _ in said.versions] for version in versions)
    _check_state(truth, said, row, one.seen, one.full)


def _check_state(
    truth: Truth, said: TrueRecord, row: object, seen: Sequence[datetime], full: Sequence[datetime]
) -> None:
    """Gone where the last look did not show it, but of what went with its video nothing is concluded."""
    state, last = row.state, full[-1]  # type: ignore[attr-defined]
    video = said
    while video.parent is not None:
        video = truth.records[video.parent]
    if last in seen:
        assert state == ("held_for_review" if said.hidden_at(last) else "visible"), said
    elif said is video or truth.stands(video.id, last):
        assert state == "not_returned", said
