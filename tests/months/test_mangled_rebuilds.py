"""Answers mangled at random, captured over a real socket: an index made anew from what is stored says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from archiver.practice import faults
from archiver.practice.messages import Request, Response
from connectors import hostile
from tests import effort
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.graph.place import Place
from tests.months.kinds import KINDS
from tests.months.test_mangled import JUNK, REMOVED, spoiled

_USUAL = ("facebook", "mastodon", "subreddit", "x")
_GIVEN = [pytest.param(name, marks=() if name in _USUAL else pytest.mark.long) for name in KINDS]
_LOOKS = 6


@dataclass
class Mangler:
    """Leaves some answers as they are; of others it spoils places, or bytes. ``hits``: how many."""

    draw: Random
    hits: int = 0

    def alter(self, request: Request, response: Response) -> Response:
        if not response.body or self.draw.random() < 0.5:
            return response
        self.hits += 1
        return self.draw.choice((self._places, self._places, self._cut, self._bytes))(response)

    def _places(self, response: Response) -> Response:
        """Up to four places hold something else, or are no longer there."""
        if response.body[:1] not in (b"{", b"["):
            return self._bytes(response)
        body: Any = json.loads(response.body)
        for _ in range(self.draw.randint(1, 4)):
            places = [one for one in hostile.places(body) if one]
            if places:
                place = self.draw.choice(places)
                body = spoiled(body, place, self.draw.choice((*JUNK, REMOVED) if isinstance(place[-1], str) else JUNK))
        return faults.with_json(response, body)

    def _cut(self, response: Response) -> Response:
        return replace(response, body=response.body[: self.draw.randrange(len(response.body))])

    def _bytes(self, response: Response) -> Response:
        """Up to twenty bytes are others."""
        body = bytearray(response.body)
        for _ in range(self.draw.randint(1, 20)):
            body[self.draw.randrange(len(body))] = self.draw.randrange(256)
        return replace(response, body=bytes(body))


@pytest.mark.prop
@pytest.mark.law("R16")
@pytest.mark.parametrize("name", _GIVEN)
def test_an_index_made_anew_from_mangled_answers_says_the_same(new_house: Callable[..., House], name: str) -> None:
    kind = KINDS[name]
    found = kind.open(new_house(seed=4))
    house, mangler = found.house, Mangler(Random(f"mangled {name}"))
    kind.prepare(found, 4)
    house.run(found.account, FULL)
    for number in range(effort.examples(_LOOKS)):
        _live(found)
        house.later(days=1)
        house.server.faults.add(mangler.alter, times=None)
        for sweep in (NEW, WATCH, FULL)[number % 3 :]:
            house.run(found.account, sweep)
        house.server.faults.clear()
        house.run(found.account, FULL)
    assert mangler.hits > _LOOKS
    check_rebuilt(house, anew=True)


def _live(found: Place) -> None:
    """Something is said, shown, corrected, hidden and deleted."""
    city = found.house.city
    _, (first, second, third) = found.talk()
    city.say(found.id, "Thank you.", answering=first)
    old = [one for one in city.posts.values() if one.is_reply and not one.hidden and one.id not in (first, second)]
    city.edit(first, "Corrected since.")
    city.hide(second)
    city.delete(third)
    for one in old[:2]:
        if one.id in city.posts:
            city.edit(one.id, f"{one.wording.text} (edited)")
