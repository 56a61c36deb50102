"""The city's account on the practice X, and an archive that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from archiver.accounts import service as accounts
from archiver.practice.cast import populate_x
from archiver.practice.truth import TrueRecord, Truth
from archiver.practice.x_api import XApi
from archiver.practice.x_ids import chain_of, x_id
from connectors.text import tidy
from tests.capture.house import FULL, House
from tests.capture.observed import Observed
from tests.capture.told import tally
from tests.graph import place as graph

APP = "AAAAAAAAAAAAAAAAAAAAAPracticeCanary%2B0123456789abcdef%3DXyZ"
TOKEN = "cHJhY3RpY2UtY2FuYXJ5OjE2MDpvd25lcjowMTIzNDU2Nzg5YWJjZGVm"
SEARCHED = timedelta(days=7)
_UNSEEN = timedelta(days=3)
"""For so long no look may come to a good end."""


@dataclass
class Place(graph.Place):
    """One account of a house's city on X, read with the token of an app."""

    home: ClassVar[str] = "x"
    token: ClassVar[str] = APP
    populate = staticmethod(populate_x)

    @property
    def server(self) -> XApi:  # type: ignore[override]
        return self.house.server.x

    def let_in(self) -> None:
        self.server.apps.add(APP)
        self.server.tokens[TOKEN] = self.id

    def key_of(self, number: int) -> str:
        return key_of(number)

    def say(self, who: int, text: Any, **more: Any) -> int:
        return self.house.city.say(who, text, **more)

    def play(self, every: timedelta, *, full_only: bool, **sizes: int) -> None:
        """Play a month and look every so often."""
        acts = {"home": self.home, "messages": 0, "profiles": 0, **sizes}
        self.house.play(self.account, every, acts, full_only=full_only, cast=self.cast)

    def posts(self) -> dict[str, Any]:
        return posts_in(self.house)

    def row(self, number: int) -> Any:
        return self.house.records()[key_of(number)]


def key_of(number: int) -> str:
    """Key of the record that a post of the city is."""
    return f"post/{x_id(number)}"


def place(house: House, credential: str = APP) -> Place:
    """Open the accounts and register the city's."""
    found = Place(house, Place.populate(house.city, house.clock.now() - timedelta(days=1)))
    found.let_in()
    found.account = accounts.add(house.archive, found.address, "x", credential=credential).account.id
    return found


def posts_in(house: Observed) -> dict[str, Any]:
    """What the archive knows of posts, by their keys."""
    return {key: row for key, row in house.records().items() if key.startswith("post/")}


def versions_in(house: House, number: int) -> list[str]:
    """Ids of the versions of a post that the archive tells, in its order."""
    return [row.content["version"] for row in house.versions(key_of(number))]


def said_by(house: House, number: int) -> list[str]:
    return [row.text for row in house.versions(key_of(number))]


# A month held against what really happened.


def check(house: Observed, account: int) -> dict[str, int]:
    """What every full look could see is in the archive as it was, nothing else is, and the states are as they were.
    ``account``: whose it is. Messages are left out."""
    truth = Truth(house.city.journal)
    looks = [at for at, _, _ in house.looks]
    full = [at for at, _, sweep in house.looks if sweep is FULL]
    known, related = posts_in(house), _related(truth, account)
    must = {number for at in full for number in _shown(truth, account, at)}
    may = {number for number in related if any(_stands(truth, number, at) for at in looks)}
    assert {key_of(one) for one in must} - set(known) == set(), "shown, but not in the archive"
    assert set(known) - {key_of(one) for one in may} == set(), "in the archive, but not to be seen"
    shown_last = _shown(truth, account, full[-1])
    for number in may:
        if key_of(number) in known:
            said = truth.records[number]
            _check_versions(house, said, known[key_of(number)], full[-1] if number in shown_last else None)
            standing = _stands(truth, number, full[-1])
            if not standing and _is_out_of_search(truth, said, account):
                continue
            assert known[key_of(number)].state == ("visible" if standing else "not_returned"), said
    return tally(known)


def _posted(truth: Truth, until: datetime | None = None) -> list[TrueRecord]:
    return [one for one in truth.said(until=until) if one.kind != "message"]


def _related(truth: Truth, account: int) -> set[int]:
    """What is the account's by any way: its own, what names it, what is said under its own, what it answers or passes
    on."""
    own = [one for one in _posted(truth) if one.author == account]
    found = {one.id for one in own} | {one.id for one in _posted(truth) if _names(truth, one, account)}
    found |= {one for said in own for one in (said.parent, said.share_of) if one is not None}
    return found | {said.id for one in own if one.kind == "post" for said in truth.thread(one.id)}


def _names(truth: Truth, said: TrueRecord, account: int) -> bool:
    answered = None if said.parent is None else truth.records[said.parent].author
    return account in (*said.mentions, answered)


def _is_out_of_search(truth: Truth, said: TrueRecord, account: int) -> bool:
    """Whether something was too old to be missed in a search when it was deleted, or soon after, and no other list
    leads to it: that it is gone then nobody finds out, which the connector says."""
    if said.author == account or _names(truth, said, account) or said.vanished_at is None:
        return False
    return said.vanished_at - said.versions[-1][0] > SEARCHED - _UNSEEN


def _shown(truth: Truth, account: int, at: datetime) -> set[int]:
    """What lists and searches show of an account at a time."""
    found = set()
    for said in _posted(truth, until=at):
        recent = said.kind == "post" and said.author == account and said.created_at > at - SEARCHED
        if said.author == account or _names(truth, said, account):
            found.add(said.id)
        if recent and _stands(truth, said.id, at):
            found |= {one.id for one in truth.thread(said.id)}
    return {number for number in found if _stands(truth, number, at)}


def _stands(truth: Truth, number: int, at: datetime) -> bool:
    """Whether X shows it; also what a page hides. A repost goes with what it passes on."""
    return truth.records[number].exists_at(at)


def _check_versions(house: Observed, said: TrueRecord, row: Any, seen_at: datetime | None) -> None:
    """Every version until it was last seen, each by its own id and with its time; and no other. Of what somebody else
    wrote and the account passed on, perhaps not the earlier ones, which the connector says."""
    told = house.versions(row.key)
    chain = chain_of(said.id, [at for at, _ in said.versions])
    ids = [version.content["version"] for version in told]
    places = [chain.index(one) for one in ids]
    if row.kind == "share" and said.kind != "share":
        assert places == sorted(set(places)), "an edit that nobody made"
    else:
        assert ids == chain[: len(ids)], "an edit that nobody made, or one that was missed"
    assert [version.as_of for version in told] == [said.versions[place][0] for place in places]
    assert row.created_at == said.created_at
    assert row.author_id == x_id(said.author)
    if said.kind != "share":
        assert [version.text for version in told] == [_told(said, place) for place in places]
    if seen_at is not None:
        assert places[-1] == len(said.versions_until(seen_at)) - 1, said


def _told(said: TrueRecord, version: int) -> str:
    wording = said.versions[version][1]
    parts: Sequence[str] = [tidy(wording.text), *(tidy(medium.alt) for medium in wording.media)]
    return "\n\n".join(part for part in parts if part)
