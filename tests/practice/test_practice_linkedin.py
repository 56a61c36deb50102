"""The practice LinkedIn is as strict as the documentation: a connector that passes it may still pass the real one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from archiver.clock import SetClock
from archiver.practice.acts import Wording
from archiver.practice.cast import Cast, populate_linkedin
from archiver.practice.city import City
from archiver.practice.linkedin_api import LinkedInApi
from archiver.practice.linkedin_ids import comment_urn, page_number, page_urn, post_urn
from archiver.practice.messages import Request

_HEADERS = (
    ("Authorization", "Bearer t"), ("LinkedIn-Version", "202608"), ("X-Restli-Protocol-Version", "2.0.0"),
)  # fmt: skip


class Place:
    def __init__(self) -> None:
        self.clock = SetClock(datetime(2026, 3, 1, 8, tzinfo=UTC))
        self.city = City(self.clock)
        self.cast: Cast = populate_linkedin(self.city)
        self.api = LinkedInApi(self.city, "http://127.0.0.1:1", {"t": self.cast.city})

    def get(self, target: str, headers: tuple[tuple[str, str], ...] = _HEADERS) -> tuple[int, Any]:
        response = self.api.answer(Request("GET", target, headers))
        assert response is not None
        return response.status, json.loads(response.body) if response.body.startswith(b"{") else response.body


@pytest.fixture
def place() -> Place:
    return Place()


def test_urns_have_to_be_escaped_and_lists_must_not(place: Place) -> None:
    urn = post_urn(place.city.say(place.cast.city, "News"))
    escaped = quote(urn, safe="")
    assert place.get(f"/rest/posts?ids=List({escaped})")[1]["results"][urn]["commentary"] == "News"
    for wrong in (f"List({urn})", f"List%28{escaped}%29", escaped, "List()"):
        assert place.get(f"/rest/posts?ids={wrong}")[0] == 400
    assert place.get(f"/rest/posts/{escaped}")[0] == 200
    assert place.get(f"/rest/posts/{urn}")[0] == 400
    assert place.get(f"/rest/posts?q=author&author={page_urn(place.cast.city)}")[0] == 400


@pytest.mark.parametrize(
    ("left_out", "instead", "status"),
    [("Authorization", None, 401), ("LinkedIn-Version", None, 400), ("LinkedIn-Version", "202508", 426),
     ("X-Restli-Protocol-Version", None, 400)],
)  # fmt: skip
def test_every_header_is_needed(place: Place, left_out: str, instead: str | None, status: int) -> None:
    headers = tuple(pair for pair in _HEADERS if pair[0] != left_out)
    target = f"/rest/organizations/{page_number(place.cast.city)}"
    assert place.get(target)[0] == 200
    assert place.get(target, (*headers, (left_out, instead)) if instead else headers)[0] == status


def test_a_reply_is_found_under_its_comment_alone(place: Place) -> None:
    city, (anna, ben, *_) = place.city, place.cast.residents
    post = city.say(place.cast.city, "News")
    top = city.say(anna, "first", answering=post)
    reply = city.say(ben, "second", answering=city.say(anna, "below", answering=top))
    on, under = (quote(one, safe="") for one in (post_urn(post), comment_urn(top, post)))
    assert place.get(f"/rest/socialActions/{on}/comments/{top}")[1]["message"]["text"] == "first"
    assert place.get(f"/rest/socialActions/{on}/comments/{reply}")[0] == 404
    assert place.get(f"/rest/socialActions/{under}/comments/{reply}")[1]["parentComment"] == comment_urn(top, post)
    listed = place.get(f"/rest/socialActions/{on}/comments")[1]["elements"]
    assert [(one["id"], one["commentsSummary"]["totalFirstLevelComments"]) for one in listed] == [(str(top), 2)]
    city.delete(top)
    assert place.get(f"/rest/socialActions/{under}/comments/{reply}")[0] == 404


def test_addresses_of_files_expire_and_drafts_are_their_authors(place: Place) -> None:
    city = place.city
    medium = city.picture("a")
    post = city.say(place.cast.city, Wording("See", media=(medium,)))
    urn = f"urn:li:image:P{medium.id}"
    told = place.get(f"/rest/images?ids=List({quote(urn, safe='')})")[1]["results"][urn]
    parts = urlsplit(told["downloadUrl"])
    target = f"{parts.path}?{parts.query}"
    assert place.get(target, ())[0] == 200
    place.clock.advance(timedelta(hours=2))
    assert place.get(target, ())[0] == 403
    place.api.more[post] = {"lifecycleState": "DRAFT"}
    author = quote(page_urn(place.cast.city), safe="")
    for context, shown in (("READER", 0), ("AUTHOR", 1)):
        body = place.get(f"/rest/posts?q=author&author={author}&viewContext={context}")[1]
        assert len(body["elements"]) == shown
