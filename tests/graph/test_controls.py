"""What a comment that is not there is looked for beside on each of Meta's platforms: others that the archive knows,
asked for in the same way. Only where one of them is there anything is told as gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, House
from tests.capture.rebuilding import check_rebuilt
from tests.facebook.page import Page
from tests.graph.place import Place
from tests.graph.scenes import GOOD, says
from tests.instagram.account import Account as Instagram
from tests.threads.account import Account as Threads


@dataclass(frozen=True)
class _Way:
    """How a platform is asked. ``look``: purpose of a look at one comment; ``beside``: where controls are asked for, by
    their ids; ``listed``: where some are named."""

    opened: type[Place]
    look: str
    beside: str
    listed: str


_WAYS: Mapping[str, _Way] = {
    "facebook": _Way(
        Page, "look_comment", "fields=id%2Cfrom%7Bid%7D($|&)", "comments.filter%28stream%29.limit%285%29"
    ),
    "instagram": _Way(
        Instagram, "look_comment", "/[0-9]+[?]fields=id%2Cfrom%2Cuser%7Bid%7D%2Cusername$", "comments.limit%2810%29"
    ),
    "threads": _Way(
        Threads, "known_reply", "/[0-9]+[?]fields=id%2Chide_status%2Cis_reply_owned_by_me$",
        "/conversation?fields=id%2Chide_status%2Cis_reply_owned_by_me",
    ),
}  # fmt: skip
on_each = pytest.mark.parametrize("name", _WAYS)


def _open(house: House, name: str) -> tuple[Place, _Way]:
    way = _WAYS[name]
    return way.opened.open(house), way


def _told(found: Place, number: int) -> list[str]:
    """Purposes of the exchanges that tell the state of a record."""
    purposes = {row.id: row.purpose for row in found.house.exchanges()}
    return [purposes[one] for one in found.house.states(found.key_of(number))[-1].evidence]


def _named(request: Request) -> list[int]:
    """Numbers of what is asked for by ids."""
    named = (request.parameter("ids") or request.path.rpartition("/")[2]).split(",")
    numbers = [one.rpartition("_")[2] for one in named]
    return [int(one) for one in numbers if one.isdecimal()]


@pytest.mark.law("R16")
@on_each
def test_where_nobody_commented_on_the_newest_posts_an_old_comment_vouches(house: House, name: str) -> None:
    found, way = _open(house, name)
    found.server.page = 5
    _, (gone, *others) = found.talk(3)
    for _ in range(26):
        found.talk(0)
    house.run(found.account, FULL)
    house.city.delete(gone)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(gone, *others) == ["not_returned", "visible", "visible"]
    assert _told(found, gone) == [way.look, "beside"]
    assert not house.gaps(open_only=True)
    check_rebuilt(house, anew=True)


@pytest.mark.law("R16")
@on_each
def test_where_a_control_has_gone_meanwhile_the_next_one_is_asked(house: House, name: str) -> None:
    """Two go between the lists and the looks, before anybody could know."""
    found, way = _open(house, name)
    asked: list[int] = []
    said = [found.talk(2)[1] for _ in range(3)]
    house.run(found.account, FULL)
    gone = said[0][0]
    house.city.delete(gone)
    house.later(days=1)

    def goes(request: Request, response: Response) -> Response:
        asked.append(_named(request)[0])
        if len(asked) < 3:
            house.city.delete(asked[-1])
        return house.server.answer(request)

    house.server.faults.add(goes, way.beside, times=None)
    house.run(found.account, FULL)
    house.server.faults.clear()
    assert len(set(asked)) == len(asked) == 3, "each is asked for once"
    assert found.states(gone) == ["not_returned"]
    assert _told(found, gone) == [way.look, "beside"]
    assert found.states(*asked[:2]) == ["visible", "visible"], "nobody looked for them"
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(*asked[:2]) == ["not_returned", "not_returned"]
    check_rebuilt(house, anew=True)


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    "why",
    [
        "listed and not asked for",
        "permission lost",
        *(pytest.param(why, marks=pytest.mark.long) for why in ("a pause", "expired", "never there")),
    ],
)
@on_each
def test_what_no_control_vouches_for_is_left_undecided(house: House, name: str, why: str) -> None:
    found, way = _open(house, name)
    _, (gone, *_) = found.talk(3)
    found.talk(2)
    house.run(found.account, FULL)
    house.city.delete(gone)
    house.later(days=1)

    def of_others(request: Request, response: Response) -> Response:
        """An app that may list what people said, and not ask for any of it by its id."""
        asked = [house.city.posts[one] for one in _named(request) if one in house.city.posts]
        theirs = any(one.is_reply and one.author != found.id for one in asked)
        return says(100, subcode=33)(request, response) if theirs else response

    alter, where, outcomes = {
        "listed and not asked for": (of_others, "/v[0-9]", {"partial"}),
        "a pause": (says(80001), way.beside, {"partial", "failed"}),
        "expired": (says(190, subcode=463, status=401), way.beside, {"partial", "failed"}),
        "permission lost": (says(10, status=403), way.beside, {"partial"}),
        "never there": (says(100, subcode=33), way.beside, {"partial"}),
    }[why]
    fault = house.server.faults.add(alter, where, times=None)
    assert house.run(found.account, FULL).outcome in outcomes
    assert fault.hits
    assert {row.state for row in house.records().values()} == {"visible"}
    assert house.gaps(open_only=True)


@pytest.mark.law("R16")
@on_each
def test_where_no_other_comment_that_is_known_is_there_a_list_names_one_that_is_asked_for(
    house: House, name: str
) -> None:
    found, way = _open(house, name)
    post, (gone, other) = found.talk(2)
    house.run(found.account, FULL)
    house.city.delete(gone)
    new = house.city.say(found.cast.residents[1], "Thank you.", answering=post)
    house.later(days=1)
    listed = len(_asked(house, way.listed))
    beside: list[int] = []

    def goes(request: Request, response: Response) -> Response:
        beside.append(_named(request)[0])
        if beside == [other]:
            house.city.delete(other)
        return house.server.answer(request)

    house.server.faults.add(goes, way.beside, times=None)
    house.run(found.account, FULL)
    assert len(_asked(house, way.listed)) == listed + 1
    assert beside[0] == other
    assert beside[-1] == new, "that it is listed vouches for nothing"
    assert found.states(gone, other, new) == ["not_returned", "visible", "visible"]
    assert _told(found, gone) == [way.look, "beside"]
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(gone, other, new) == ["not_returned", "not_returned", "visible"]
    check_rebuilt(house, anew=True)


def _asked(house: House, part: str) -> list[str]:
    return [one.target for one in house.server.log if part in one.target]
