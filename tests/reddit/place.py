"""The city on the practice Reddit, and an archive that reads it: its subreddit, or its own account."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar

from archiver.practice.cast import populate_reddit
from archiver.practice.faults import Alter
from archiver.practice.messages import Request, Response
from archiver.practice.reddit_api import RedditApi
from archiver.practice.reddit_json import base36
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import FULL, House
from tests.capture.observed import Observed
from tests.capture.told import said_of, tally
from tests.graph.place import Place

TOKEN = "eyJhbGciOiJSUzI1NiIs.RedditCanary-0123456789_abcdefghijkl.~+/=sig"


@dataclass
class Subreddit(Place):
    """The city's subreddit."""

    home: ClassVar[str] = "reddit"
    token: ClassVar[str] = TOKEN
    populate = staticmethod(populate_reddit)

    @property
    def server(self) -> RedditApi:  # type: ignore[override]
        return self.house.server.reddit

    @property
    def address(self) -> str:
        return self.server.subreddit_url(self.id)

    def key_of(self, number: int) -> str:
        return key_of(self.house, number)


@dataclass
class User(Subreddit):
    """The city's own account."""

    @property
    def address(self) -> str:
        return self.server.account_url(self.id)


def key_of(house: Observed, number: int) -> str:
    """Key of the record that a post or comment of the city is."""
    said = Truth(house.city.journal).records[number]
    return _key(said)


def _key(said: TrueRecord) -> str:
    kind = {"comment": "comment", "message": "message"}.get(said.kind, "post")
    return f"{kind}/{base36(said.id)}"


def check(house: Observed, owner: int, *, user: bool = False) -> dict[str, int]:
    """What full looks could see is in the archive as it was, nothing else is, and the states are as they were.
    ``user``: of an account, not of a subreddit; ``owner``: of whom."""
    truth = Truth(house.city.journal)
    known = {key: row for key, row in house.records().items() if key.startswith(("post/", "comment/"))}
    full = [at for at, _, sweep in house.looks if sweep is FULL]
    said = {_key(one): one for one in _of(truth, owner, user=user)}
    assert set(known) <= set(said), "in the archive, but never to be seen"
    for key, one in said.items():
        seen = [at for at in full if one.exists_at(at)]
        if user and key not in known and not _is_led_to(known, full, truth, owner, one):
            continue
        assert not seen or key in known, ("stood at a full look, but is not in the archive", key)
        if seen:
            _check(house, known[key], one, full, hidden="restricted" if user else "hidden_by_page")
    rows = list(known.values())
    away = [row for row in rows if row.state not in ("visible", "not_returned")]
    return tally(known) | {"away": len(away)}


def _of(truth: Truth, owner: int, *, user: bool) -> Iterator[TrueRecord]:
    """Everything in the subreddit; else what the account posted with everything under it, and its comments."""
    for one in truth.said():
        root = one
        while root.parent is not None:
            root = truth.records[root.parent]
        if one.kind != "message" and (not user or owner in (one.author, root.author)):
            yield one


def _is_led_to(known: Collection[str], full: Sequence[datetime], truth: Truth, owner: int, said: TrueRecord) -> bool:
    """Whether an account's lists could ever lead to it: they have its own words, and threads of posts that are known or
    were there at a full look. A post that was deleted before any look came to a good end leads nowhere."""
    if said.author == owner:
        return True
    root = said
    while root.parent is not None:
        root = truth.records[root.parent]
    return _key(root) in known or any(root.exists_at(at) for at in full)


def _check(house: Observed, row: Any, said: TrueRecord, full: list[datetime], *, hidden: str) -> None:
    versions = house.versions(row.key)
    told = [version.text for version in versions if version.content]
    written = [" ".join(one.text.split()) for _, one in said.versions]
    assert all(" ".join(text.split()) in written for text in told), "nobody wrote that"
    assert not any(one.content == other.content for one, other in pairwise(versions)), "an edit that nobody made"
    for at in full:
        if said.exists_at(at):
            assert said_of(said, at) in told, "a full look could see it, the archive does not say it"
    assert row.created_at == said.created_at.replace(microsecond=0)
    times = {at.replace(microsecond=0) for at, _ in said.versions}
    assert {version.as_of for version in versions if version.content} <= times, "not when it was written"
    since = [at for at, _, _ in house.looks if at >= full[-1]]
    assert row.state in {state_of(said, at, hidden) for at in since}, (said, row.state)


def state_of(said: TrueRecord, at: datetime, hidden: str) -> str:
    """What Reddit says at a time of something. ``hidden``: of what moderators removed."""
    if said.exists_at(at):
        return hidden if said.hidden_at(at) else "visible"
    return {"author": "deleted_by_author", "platform": "removed_by_platform"}.get(said.vanished_by or "", hidden)


def open_place(house: House, kind: Callable[..., Subreddit] = Subreddit) -> Subreddit:
    """Open the account and register it."""
    return kind.open(house)  # type: ignore[attr-defined, no-any-return]


def says(status: int, *headers: tuple[str, str], **body: Any) -> Alter:
    """An error in Reddit's form."""

    def alter(request: Request, response: Response) -> Response:
        told = json.dumps({"message": "No", "error": status} | body).encode()
        return Response(status, (("Content-Type", "application/json"), *headers), told)

    return alter
