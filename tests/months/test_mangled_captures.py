"""Answers with one place of them spoiled, captured over a real socket: in the archive nothing beside that place was
edited or is gone, and the next good day makes up for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from archiver.practice import faults
from archiver.practice.messages import Request, Response
from connectors import hostile
from connectors.contract import Answer, Ask, Reading
from tests import effort
from tests.capture.house import FULL, House
from tests.months import meta, others
from tests.months.kinds import KINDS
from tests.months.test_mangled import JUNK, REMOVED, is_in, spoiled

_LOOKS = 18
_GIVEN = [pytest.param(name, marks=() if name in {*meta.KINDS, *others.KINDS} else pytest.mark.long) for name in KINDS]


@dataclass
class Spoiler:
    """A connector to whose answers something happens on their way, with the records that stood where it did."""

    inner: Any
    draw: Random
    good: dict[bytes, tuple[bytes, str]] = field(default_factory=dict)
    """Answers as they were, and the place that was spoiled, by what became of them."""
    touched: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def alter(self, request: Request, response: Response) -> Response:
        if response.body[:1] not in (b"{", b"["):
            return response
        body = json.loads(response.body)
        places = [one for one in hostile.places(body) if one]
        if not places:
            return response
        place = self.draw.choice(places)
        junk = self.draw.choice((*JUNK, REMOVED) if isinstance(place[-1], str) else JUNK)
        bad = faults.with_json(response, spoiled(body, place, junk))
        self.good[bad.body] = (response.body, "".join(f"/{one}" for one in place))
        return bad

    def read(self, ask: Ask, answer: Answer) -> Reading:
        reading: Reading = self.inner.read(ask, answer)
        if answer.body in self.good:
            body, spot = self.good[answer.body]
            for one in (*self.inner.read(ask, replace(answer, body=body)).records, *reading.records):
                if is_in(spot, one.place) or is_in(one.place, spot):
                    self.touched.add(one.key)
        return reading


@pytest.mark.prop
@pytest.mark.parametrize("name", _GIVEN)
def test_a_spoiled_place_is_no_edit_and_no_deletion_of_anything_else(
    new_house: Callable[..., House], name: str
) -> None:
    kind = KINDS[name]
    found = kind.open(new_house(seed=3))
    house = found.house
    kind.prepare(found, 4)
    spoiler = Spoiler(house.archive.platforms.connectors[found.platform or found.home], Random(name))
    house.use(spoiler)  # type: ignore[arg-type]
    said = [number for _ in range(2) for post, under in [found.talk(6)] for number in (post, *under)]
    keys = {found.key_of(number) for number in said}
    house.run(found.account, FULL)
    keys &= set(house.records())
    texts = {key: house.versions(key)[-1].text for key in keys}
    for number in range(effort.examples(_LOOKS)):
        house.later(days=1)
        house.server.faults.add(spoiler.alter, "", after=number, times=2)
        house.run(found.account, FULL)
        house.server.faults.clear()
    assert spoiler.good
    _nothing_else(house, keys - spoiler.touched)
    for _ in range(3):
        house.later(days=1)
        house.run(found.account, FULL)
    rows = house.records()
    assert {rows[key].state for key in keys} == {"visible"}
    assert {key: house.versions(key)[-1].text for key in keys} == texts


def _nothing_else(house: House, untouched: set[str]) -> None:
    rows = house.records()
    assert untouched
    assert {(rows[key].state, rows[key].versions) for key in untouched} == {("visible", 1)}
