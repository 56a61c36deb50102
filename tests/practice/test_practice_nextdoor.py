"""The practice Nextdoor answers as its documentation says, and no more than that."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from archiver.clock import SetClock
from archiver.practice.cast import Cast, populate_nextdoor
from archiver.practice.city import City
from archiver.practice.messages import Request
from archiver.practice.nextdoor_api import NextdoorApi, agency_number, profile_id


class Place:
    def __init__(self) -> None:
        self.city = City(SetClock(datetime(2026, 3, 1, 8, tzinfo=UTC)))
        self.cast: Cast = populate_nextdoor(self.city)
        self.api = NextdoorApi(self.city, "http://127.0.0.1:1", {"t": self.cast.city})

    def get(self, path: str, token: str = "t", method: str = "GET") -> tuple[int, Any]:
        headers = (("Authorization", f"Bearer {token}"),)
        response = self.api.answer(Request(method, f"/external/api/partner/v1/{path}", headers))
        assert response is not None
        return response.status, json.loads(response.body) if response.body.startswith(b"{") else response.body


@pytest.fixture
def place() -> Place:
    return Place()


def test_it_answers_nobody_without_a_token_and_nothing_that_writes(place: Place) -> None:
    assert place.get("me/profiles", token="x")[0] == 401
    assert place.get("post/create/")[0] == 404
    assert place.get("post/", method="POST")[0] == 404
    place.api.withheld = {"post:read"}
    assert place.get(f"post/?secure_profile_id={profile_id(place.cast.city)}")[0] == 403
    assert place.get("me/profiles")[0] == 200


def test_a_persons_own_profile_stands_beside_the_agencys(place: Place) -> None:
    own, agency = place.get("me/profiles")[1]["profile_list"]
    assert (own["is_agency_profile"], "agency_id" in own) == ("false", False)
    assert (agency["is_agency_profile"], agency["agency_id"]) == ("true", agency_number(place.cast.city))


def test_comments_stand_inside_of_what_they_answer(place: Place) -> None:
    city, people = place.city, place.cast.residents
    post = city.say(place.cast.city, "Snow")
    top = city.say(people[0], "When?", answering=post)
    reply = city.say(people[1], "Today", answering=top)
    asked = f"post/?secure_profile_id={profile_id(place.cast.city)}"
    (shown,) = place.get(asked)[1]["posts"]
    assert [one["id"] for one in shown["comments"]] == [top]
    assert [(one["id"], one["parent_comment_id"]) for one in shown["comments"][0]["comments"]] == [(reply, top)]
    city.hide(top)
    assert place.get(asked)[1]["posts"][0]["comments"] == []
    assert place.get("post/")[0] == 400, "whose?"
    place.api.most = 0
    assert place.get(asked)[1] == {"posts": [], "posts_length": 0}
