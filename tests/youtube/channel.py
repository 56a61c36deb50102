"""The city's channel on the practice YouTube, and an archive that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from archiver.accounts import service as accounts
from archiver.practice.cast import Cast, populate_channel
from archiver.practice.truth import TrueRecord, Truth
from archiver.practice.youtube_ids import comment_id, video_id
from connectors.text import tidy
from tests.capture.house import FULL, House
from tests.capture.observed import Observed
from tests.capture.told import said_of, top_of

KEY = "AIzaSyPracticeCanary-0123456789abcdef_XY"
TOKEN = "ya29.practice-canary/+=0123456789abcdef"


@dataclass
class Channel:
    """One channel of a house's city."""

    house: House
    cast: Cast
    account: str = ""

    @property
    def id(self) -> int:
        return self.cast.city

    def play(self, every: timedelta, *, full_only: bool, **sizes: int) -> None:
        """Play a month and look every so often."""
        acts = {"home": "youtube", "shares": 0, "messages": 0, "mentions": 0, **sizes}
        self.house.play(self.account, every, acts, full_only=full_only, cast=self.cast)

    def key_of(self, number: int) -> str:
        """Key of the record that a post of the city is."""
        return key_of(self.house, number)


def key_of(house: Observed, number: int) -> str:
    """Key of the record that a post of the city is."""
    top = house.server.youtube.top_of(number)
    return f"video/{video_id(number)}" if top is None else f"comment/{comment_id(number, top)}"


def channel(house: House, credential: str = KEY) -> Channel:
    """Open the channel and register it."""
    cast = populate_channel(house.city, house.clock.now() - timedelta(days=1))
    youtube = house.server.youtube
    youtube.keys.add(KEY)
    youtube.tokens[TOKEN] = cast.city
    address = youtube.account_url(cast.city)
    account = accounts.add(house.archive, address, "youtube", credential=credential).account.id
    return Channel(house, cast, account)


def shown(truth: Truth, video: TrueRecord, at: datetime) -> Iterator[TrueRecord]:
    """What a stranger is shown of a video at a time: a reply goes with the comment it is under."""
    if truth.stands(video.id, at):
        yield video
        for said in truth.thread(video.id)[1:]:
            if truth.stands(said.id, at) and truth.stands(top_of(truth, said).id, at):
                yield said


def check(house: Observed, channel: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``channel``: whose it is."""
    truth = Truth(house.city.journal)
    videos = [one for one in truth.said() if one.author == channel and one.kind == "post"]
    full = [at for at, _, sweep in house.looks if sweep is FULL]
    seen = {at: {one.id for video in videos for one in shown(truth, video, at)} for at, _, _ in house.looks}
    known = {key: row for key, row in house.records().items() if key.startswith(("video/", "comment/"))}
    must = {key_of(house, number): number for at in full for number in seen[at]}
    may = {key_of(house, number) for numbers in seen.values() for number in numbers}
    assert set(must) - set(known) == set(), "shown, but not in the archive"
    assert set(known) - may == set(), "in the archive, but never shown"
    for key, number in must.items():
        _check(house, truth, truth.records[number], known[key], [at for at in full if number in seen[at]], full)
    return {
        "records": len(known),
        "edited": sum(row.versions > 1 for row in known.values()),
        "gone": sum(row.state == "not_returned" for row in known.values()),
    }


def _check(
    house: Observed, truth: Truth, said: TrueRecord, row: object, seen: Sequence[datetime], full: Sequence[datetime]
) -> None:
    versions = house.versions(row.key)  # type: ignore[attr-defined]
    told = [version.text if said.kind == "comment" else version.content["description"] for version in versions]
    texts = [said_of(said, at) for at in seen]
    # A quicker look may have seen a later wording than the last full one that still showed it.
    assert told[-1] in [said_of(said, at) for at, _, _ in house.looks if at >= seen[-1]], said
    if full[-1] in seen:
        assert told[-1] == texts[-1], said
    assert all(text in told for text in texts), "a full look saw it, the archive does not say it"
    written = [tidy(wording.text) for _, wording in said.versions]
    assert all(text in written for text in told), "nobody wrote that"
    assert all(one != other for one, other in pairwise(told)), "an edit that nobody made"
    if said.kind == "comment":
        assert row.created_at == said.created_at  # type: ignore[attr-defined]
        assert all(version.as_of in [at for at, _ in said.versions] for version in versions)
    _check_state(truth, said, row, seen, full)


def _check_state(
    truth: Truth, said: TrueRecord, row: object, seen: Sequence[datetime], full: Sequence[datetime]
) -> None:
    """Gone where the last look did not show it, but of what went with its video nothing is concluded."""
    state, last = row.state, full[-1]  # type: ignore[attr-defined]
    video = said
    while video.parent is not None:
        video = truth.records[video.parent]
    if last in seen:
        assert state == "visible", said
    elif said is video or truth.stands(video.id, last):
        assert state == "not_returned", said
