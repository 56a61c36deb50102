"""What has gone is looked for again, less and less often: it may be shown again, and nothing need lead to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from archiver.capture import looks
from tests.capture.house import FULL, START, House
from tests.capture.rebuilding import check_rebuilt

NewHouse = Callable[..., House]


def _hidden(house: House) -> tuple[str, int, int]:
    """A comment and an answer to it, captured, then both hidden and found gone."""
    city, cast = house.city, house.cast
    notice = city.say(cast.city, "The bridge is shut.", at=START - timedelta(hours=9))
    comment = city.say(cast.residents[0], "Why?", answering=notice, at=START - timedelta(hours=8))
    orphan = city.say(cast.residents[1], "Ice, they say.", answering=comment, at=START - timedelta(hours=7))
    house.clock.at = START
    office = house.office()
    house.run(office)
    house.later(hours=1)
    for number in (orphan, comment):
        city.hide(number)
    house.run(office)
    house.later(days=7)
    house.run(office)
    assert {house.records()[f"status/{number}"].state for number in (comment, orphan)} == {"not_returned"}
    return office, comment, orphan


def test_an_orphan_that_is_shown_again_is_found(house: House) -> None:
    office, comment, orphan = _hidden(house)
    house.city.unhide(orphan)
    for _ in range(2):
        house.later(days=7, minutes=1)
        house.run(office)
    assert house.records()[f"status/{orphan}"].state == "visible"
    assert house.records()[f"status/{comment}"].state == "not_returned"
    assert [one.state for one in house.states(f"status/{orphan}")] == ["visible", "not_returned", "visible"]


def test_it_is_looked_for_less_and_less_often_and_each_look_is_evidence(house: House) -> None:
    office, comment, _ = _hidden(house)
    looked = []
    for week in range(30):
        house.later(days=7, minutes=1)
        asked = len(house.server.log)
        house.run(office)
        if any(one.target.endswith(f"/statuses/{comment}") for one in list(house.server.log)[asked:]):
            looked.append(week)
    waits = [after - before for before, after in pairwise(looked)]
    assert len(looked) >= 4
    assert waits == sorted(waits)
    assert waits[-1] >= 8
    *_, last = house.states(f"status/{comment}")
    assert last.state == "not_returned"
    assert last.last_at - last.from_at > timedelta(days=90)
    check_rebuilt(house, anew=True)


def test_no_more_than_some_are_looked_for_in_one_run_and_each_has_its_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_GONE_LOOKS", 2)
    city, cast = house.city, house.cast
    said = [city.say(cast.city, f"Notice {number}", at=START - timedelta(hours=50 - number)) for number in range(7)]
    house.clock.at = START
    office = house.office()
    house.run(office)
    for number in said[:6]:
        city.hide(number)
    house.later(hours=1)
    house.run(office)
    for number in said[:6]:
        city.unhide(number)
    house.city.hide(said[6])  # (a list that is not all there is shown the others too)
    asked = len(house.server.log)
    house.later(days=7, minutes=1)
    run = house.run(office, FULL)
    assert run.outcome == "complete"
    assert {house.records()[f"status/{number}"].state for number in said[:6]} == {"visible"}
    assert len(list(house.server.log)[asked:]) < 20
