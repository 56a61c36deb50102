"""What goes wrong in a month on each platform, day by day, and where."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

from archiver.practice import faults
from archiver.practice.faults import Alter, with_json
from archiver.practice.messages import Request, Response
from archiver.practice.reddit_json import listing
from archiver.practice.tiktok_json import business
from connectors.text import tidy
from tests.capture.house import House
from tests.flickr import place as flickr
from tests.graph.place import Place
from tests.graph.scenes import in_a_mood
from tests.months import meta, others
from tests.months.scene import Kind, Wrong, altered, ended, limits, server_side
from tests.nextdoor import agency as nextdoor
from tests.reddit import place as reddit
from tests.tiktok import account as tiktok
from tests.vimeo import place as vimeo


def _sized(found: Place, page: int) -> None:
    found.server.page = page


def _reddit_sized(found: Place, page: int) -> None:
    server = found.house.server.reddit
    server.page, server.at_once, server.depth = page, page, 6


# Reddit


def _reddit_number(key: str) -> int:
    return int(key.rpartition("/")[2], 36)


def _without_a_place(request: Request, response: Response) -> Response:
    """What the next page was to begin behind is no longer in the list: Reddit then shows nothing."""
    return with_json(response, listing([])) if "after=" in request.target else response


def _empty_listing(request: Request, response: Response) -> Response:
    """An empty page that names the one that it should have been as the next."""
    if "after=" in request.target:
        return response
    told = json.loads(response.body)["data"]["children"]
    return with_json(response, listing([], told[0]["data"]["name"])) if told else response


def _reddit(found: Place) -> Mapping[str, Wrong]:
    return {
        **server_side(found, lists="/new|/submitted", comments="/comments/|/api/more", media="/reddit/pictures/"),
        **limits(found,
            reddit.says, ("X-Ratelimit-Reset", lambda at, now: str(int((at - now).total_seconds()))),
            ("Retry-After", lambda at, now: "40"),
        ),
        "not found": Wrong(reddit.says(404), "/comments/", after=1, times=2),
        "private for a day": Wrong(reddit.says(403, reason="private"), "/comments/", times=None),
        "expired": Wrong(ended, "/comments/|/api/info", after=3, times=1, ends=True),
        "dead cursor": Wrong(_without_a_place, "/new|/submitted|/comments[?]", times=None),
        "empty page": Wrong(_empty_listing, "/new|/submitted", times=1),
        "unknown field": Wrong(in_a_mood(b'"saved": false, '), "/comments/", times=None, drift=("t1.mood", "t3.mood")),
        "version": Wrong(faults.html_page(410), "/api/|/comments/", times=3),
    }  # fmt: skip


# Flickr


def _no_photos(request: Request, response: Response) -> Response:
    body = json.loads(response.body)
    body["photos"]["photo"] = []
    return with_json(response, body)


def _flickr_mood(request: Request, response: Response) -> Response:
    return Response(response.status, response.headers, response.body.replace(b'"id": ', b'"mood": "happy", "id": '))


_CALL = "/services/rest"


def _flickr(found: Place) -> Mapping[str, Wrong]:
    return {
        **server_side(found, lists="getPublicPhotos", comments="comments.getList", media="/flickr/files/"),
        **limits(found, lambda status, *headers: _flickr_wait(*headers), ("Retry-After", lambda at, now: "40")),
        "not found": Wrong(flickr.says(1), "comments.getList", after=1, times=2),
        "not found for a day": Wrong(flickr.says(1), "getInfo|comments.getList", times=None),
        "out of order": Wrong(flickr.says(105), _CALL, after=2, times=3),
        "expired": Wrong(flickr.says(100), _CALL, after=3, times=1, ends=True),
        "empty page": Wrong(_no_photos, "getPublicPhotos.*page=2", times=1),
        "dead cursor": Wrong(flickr.says(1), "getPublicPhotos.*page=3", times=1),
        "unknown field": Wrong(_flickr_mood, "getPublicPhotos|comments.getList", times=None,
                               drift=("photo.mood", "comment.mood")),
        "version": Wrong(flickr.says(112), "comments.getList", times=3),
    }  # fmt: skip


def _flickr_wait(*headers: tuple[str, str]) -> Alter:
    return lambda request, response: Response(429, (("Content-Type", "text/plain"), *headers), b"Too many")


# Vimeo


def _no_entries(request: Request, response: Response) -> Response:
    return with_json(response, json.loads(response.body) | {"data": []})


def _vimeo(found: Place) -> Mapping[str, Wrong]:
    return {
        **server_side(found, lists="/users/.*/videos|/me/videos", comments="/comments", media="/vimeo/files/"),
        **limits(found,
            vimeo.says, ("X-RateLimit-Reset", lambda at, now: f"{at:%Y-%m-%dT%H:%M:%S+00:00}"),
            ("X-RateLimit-Reset", lambda at, now: str(int(at.timestamp()))), ("Retry-After", lambda at, now: "9"),
        ),
        "not found": Wrong(vimeo.says(404), "/comments", after=1, times=2),
        "not found for a day": Wrong(vimeo.says(404), r"/videos/\d+", times=None),
        "forbidden": Wrong(vimeo.says(403), "/comments", times=3),
        "expired": Wrong(vimeo.says(401), "/videos", after=2, times=1, ends=True),
        "empty page": Wrong(_no_entries, "page=2", times=1),
        "dead cursor": Wrong(vimeo.says(400), "page=3", times=1),
        "unknown field": Wrong(in_a_mood(b'"type": "video", '), "/videos", times=None, drift=("video.mood",
                               "comment.mood")),
        "version": Wrong(vimeo.says(406), "/videos", after=1, times=3),
    }  # fmt: skip


# TikTok


def _mooded(value: Any) -> Any:
    if isinstance(value, list):
        return [_mooded(one) for one in value]
    if not isinstance(value, dict):
        return value
    mood = {"mood": "happy"} if "create_time" in value else {}
    return {name: _mooded(one) for name, one in value.items()} | mood


def _dead(request: Request, response: Response) -> Response:
    """The next page begins where the first one did."""
    body = json.loads(response.body)
    return with_json(response, {**body, "data": {**body.get("data", {}), "cursor": 0, "has_more": True}})


def _no_comments(request: Request, response: Response) -> Response:
    """An empty page that goes on."""
    given = json.loads(response.body)
    return with_json(response, {**given, "data": {"comments": [], "cursor": 5, "has_more": True}})


def _nothing(request: Request, response: Response) -> Response:
    """A service that is out of order, and says that there is nothing."""
    kind = "comments" if "comment" in request.path else "videos"
    return with_json(response, business(0, "OK", {kind: [], "cursor": 0, "has_more": False}))


_LIST = "/business/comment/list/"


def _tiktok(found: Place) -> Mapping[str, Wrong]:
    return {
        **server_side(found, lists="/business/video/list/", comments="/business/comment/", media="/tiktok/obj/cover/"),
        **limits(found, lambda status, *headers: tiktok.says(40100)),
        "not found": Wrong(tiktok.says(40002), _LIST, after=1, times=2),
        "nothing for a day": Wrong(_nothing, "/business/(comment|video)/", times=None),
        "own trouble": Wrong(tiktok.says(50000), _LIST, after=1, times=3),
        "expired": Wrong(tiktok.says(40102), _LIST, after=2, times=1, ends=True),
        "revoked": Wrong(tiktok.says(40105), "/business/", after=4, times=1, ends=True),
        "permission": Wrong(tiktok.says(40001), "/business/comment/", times=None),
        "dead cursor": Wrong(_dead, f"{_LIST}.*cursor=[1-9]", times=None),
        "empty page": Wrong(_no_comments, f"{_LIST}.*cursor=[1-4]", times=1),
        "unknown field": Wrong(altered(_mooded), "/open_api/", times=None, drift=("item.mood", "comment.mood")),
        "version": Wrong(faults.html_page(404), "/open_api/", times=None),
    }


def _no_videos(request: Request, response: Response) -> Response:
    """An empty page that goes on, from where it should have begun itself."""
    asked = json.loads(request.body or b"{}").get("cursor", 0)
    given = json.loads(response.body)
    data = {"videos": [], "cursor": asked - 1, "has_more": True}
    return with_json(response, {**given, "data": data}) if asked else response


def _shown(found: Place) -> Mapping[str, Wrong]:
    return {
        **{
            name: one
            for name, one in server_side(
                found, lists="/video/list/", comments="/video/", media="/tiktok/obj/cover/"
            ).items()
            if name != "pictures away"
        },
        **limits(found, lambda status, *headers: tiktok.worded("rate_limit_exceeded", 429)),
        "inside 200": Wrong(tiktok.worded("internal_error"), "/video/list/", times=2),
        "expired": Wrong(tiktok.worded("access_token_invalid", 401), "/v2/", after=1, times=1, ends=True),
        "permission": Wrong(tiktok.worded("scope_not_authorized", 401), "/video/", times=None),
        "dead cursor": Wrong(tiktok.worded("invalid_params", 400), "/video/list/", after=1, times=1),
        "empty page": Wrong(_no_videos, "/video/list/", after=1, times=1),
        "unknown field": Wrong(altered(_mooded), "/video/list/", times=None, drift=("video.mood",)),
        "version": Wrong(faults.html_page(404), "/v2/", times=None),
    }


# Nextdoor


def _fewer(request: Request, response: Response) -> Response:
    """It says that there are more posts than it shows."""
    return with_json(response, {"posts_length": 3})


def _moody_posts(body: Any) -> Any:
    return {**body, "posts": [one | {"mood": "happy"} for one in body["posts"]]}


_FEED = "/partner/v1/post/"
_OF_PAGES = ("5xx on page three", "shifted", "shifted list")


def _nextdoor(found: Place) -> Mapping[str, Wrong]:
    return {
        **{
            name: Wrong(one.alter, one.where, 0 if one.where == _FEED else one.after, one.times)
            for name, one in server_side(found, lists=_FEED, comments=_FEED, media="/nextdoor/photos/").items()
            if name not in ("pictures away", *_OF_PAGES)
        },
        **{
            name: Wrong(one.alter, _FEED, 0, one.times)
            for name, one in limits(found,
                lambda status, *headers: _flickr_wait(*headers), ("Retry-After", lambda at, now: "40"),
                ("Retry-After", lambda at, now: f"{at:%a, %d %b %Y %H:%M:%S} GMT"),
            ).items()
        },
        "half": Wrong(_fewer, _FEED, times=None),
        "empty": Wrong(altered(lambda body: {"posts": [], "posts_length": 0}), _FEED, times=1, blind=True),
        "expired": Wrong(faults.server_error(401), _FEED, times=1, ends=True),
        "permission": Wrong(faults.server_error(403), _FEED, times=None),
        "unknown field": Wrong(altered(_moody_posts), _FEED, times=None, drift=("post.mood",)),
        "version": Wrong(faults.html_page(410), "/partner/", times=None),
    }  # fmt: skip


def _opened(kind: type[Place]) -> Callable[[House], Place]:
    return kind.open


KINDS: Mapping[str, Kind] = {
    "subreddit": Kind(
        _opened(reddit.Subreddit), reddit.check, _reddit, 24, _reddit_sized, {"mentions": 60},
        number=_reddit_number, banned="settings/banned",
    ),
    "redditor": Kind(
        _opened(reddit.User), partial(reddit.check, user=True), _reddit, 24, _reddit_sized, {"messages": 12},
        number=_reddit_number, banned="settings/blocked",
        message=lambda said: f"A word\n\n{tidy(said.versions[0][1].text)}",
    ),
    "flickr": Kind(_opened(flickr.WithAlbum), flickr.check, _flickr, 8, _sized, pictured=()),
    "vimeo": Kind(_opened(vimeo.Account), vimeo.check, _vimeo, 8, _sized, pictured=()),
    "tiktok": Kind(_opened(tiktok.Account), tiktok.check, _tiktok, 8, _sized, small=4),
    "tiktok videos": Kind(_opened(tiktok.Shown), tiktok.check_videos, _shown, 4, _sized),
    "nextdoor": Kind(
        _opened(nextdoor.Agency), nextdoor.check, _nextdoor, 20, full_only=True,
        lacks=dict.fromkeys(
            ("5xx on page three", "empty page with a next", "dead cursor", "shifted offset"), "all is in one answer"
        ),
    ),
    **meta.KINDS,
    **others.KINDS,
}  # fmt: skip
#: What stands on the same pieces as another is held in long runs alone, and what takes many questions.
USUAL = [pytest.param(name, marks=pytest.mark.long if name in ("redditor", "bluesky") else ()) for name in KINDS]
