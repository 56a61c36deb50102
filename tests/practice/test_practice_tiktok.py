"""The practice TikTok is as strict as the documentation: a connector that passes it may still pass the real one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from archiver.clock import SetClock
from archiver.practice.cast import Cast, populate_tiktok
from archiver.practice.city import City
from archiver.practice.messages import Request
from archiver.practice.tiktok_api import BusinessApi, DisplayApi


class Place:
    def __init__(self) -> None:
        self.clock = SetClock(datetime(2026, 3, 1, 8, tzinfo=UTC))
        self.city = City(self.clock)
        self.cast: Cast = populate_tiktok(self.city)
        self.business, self.display = (make(self.city, "http://127.0.0.1:1") for make in (BusinessApi, DisplayApi))
        self.business.tokens["t"] = self.display.tokens["t"] = self.cast.city

    def get(self, path: str, token: str | None = "t", **asked: Any) -> Any:
        """The answer of the Accounts API to a question of the city's own account."""
        given = {"business_id": self.business.identity(self.cast.city)} | asked
        query = "&".join(
            f"{name}={quote(one if isinstance(one, str) else json.dumps(one))}" for name, one in given.items()
        )
        headers = (("Access-Token", token),) if token is not None else ()
        response = self.business.answer(Request("GET", f"/open_api/v1.3/business/{path}/?{query}", headers))
        assert response is not None
        assert response.status == 200
        return json.loads(response.body)

    def post(self, path: str, body: Any, fields: str = "id", token: str = "t") -> tuple[int, Any]:
        """Status and answer of the Display API."""
        headers = (("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"))
        asked = Request("POST", f"/v2/video/{path}/?fields={fields}", headers, json.dumps(body).encode())
        response = self.display.answer(asked)
        assert response is not None
        return response.status, json.loads(response.body)


@pytest.fixture
def place() -> Place:
    return Place()


def test_every_error_of_the_accounts_api_is_inside_200(place: Place) -> None:
    assert place.get("get", None)["code"] == 40104
    assert place.get("get", "unknown")["code"] == 40105
    place.business.expired.add("t")
    assert place.get("get")["code"] == 40102
    place.business.expired.clear()
    assert place.get("get", business_id="somebody-else")["code"] == 40001
    assert place.get("get", fields="username")["code"] == 40002, "no JSON"
    assert place.get("video/list", max_count=21)["code"] == 40002
    assert place.get("comment/list", video_id="1")["code"] == 40002
    place.business.per_minute = 1
    place.clock.advance(timedelta(minutes=2))
    assert [place.get("get")["code"] for _ in range(2)] == [0, 40100]


def test_a_route_that_is_not_there_is_answered_in_plain_text(place: Place) -> None:
    for path in ("/open_api/v1.2/business/get/", "/open_api/v1.3/business/comments/list/"):
        response = place.business.answer(Request("GET", path, (("Access-Token", "t"),)))
        assert response is not None
        assert (response.status, response.body) == (404, b"Not Found")


def test_fields_are_given_only_with_their_permission_and_only_where_they_are_asked_for(place: Place) -> None:
    place.city.say(place.cast.city, "Snow")
    assert place.get("video/list")["data"]["videos"] == [{"item_id": str(max(place.city.posts))}]
    told = place.get("video/list", fields=["item_id", "comments", "caption"])["data"]["videos"]
    assert told[0]["caption"] == "Snow"
    place.business.withheld = {"video.insights"}
    assert place.get("video/list", fields=["item_id", "comments"])["code"] == 40001
    assert place.get("video/list", fields=["item_id", "caption"])["code"] == 0


def test_the_display_api_wants_json_and_says_errors_in_words(place: Place) -> None:
    assert place.post("list", {"max_count": 21}) == (
        400, {"data": {}, "error": {"code": "invalid_params", "message": "max_count or cursor is invalid",
                                    "log_id": "20261101practice"}},
    )  # fmt: skip
    assert place.post("query", {"filters": {"video_ids": []}})[0] == 400
    assert place.post("list", {}, token="no")[1]["error"]["code"] == "access_token_invalid"
    place.display.withheld = {"video.list"}
    status, body = place.post("list", {})
    assert (status, body["error"]["code"]) == (401, "scope_not_authorized")


def test_lists_of_videos_go_by_time_and_of_comments_by_number(place: Place) -> None:
    for n in range(3):
        place.city.say(place.cast.city, f"video {n}")
        place.clock.advance(timedelta(seconds=2))
    _, first = place.post("list", {"max_count": 2})
    assert (len(first["data"]["videos"]), first["data"]["has_more"]) == (2, True)
    _, last = place.post("list", {"max_count": 2, "cursor": first["data"]["cursor"]})
    assert (len(last["data"]["videos"]), last["data"]["has_more"]) == (1, False)
    video = max(place.city.posts)
    for n in range(5):
        place.city.say(place.cast.residents[n % 3], f"comment {n}", answering=video)
    page = place.get("comment/list", video_id=str(video), max_count=2, cursor=2)["data"]
    assert [one["text"] for one in page["comments"]] == ["comment 2", "comment 3"]
    assert (page["cursor"], page["has_more"]) == (4, True)


def test_hidden_comments_are_shown_to_the_owner_alone_and_do_not_count(place: Place) -> None:
    city = place.city
    video = city.say(place.cast.city, "Snow")
    one, other = (city.say(person, "hm", answering=video) for person in place.cast.residents[:2])
    reply = city.say(place.cast.city, "An answer", answering=one)
    city.hide(reply)
    city.hide(other)
    public = place.get("comment/list", video_id=str(video), status="PUBLIC", include_replies="true")["data"]
    assert [(said["comment_id"], said["reply_list"]) for said in public["comments"]] == [(str(one), [])]
    every = place.get("comment/list", video_id=str(video), include_replies="true")["data"]["comments"]
    assert [said["status"] for said in every] == ["PUBLIC", "HIDDEN"]
    assert [said["status"] for said in every[0]["reply_list"]] == ["HIDDEN"]
    told = place.get("video/list", fields=["item_id", "comments"])["data"]["videos"][0]
    assert (told["comments"], every[0]["replies"]) == (1, 0)
    named = place.get("comment/list", video_id=str(video), comment_ids=[str(reply)])["data"]["comments"]
    assert [said["parent_comment_id"] for said in named] == [str(one)]


def test_addresses_of_pictures_expire(place: Place) -> None:
    place.city.say(place.cast.city, "Snow")
    _, told = place.post("list", {}, fields="id,cover_image_url")
    cover = told["data"]["videos"][0]["cover_image_url"].removeprefix("http://127.0.0.1:1")

    def status() -> int:
        response = place.display.answer(Request("GET", cover))
        assert response is not None
        return response.status

    assert status() == 200
    place.clock.advance(timedelta(days=2))
    assert status() == 403
