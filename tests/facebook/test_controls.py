"""What a comment that is not there is looked for beside: other things that the archive knows, asked for in the same
way. Only where one of them is there anything is told as gone."""

from __future__ import annotations

import pytest

from archiver.practice.faults import Alter
from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, House
from tests.capture.rebuilding import check_rebuilt
from tests.facebook.page import Page, page
from tests.graph.scenes import GOOD, says


@pytest.fixture
def found(house: House) -> Page:
    return page(house)


def _told(found: Page, number: int) -> list[str]:
    """Purposes of the exchanges that tell the state of a record."""
    purposes = {row.id: row.purpose for row in found.house.exchanges()}
    return [purposes[one] for one in found.house.states(found.key_of(number))[-1].evidence]


@pytest.mark.law("R16")
def test_where_nobody_commented_on_the_newest_posts_an_old_comment_vouches(found: Page) -> None:
    house = found.house
    found.server.page = 5
    _, (gone, *others) = found.talk(3)
    for _ in range(26):
        found.talk(0)
    house.run(found.account, FULL)
    house.city.delete(gone)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(gone, *others) == ["not_returned", "visible", "visible"]
    assert _told(found, gone) == ["look_comment", "beside"]
    assert not house.gaps(open_only=True)
    check_rebuilt(house, anew=True)


@pytest.mark.law("R16")
def test_where_a_control_has_gone_meanwhile_the_next_one_is_asked(found: Page) -> None:
    """Two go between the lists and the looks, before anybody could know."""
    house = found.house
    asked: list[str] = []
    said = [found.talk(2)[1] for _ in range(3)]
    house.run(found.account, FULL)
    gone = said[0][0]
    house.city.delete(gone)
    house.later(days=1)

    def goes(request: Request, response: Response) -> Response:
        first = (request.parameter("ids") or "").partition(",")[0]
        asked.append(first)
        if len(asked) < 3:
            house.city.delete(int(first.rpartition("_")[2]))
        return house.server.answer(request)

    house.server.faults.add(goes, "fields=id%2Cfrom%7Bid%7D($|&)", times=None)
    house.run(found.account, FULL)
    house.server.faults.clear()
    assert len(set(asked)) == len(asked) == 3, "each is asked for once"
    assert found.states(gone) == ["not_returned"]
    assert _told(found, gone) == ["look_comment", "beside"]
    met = [number for some in said for number in some if any(one.endswith(f"_{number}") for one in asked[:2])]
    assert found.states(*met) == ["visible", "visible"], "nobody looked for them"
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(*met) == ["not_returned", "not_returned"]
    check_rebuilt(house, anew=True)


def _not_of_others(request: Request, response: Response) -> Response:
    """An app that may list what people said, and not ask for any of it by its id."""
    named = (request.parameter("ids") or request.path.rpartition("/")[2]).split(",")
    comments = [one for one in named if "_" in one and not one.startswith(f"{_PAGE[0]}_")]
    return says(100, subcode=33)(request, response) if comments and "message" not in request.target else response


_PAGE: list[int] = [0]


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    ("alter", "where", "outcomes"),
    [
        (_not_of_others, "/v26", {"partial"}),
        (says(80001), "fields=id%2Cfrom%7Bid%7D($|&)", {"partial", "failed"}),
        (says(190, subcode=463, status=401), "fields=id%2Cfrom%7Bid%7D($|&)", {"partial", "failed"}),
        (says(10, status=403), "fields=id%2Cfrom%7Bid%7D($|&)", {"partial"}),
    ],
    ids=["listed and not asked for", "a pause", "expired", "permission lost"],
)
def test_what_no_control_vouches_for_is_left_undecided(
    found: Page, alter: Alter, where: str, outcomes: set[str]
) -> None:
    house = found.house
    _PAGE[0] = found.id
    _, (gone, *_) = found.talk(3)
    found.talk(2)
    house.run(found.account, FULL)
    house.city.delete(gone)
    house.later(days=1)
    fault = house.server.faults.add(alter, where, times=None)
    assert house.run(found.account, FULL).outcome in outcomes
    assert fault.hits
    assert {row.state for row in house.records().values()} == {"visible"}
    assert house.gaps(open_only=True)


@pytest.mark.law("R16")
def test_where_the_archive_knows_no_other_comment_a_list_names_one_that_is_asked_for(found: Page) -> None:
    house = found.house
    post, (gone,) = found.talk(1)
    house.run(found.account, FULL)
    house.city.delete(gone)
    new = house.city.say(found.cast.residents[1], "Thank you.", answering=post)
    house.later(days=1)
    asked = len(house.server.log)
    assert house.run(found.account, FULL).outcome in GOOD
    listed, named = [
        [one.target for one in list(house.server.log)[asked:] if part in one.target]
        for part in ("comments.filter%28stream%29.limit%285%29", "/?ids=")
    ]
    assert len(listed) == 1
    assert [one for one in named if f"_{new}%2C" in one and one.endswith("fields=id%2Cfrom%7Bid%7D")] == named[-1:]
    assert found.states(gone, new) == ["not_returned", "visible"]
    assert _told(found, gone) == ["look_comment", "beside"]
    check_rebuilt(house, anew=True)
