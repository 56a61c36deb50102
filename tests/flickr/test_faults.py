"""Flickr on bad days: nothing is told as gone because an answer went wrong, and the next good day makes up for it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from archiver.practice import faults
from archiver.practice.faults import Alter, with_json
from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, House
from tests.capture.secrecy import nothing_left, repeated
from tests.connecting.consenting import Owner
from tests.flickr.place import KEY, Account, account, says
from tests.graph.scenes import (
    GOOD,
    comes_back_with_all,
    is_no_deletion,
    is_not_added,
    makes_suspicious,
    needs_a_person,
    outlasts,
    tells_of_a_field,
)

_COMMENTS, _PHOTOS = "comments.getList", "getPublicPhotos"


@pytest.fixture
def found(house: House) -> Account:
    place = account(house)
    place.server.page = 3
    return place


_FAULTS: Mapping[str, tuple[Alter, set[str]]] = {
    "ambiguous": (says(1), {"partial", *GOOD}),
    "owner only": (says(99), {"partial"}),
    "away": (says(105), GOOD),
    "method": (says(112), {"partial"}),
    "status": (says(1, 404), {"partial"}),
    "trouble": (faults.server_error(500), GOOD),
    "spent": (faults.too_many_requests("", retry_after="9"), GOOD),
    "html": (faults.html_page(200), {"partial"}),
    "cut": (faults.cut_body(100), GOOD),
    "slow": (faults.slow_body(300, 0.01), GOOD),
}


@pytest.mark.parametrize(
    ("alter", "outcomes"),
    [pytest.param(*one, id=name, marks=() if name == "ambiguous" else pytest.mark.long)
     for name, one in _FAULTS.items()],
)  # fmt: skip
def test_a_fault_in_the_middle_is_no_deletion(found: Account, alter: Alter, outcomes: set[str]) -> None:
    is_no_deletion(found, alter, outcomes, _COMMENTS)


@pytest.mark.long
@pytest.mark.parametrize("where", [_COMMENTS, _PHOTOS, "photos.getInfo", "people.getInfo", "photos", "/services/rest"])
def test_a_service_that_answers_not_found_deletes_nothing(found: Account, where: str) -> None:
    outlasts(found, says(1), where)


@pytest.mark.long
def test_what_is_deleted_between_two_pages_is_no_reason_to_say_that_anything_is_gone(found: Account) -> None:
    """It moves everything behind it forward: what is passed over is found the next time."""
    house, city = found.house, found.house.city
    posts = [city.say(found.id, f"View {n}") for n in range(8)]
    house.run(found.account, FULL)
    house.later(days=1)

    def delete(request: Request, response: Response) -> Response:
        city.delete(posts[-1])
        return response

    house.server.faults.add(delete, _PHOTOS, times=1)
    house.run(found.account, FULL)
    assert set(found.states(*posts[:-1])) == {"visible"}
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(*posts) == [*["visible"] * 7, "not_returned"]


def _emptied(request: Request, response: Response) -> Response:
    body = json.loads(response.body)
    body["photos"]["photo"] = []
    return with_json(response, body)


@pytest.mark.parametrize("where", [f"{_PHOTOS}.*page=2", pytest.param(_PHOTOS, marks=pytest.mark.long)])
def test_an_empty_page_under_an_unchanged_total_is_suspicious(found: Account, where: str) -> None:
    makes_suspicious(found, _emptied, where)


@pytest.mark.long
@pytest.mark.parametrize(
    ("alter", "times", "good"),
    [(_emptied, 1, False), (says(105), 1, True), (faults.cut_body(120), 1, True),
     (faults.server_error(503), None, False)],
    ids=["empty page", "away once", "cut", "trouble"],
)  # fmt: skip
def test_many_pages_are_read_in_the_end(found: Account, alter: Alter, times: int | None, good: bool) -> None:
    for n in range(10):
        found.house.city.say(found.id, f"View {n}")
    comes_back_with_all(found, alter, f"{_PHOTOS}.*page=3", times=times, good=good)


@pytest.mark.long
def test_a_field_that_nobody_knows_is_told_and_is_no_edit(found: Account) -> None:
    def more(request: Request, response: Response) -> Response:
        told = response.body.replace(b'"id": ', b'"mood": "happy", "id": ')
        return Response(response.status, response.headers, told)

    tells_of_a_field(found, more, "/services/rest", "photo.mood", "comment.mood")


def test_a_key_that_is_no_longer_taken_needs_a_person(found: Account) -> None:
    needs_a_person(found, says(100), _COMMENTS)


@pytest.mark.long
def test_an_account_is_not_added_without_a_key(found: Account) -> None:
    is_not_added(found, "API key", {"nosuchkey0123456789abcdef": "does not accept the API key"})


@pytest.mark.law("R71")
@pytest.mark.parametrize("form", ["body", *(pytest.param(one, marks=pytest.mark.long) for one in ("percent", "link"))])
def test_no_key_is_left_anywhere(found: Account, form: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    house = found.house
    found.talk(5)
    house.server.faults.add(repeated(KEY, form), times=None)
    results = [str(house.run(found.account, FULL))]
    house.server.faults.add(faults.server_error(503), times=2)
    house.later(days=1)
    results.append(str(house.run(found.account, FULL)))
    house.capture.flush(all=True)
    assert any(f"api_key={KEY}" in one.target for one in house.server.log)
    nothing_left(house.home, (caplog.text + "".join(results)).encode(), KEY)


def _without(number: int) -> Alter:
    """A list that does not show a photo which is there, as one may whose index is behind."""

    def alter(request: Request, response: Response) -> Response:
        body = json.loads(response.body)
        body["photos"]["photo"] = [one for one in body["photos"]["photo"] if one["id"] != str(number)]
        return Response(response.status, response.headers, json.dumps(body).encode())

    return alter


@pytest.mark.law("R16")
def test_that_the_only_photo_with_comments_is_gone_is_told(found: Account) -> None:
    """It is asked for with its comments, too, beside no other."""
    house = found.house
    photo, _ = found.talk(1)
    house.run(found.account, FULL)
    house.city.say(found.id, "Another one\n\nWithout comments.")
    house.city.delete(photo)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(photo) == ["not_returned"]


@pytest.mark.law("R16")
@pytest.mark.parametrize("consent", [False, pytest.param(True, marks=pytest.mark.long)])
def test_while_no_photo_is_found_by_its_id_none_is_told_to_be_gone(house: House, consent: bool) -> None:
    """The account answers all the while: that says nothing of photos."""
    if consent:
        owner = Owner.of(house, "flickr")
        assert owner.connect().connected
        city, person, known = owner.cast.city, owner.cast.city, owner.account
    else:
        found = account(house)
        city, person, known = found.id, found.id, found.account
    missing, kept = (house.city.say(person, f"{name}\n\nOf {city}.") for name in ("Bridge", "Park"))
    house.run(known, FULL)
    house.server.faults.add(_without(missing), "getPublicPhotos", times=None)
    house.server.faults.add(says(1), "photos.getInfo", times=None)
    house.later(days=1)
    house.run(known, FULL)
    assert [house.records()[f"photo/{one}"].state for one in (missing, kept)] == ["visible"] * 2
    house.server.faults.clear()
    house.city.delete(missing)
    house.later(days=1)
    assert house.run(known, FULL).outcome in GOOD
    assert [house.records()[f"photo/{one}"].state for one in (missing, kept)] == ["not_returned", "visible"]
