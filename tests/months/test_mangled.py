"""Answers as the practice platforms give them over a real socket, with one place of them spoiled, or cut: nothing else
in them is lost, changed or gone for that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import hostile
from connectors.contract import Answer, Ask, Reading, State
from connectors.invariants import check_reading
from tests import effort
from tests.capture.house import FULL, NEW, WATCH, houses
from tests.months.kinds import KINDS, USUAL

JUNK: tuple[Any, ...] = (None, True, -1, 10**30, 1.5, "", "\x00", "9" * 40, [], {}, [None], [[]], {"id": None})
REMOVED = object()
_GONE = {State.DELETED_BY_AUTHOR, State.REMOVED_BY_PLATFORM, State.HIDDEN_BY_PAGE, State.NOT_RETURNED}


@dataclass
class Noted:
    """A connector, with all that it read."""

    inner: Any
    taken: list[tuple[Ask, Answer]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        self.taken.append((ask, answer))
        return self.inner.read(ask, answer)  # type: ignore[no-any-return]


@pytest.fixture(scope="module", params=USUAL)
def noted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noted]:
    """One platform's connector with answers of every kind that it read."""
    kind = KINDS[request.param]
    with houses(tmp_path_factory.mktemp("mangled")) as new_house:
        found = kind.open(new_house(seed=3))
        kind.prepare(found, 4)
        platform = found.platform or found.home
        noted = Noted(found.house.archive.platforms.connectors[platform])
        found.house.use(noted)  # type: ignore[arg-type]
        _happen(found)
        yield replace(noted, taken=list(_one_of_each(noted)))


def _happen(found: Any) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    _, answers = found.talk(6)
    city.say(people[1], "a reply", answering=answers[0])
    city.say(found.id, "View of the lake")
    house.run(found.account, FULL)
    city.delete(answers[1])
    city.hide(answers[2])
    city.edit(answers[0], "changed")
    for sweep in (NEW, WATCH, FULL):
        house.later(days=1)
        house.run(found.account, sweep)


def _one_of_each(noted: Noted) -> Iterator[tuple[Ask, Answer]]:
    known = set()
    for ask, answer in noted.taken:
        reading = noted.inner.read(ask, answer)
        shape = (ask.purpose, len(reading.records) > 1, reading.next_page is None)
        told = answer.body[:1] in (b"{", b"[") and len(answer.body) > len("[]")
        if reading.problem is None and shape not in known and told:
            known.add(shape)
            yield ask, answer


@settings(
    max_examples=effort.examples(60), deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@pytest.mark.prop
@given(data=st.data())
def test_one_spoiled_place_costs_no_more_than_what_stands_there(noted: Noted, data: st.DataObject) -> None:
    ask, answer = data.draw(st.sampled_from(noted.taken))
    body = json.loads(answer.body)
    place = data.draw(st.sampled_from([one for one in hostile.places(body) if one]))
    junk = data.draw(st.sampled_from((*JUNK, REMOVED) if isinstance(place[-1], str) else JUNK))
    before = noted.inner.read(ask, answer)
    bad = replace(answer, body=hostile.as_bytes(spoiled(body, place, junk)))
    after = noted.inner.read(ask, bad)
    check_reading(after, ask, bad, noted.inner)
    if after.problem is not None:
        assert not after.whole
        return
    spot = "".join(f"/{one}" for one in place)
    aside = [one[0] for one in after.quarantine]
    for record in before.records:
        same = next((one for one in after.records if (one.key, one.place) == (record.key, record.place)), None)
        if same is not None and not is_in(spot, record.place):
            assert (same.content, same.text, same.state) == (record.content, record.text, record.state), (spot, junk)
        elif same is not None:
            said = place[-1] == "is_hidden" and junk is True  # the platform says so itself
            assert said or same.state not in _GONE or same.state == record.state, (spot, junk)
        elif not (is_in(spot, record.place) or is_in(record.place, spot)):
            assert any(one == "" or is_in(record.place, one) for one in aside), (spot, junk, record.key)
    if aside:
        assert not after.whole


def is_in(place: str, other: str) -> bool:
    """Whether a place (JSON pointer) is another, or inside it."""
    return place == other or place.startswith(f"{other}/")


def spoiled(body: Any, place: tuple[Any, ...], junk: Any) -> Any:
    """A body with something else at a place of it."""
    changed = deepcopy(body)
    inner = changed
    for one in place[:-1]:
        inner = inner[one]
    if junk is REMOVED:
        del inner[place[-1]]
    else:
        inner[place[-1]] = junk
    return changed


@pytest.mark.prop
def test_of_an_answer_that_breaks_off_nothing_is_told(noted: Noted) -> None:
    for ask, answer in noted.taken:
        for cut in hostile.cut(answer.body, effort.examples(36)):
            after = noted.inner.read(ask, replace(answer, body=cut))
            assert not after.records
            assert not after.whole
            assert after.problem is not None or after.quarantine
