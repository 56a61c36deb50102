"""What the connector asks, and what the practice X answers, held against the specification of the X API."""

from __future__ import annotations

import json
from typing import Any

from archiver.practice.acts import Wording
from archiver.practice.messages import Request, Response
from archiver.practice.x_ids import x_id
from tests.capture.house import FULL, NEW, WATCH, House
from tests.x import specification
from tests.x.place import APP, TOKEN, Place, place


def _lived_in(found: Place) -> None:
    """One of everything that the practice X can show, or refuse."""
    house, x, people = found.house, found.house.server.x, found.cast.residents
    x.page = 5
    picture = house.city.picture("A bridge")
    post = found.say(found.id, Wording("A picture https://city.example/a", media=(picture,)))
    long = found.say(found.id, "A long notice about the bridge. " * 20)
    x.polls[long] = ["Yes", "No"]
    replies = [found.say(people[n % 4], f"@x_city reply {n}", answering=post) for n in range(8)]
    other = found.say(people[0], "Something else")
    house.city.share(found.id, other)
    found.say(found.id, f"See https://x.com/i/status/{x_id(other)}")
    found.say(people[1], f"And https://x.com/i/status/{x_id(post)}")
    found.say(people[0], "@x_city a message", visibility="direct")
    house.run(found.account, FULL)
    house.later(hours=1)
    house.city.edit(post, "Another picture")
    house.city.delete(replies[0])
    x.protected.add(people[1])
    x.withheld[replies[2]] = ["US"]
    for sweep in (NEW, WATCH, FULL):
        house.later(days=8)
        house.run(found.account, sweep)


def test_every_question_and_every_answer_is_as_the_specification_says(house: House) -> None:
    specification.specification()
    seen: list[tuple[str, int, Any]] = []

    def note(request: Request, response: Response) -> Response:
        if request.target.startswith("/2/"):
            seen.append((request.target, response.status, json.loads(response.body)))
        return response

    house.server.faults.add(note, times=None)
    found = place(house)
    _lived_in(found)
    x = house.server.x
    x.suspended.add(found.id)
    house.run(found.account, FULL)
    x.suspended.clear()
    x.deactivated.add(found.id)
    house.run(found.account, FULL)
    x.deactivated.clear()
    owner = Place(house, found.cast, found.account)
    _as_owner(owner)
    x.tokens.clear()
    house.run(found.account, NEW)
    x.tokens[TOKEN], x.cap = found.id, 0
    house.run(found.account, NEW)
    kinds = {target.partition("?")[0].rstrip("0123456789") for target, _, _ in seen}
    assert len(kinds) >= 9
    assert {200, 401, 429} <= {status for _, status, _ in seen}
    for target, status, body in seen:
        assert specification.faults_of_request(target) == []
        assert specification.faults_of_answer(target, status, body) == [], target.partition("?")[0]
    assert all(not run.drift for run in house.runs()), "a field that the connector does not know"


def _as_owner(found: Place) -> None:
    from archiver.accounts import tokens

    tokens.keep(found.house.archive, found.account, TOKEN)
    found.say(found.cast.residents[0], "@x_city one more message", visibility="direct")
    gone = found.say(found.cast.residents[0], "@x_city and one that goes", visibility="direct")
    found.house.run(found.account, FULL)
    found.house.city.delete(gone)
    found.house.later(days=1)
    found.house.run(found.account, FULL)


def test_the_check_can_fail() -> None:
    target = f"/2/users/by/username/{APP[:5]}?user.fields=name,shoe_size&colour=red"
    assert len(specification.faults_of_request(target)) == 2
    body = {"data": {"id": 5, "nickname": "x"}, "errors": [{"type": "https://api.x.com/2/problems/none"}]}
    assert len(specification.faults_of_answer(target, 200, body)) == 3
