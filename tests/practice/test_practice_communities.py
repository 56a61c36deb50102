"""The practice Reddit, Flickr and Vimeo are as strict as their documentation: a connector that passes them may still
pass the real ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from archiver.clock import SetClock
from archiver.practice.cast import populate_flickr, populate_reddit, populate_vimeo
from archiver.practice.city import City
from archiver.practice.flickr_api import FlickrApi, nsid
from archiver.practice.messages import Request, Site
from archiver.practice.reddit_api import RedditApi
from archiver.practice.reddit_json import base36, number_of
from archiver.practice.vimeo_api import VimeoApi
from archiver.practice.words import CITY

_AGENT, _TOKEN = ("User-Agent", "records-archiver/1"), ("Authorization", "Bearer t")
_VERSION = ("Accept", "application/vnd.vimeo.*+json;version=3.4")


def asked(api: Site, target: str, *headers: tuple[str, str]) -> tuple[int, Any]:
    response = api.answer(Request("GET", target, headers))
    assert response is not None
    return response.status, json.loads(response.body)


@pytest.fixture
def city() -> City:
    return City(SetClock(datetime(2026, 3, 1, 8, tzinfo=UTC)))


def test_reddit_answers_nobody_who_does_not_say_who_asks(city: City) -> None:
    cast = populate_reddit(city)
    api = RedditApi(city, "http://127.0.0.1:1", {"t": cast.city})
    target = f"/r/{CITY}/about"
    assert asked(api, target, _AGENT, _TOKEN)[0] == 200
    assert asked(api, target, ("User-Agent", "python-requests/2"), _TOKEN)[0] == 429
    assert asked(api, target, _TOKEN)[0] == 429
    assert asked(api, target, _AGENT)[0] == 401
    api.without.add("read")
    assert asked(api, target, _AGENT, _TOKEN)[0] == 403


def test_reddit_lists_a_thousand_and_shows_nothing_behind_what_is_gone(city: City) -> None:
    cast = populate_reddit(city)
    api = RedditApi(city, "http://127.0.0.1:1", {"t": cast.city}, most=5, page=2)
    posts = [city.say(cast.city, f"Notice {n}") for n in range(7)]
    names: list[str] = []
    after: str | None = ""
    pages = 0
    while after is not None:
        _, body = asked(api, f"/r/{CITY}/new?limit=100&after={after}".removesuffix("&after="), _AGENT, _TOKEN)
        names += [one["data"]["id"] for one in body["data"]["children"]]
        after, pages = body["data"]["after"], pages + 1
    assert [number_of(one) for one in names] == posts[:1:-1]
    assert pages == 3
    city.delete(posts[-1])
    gone = f"/r/{CITY}/new?after=t3_{base36(posts[-1])}"
    assert asked(api, gone, _AGENT, _TOKEN)[1]["data"]["children"] == []


def test_reddit_cuts_threads_by_their_size_and_their_depth(city: City) -> None:
    cast = populate_reddit(city)
    api = RedditApi(city, "http://127.0.0.1:1", {"t": cast.city}, at_once=3, depth=2)
    post = city.say(cast.city, "Which street?")
    first = city.say(cast.residents[0], "one", answering=post)
    city.say(cast.residents[1], "three", answering=city.say(cast.residents[1], "two", answering=first))
    rest = [city.say(cast.residents[2], f"more {n}", answering=post) for n in range(3)]
    _, (_, tree) = asked(api, f"/comments/{base36(post)}", _AGENT, _TOKEN)
    assert '"id": "_"' in json.dumps(tree), "of what is too deep only the beginning is named"
    cut = tree["data"]["children"][-1]
    assert cut["kind"] == "more"
    assert cut["data"]["children"] == [base36(one) for one in rest[1:]]
    target = f"/api/morechildren?link_id=t3_{base36(post)}&children={','.join(cut['data']['children'])}"
    things = asked(api, target, _AGENT, _TOKEN)[1]["json"]["data"]["things"]
    assert [one["data"]["body"] for one in things] == ["more 1", "more 2"]


def test_flickr_answers_200_whatever_is_wrong(city: City) -> None:
    cast = populate_flickr(city)
    api = FlickrApi(city, "http://127.0.0.1:1", {"k"})
    base = "/services/rest/?method=flickr.people.getPublicPhotos&format=json&nojsoncallback=1"
    for more, code in (("", 100), ("&api_key=k", 1), ("&api_key=k&user_id=1@N08", 1)):
        assert asked(api, base + more) == (
            200,
            {"stat": "fail", "code": code, "message": asked(api, base + more)[1]["message"]},
        )
    for wrong, code in ((base.replace("json&no", "xml&no"), 111), (base.replace("getPublic", "getEvery"), 112)):
        assert asked(api, f"{wrong}&api_key=k")[1]["code"] == code
    assert asked(api, f"{base}&api_key=k&user_id={nsid(cast.city)}")[1]["photos"]["total"] == 0


def test_vimeo_gives_the_fields_that_are_asked_for_and_no_others(city: City) -> None:
    cast = populate_vimeo(city)
    api = VimeoApi(city, "http://127.0.0.1:1", {"t": cast.city})
    video = city.say(cast.city, "Council")
    _, body = asked(api, f"/videos/{video}?fields=uri,privacy.view,user.name", _VERSION, _TOKEN)
    assert body == {"uri": f"/videos/{video}", "privacy": {"view": "anybody"}, "user": {"name": f"City of {CITY}"}}
    assert asked(api, f"/videos/{video}", _VERSION)[0] == 401
    assert api.answer(Request("GET", f"/videos/{video}", (_TOKEN,))) is None, "no version, no API"
    assert asked(api, f"/videos/{video}/comments?page=9", _VERSION, _TOKEN)[0] == 400
    api.views[video] = "nobody"
    api.tokens["other"] = cast.residents[0]
    assert asked(api, f"/videos/{video}", _VERSION, ("Authorization", "Bearer other"))[0] == 404
