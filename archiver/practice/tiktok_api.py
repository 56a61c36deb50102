"""TikTok's two APIs over the state of the city: tokens and what they allow, how often may be asked, videos by time and
comments counted from the beginning, and pictures whose addresses expire.

Comments have two levels, so a reply to a reply stands under the first comment, and goes with it. The documentation is
the source of all but what is assumed: that the number of a video's comments counts replies and leaves out hidden ones,
that hidden replies do not count either, and that a video that is not there is answered with 40002.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from archiver.practice.city import City, Person, Post
from archiver.practice.graph_threads import Tops
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png
from archiver.practice.tiktok_json import Bodies, Body, at, business, display, dump, listed, open_id

HOME = "tiktok"
_FILE = re.compile(r"/tiktok/obj/(?:cover|avatar|image)/(\d{1,20})~\w+\.jpeg")
_MOST_VIDEOS, _MOST_COMMENTS, _INSIDE = 20, 30, 3
_OF_FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("follower_count", "following_count", "likes_count", "video_count"), "user.info.stats"),
    **dict.fromkeys(("followers_count", "total_likes", "videos_count"), "user.info.stats"),
    **dict.fromkeys(("bio_description", "profile_deep_link", "is_verified"), "user.info.profile"),
    **dict.fromkeys(("likes", "comments", "shares", "favorites", "video_views"), "video.insights"),
}
"""Permissions that some fields take."""


class Refused(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """An answer that is an error. Each API says it in its own way."""

    def __init__(self, status: int, word: str, number: int, message: str) -> None:
        super().__init__(message)
        self.status, self.word, self.number, self.message = status, word, number, message


@dataclass
class TikTok:
    """What both APIs have.

    ``tokens``: token to its owner. ``expired``, ``revoked``: tokens that no longer are any. ``withheld``: permissions
    that tokens do not have. ``per_minute``: questions a minute; None: no limit. ``page``: most entries of a page.
    ``late``: how old the numbers are that videos of the Accounts API tell. ``private``: videos that not everybody sees.
    ``kept_back``: what TikTok itself does not show. ``app``: which app asks, since each knows accounts by other ids.
    """

    city: City
    base: str
    tokens: dict[str, int] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    per_minute: int | None = None
    page: int = _MOST_COMMENTS
    late: timedelta = timedelta(0)
    private: set[int] = field(default_factory=set)
    kept_back: set[int] = field(default_factory=set)
    app: str = ""
    _asked: deque[datetime] = field(default_factory=deque)
    _numbers: dict[int, list[tuple[datetime, int, int]]] = field(default_factory=dict)
    """Of each video, how many comments and likes it had, and when: as of each time that somebody asked."""

    def __post_init__(self) -> None:
        self.bodies = Bodies(self.city, self.base)
        self.tops = Tops(self.city)

    def account_url(self, person: int) -> str:
        """Address of the account."""
        return f"{self.base}/tiktok/@{self.city.people[person].handle}"

    def identity(self, person: int) -> str:
        """What the app knows the account by."""
        return open_id(person, self.app)

    # Who asks, and how often.

    def viewer(self, token: str | None) -> int:
        if token in self.expired:
            raise Refused(401, "access_token_invalid", 40102, "Access token has expired.")
        if token is None:
            raise Refused(401, "access_token_invalid", 40104, "Access token is empty.")
        if token in self.revoked or token not in self.tokens:
            message = "Access token is incorrect or has been revoked."
            raise Refused(401, "access_token_invalid", 40105, message)
        return self.tokens[token]

    def spend(self) -> None:
        now = self.city.clock.now()
        while self._asked and now - self._asked[0] >= timedelta(minutes=1):
            self._asked.popleft()
        if self.per_minute is not None and len(self._asked) >= self.per_minute:
            message = "Too many requests. Please retry in some time."
            raise Refused(429, "rate_limit_exceeded", 40100, message)
        self._asked.append(now)

    def check(self, *permissions: str) -> None:
        lacking = sorted(self.withheld & set(permissions))
        if lacking:
            message = f"The user did not authorize the scope required: {lacking[0]}"
            raise Refused(401, "scope_not_authorized", 40001, message)

    # What there is.

    def videos(self, owner: int) -> list[Post]:
        """Public videos, the newest first."""
        return [one for one in self.own(owner) if one.id not in self.private]

    def own(self, owner: int) -> list[Post]:
        """All videos, the newest first."""
        found = [one for one in self.city.posts.values() if self._is_video(one, owner)]
        return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)

    def _is_video(self, post: Post, owner: int) -> bool:
        own = post.author == owner and not post.is_reply and post.share_of is None
        return own and post.visibility == "public" and self.city.stands(post)

    def before(self, owner: int, cursor: int) -> list[Post]:
        """Videos that were published before a time in milliseconds; 0: all."""
        return [one for one in self.returned(owner) if not cursor or at(one.created_at) * 1000 < cursor]

    def returned(self, owner: int) -> list[Post]:
        """Those that are returned."""
        return self.videos(owner)

    def under(self, video: int) -> Iterator[Post]:
        """What stands under a video, oldest first, hidden or not. A reply goes with the comment it is under."""
        for _, one in sorted(self.city.posts.items()):
            top = self.tops.of(one.id) if one.is_reply else None
            if one.root == video and top in self.city.posts and one.id not in self.kept_back:
                yield one

    def counted(self, video: int) -> int:
        """How many comments a video says that it has."""
        return sum(
            not one.hidden and not self.city.posts[self.tops.of(one.id) or 0].hidden for one in self.under(video)
        )

    def told(self, video: Post) -> tuple[int, int]:
        """How many comments and likes a video says that it has: those that it had a while ago."""
        now = self.city.clock.now()
        known = self._numbers.setdefault(video.id, [(video.created_at, 0, 0)])
        known.append((now, self.counted(video.id), video.likes))
        while len(known) > 1 and known[1][0] <= now - self.late:
            del known[0]
        return known[0][1:]

    def file(self, request: Request, number: int) -> Response:
        """The bytes of a picture, where its address has not expired."""
        expires = request.parameter("x-expires")
        if expires is not None and (not expires.isdigit() or int(expires) < at(self.city.clock.now())):
            return Response(403, (("Content-Type", "text/plain"),), b"Forbidden")
        return Response(200, (("Content-Type", "image/jpeg"),), png(number % 9973, 480, 320))


class DisplayApi(TikTok):
    """A site that speaks the Display API."""

    def __init__(self, city: City, base: str) -> None:
        super().__init__(city, base, app="display")

    def answer(self, request: Request) -> Response | None:
        """Answer what is under ``/v2``, and pictures; None for anything else."""
        picture = _FILE.fullmatch(request.path)
        if picture is not None:
            return self.file(request, int(picture[1]))
        method = _DISPLAY.get((request.method, request.path))
        if method is None:
            return None
        with self.city.lock:
            try:
                scheme, _, token = (request.header("Authorization") or "").partition(" ")
                owner = self.viewer(token if scheme == "Bearer" and token else None)
                self.spend()
                wanted = [one for one in (request.parameter("fields") or "").split(",") if one]
                self.check(*(_OF_FIELDS[one] for one in wanted if one in _OF_FIELDS))
                return _json(200, display(method(self, request, owner, wanted)))
            except Refused as refused:
                return _json(refused.status, display({}, refused.word, refused.message))

    def _info(self, request: Request, owner: int, wanted: Sequence[str]) -> Body:
        person = self.city.people[owner]
        return {"user": _only(self.bodies.user(person, len(self.videos(owner))), wanted)}

    def _list(self, request: Request, owner: int, wanted: Sequence[str]) -> Body:
        self.check("video.list")
        asked = _asked(request)
        cursor, most = asked.get("cursor", 0), asked.get("max_count", 10)
        if not isinstance(cursor, int) or not isinstance(most, int) or not 0 < most <= _MOST_VIDEOS:
            raise Refused(400, "invalid_params", 40002, "max_count or cursor is invalid")
        found = self.before(owner, cursor)
        shown = found[: min(most, self.page)]
        last = at(shown[-1].created_at) * 1000 if shown else cursor
        return listed("videos", [self._video(one, wanted) for one in shown], last, len(found) > len(shown))

    def _query(self, request: Request, owner: int, wanted: Sequence[str]) -> Body:
        self.check("video.list")
        named = _asked(request).get("filters", {}).get("video_ids")
        if not isinstance(named, list) or not 0 < len(named) <= _MOST_VIDEOS:
            raise Refused(400, "invalid_params", 40002, "video_ids is invalid")
        shown = [self._video(one, wanted) for one in self.videos(owner) if str(one.id) in named]
        return listed("videos", shown, 0, False)

    def _video(self, post: Post, wanted: Sequence[str]) -> Body:
        return _only(self.bodies.video(post, self.counted(post.id)), wanted)


class BusinessApi(TikTok):
    """A site that speaks the Accounts API, which also lists videos that not everybody sees. ``versions``: those that
    have routes. ``apps``: id and secret of apps; ``callback``: where updates of comments are sent; ``items``: videos
    that they are sent of alone, empty: of all."""

    def __init__(self, city: City, base: str) -> None:
        super().__init__(city, base, app="business")
        self.versions = {"v1.3"}
        self.apps: dict[str, str] = {}
        self.callback: str | None = None
        self.items: list[str] = []

    def answer(self, request: Request) -> Response | None:
        """Answer what is under ``/open_api``; None for anything else."""
        if not request.path.startswith("/open_api/"):
            return None
        _, _, version, *path = request.path.split("/")
        if (request.method, version, path) == ("POST", "v1.3", ["business", "webhook", "update", ""]):
            return self._enter(request)
        method = _BUSINESS.get("/".join(path))
        if method is None or version not in self.versions or request.method != "GET":
            return Response(404, (("Content-Type", "text/plain"),), b"Not Found")
        with self.city.lock:
            try:
                owner = self.viewer(request.header("Access-Token"))
                self.spend()
                if request.parameter("business_id") != self.identity(owner):
                    given = request.parameter("business_id")
                    number, why = (40002, "business_id: missing") if given is None else (40001, "No permission.")
                    raise Refused(200, "", number, why)
                return _json(200, business(0, "OK", method(self, request, owner)))
            except Refused as refused:
                return _json(200, business(refused.number, refused.message))

    def _enter(self, request: Request) -> Response:
        asked = json.loads(request.body)
        if self.apps.get(asked.get("app_id")) != asked.get("secret") or request.header("Access-Token") is not None:
            return _json(200, business(40001, "app_id or secret is incorrect"))
        if set(asked) != {"app_id", "secret", "event_type", "callback_url"} or asked["event_type"] != "COMMENT":
            return _json(200, business(40002, "event_type: invalid"))
        self.callback = asked["callback_url"]
        data = {name: asked[name] for name in ("app_id", "event_type", "callback_url")}
        return _json(200, business(0, "OK", data | ({"item_list": self.items} if self.items else {})))

    def returned(self, owner: int) -> list[Post]:
        return self.own(owner)

    def _get(self, request: Request, owner: int) -> Body:
        wanted = self._wanted(request, ("display_name", "profile_image"))
        person: Person = self.city.people[owner]
        return _only(self.bodies.account(person, len(self.videos(owner))), wanted)

    def _video_list(self, request: Request, owner: int) -> Body:
        self.check("video.list")
        wanted, filters = self._wanted(request, ("item_id",)), _parsed(request, "filters")
        if filters is not None:
            named = filters.get("video_ids", []) if isinstance(filters, dict) else []
            found = [one for one in self.own(owner) if str(one.id) in named]
            return listed("videos", [self._item(one, wanted) for one in found], 0, False)
        found = self.before(owner, _number(request, "cursor", 0))
        shown = found[: min(self._most(request, _MOST_VIDEOS, 10), self.page)]
        last = at(shown[-1].created_at) * 1000 if shown else 0
        return listed("videos", [self._item(one, wanted) for one in shown], last, len(found) > len(shown))

    def _item(self, post: Post, wanted: Sequence[str]) -> Body:
        return _only(self.bodies.item(post, *self.told(post)), wanted)

    def _comment_list(self, request: Request, owner: int) -> Body:
        under, named = self._commented(request, owner), _parsed(request, "comment_ids")
        if named is not None:
            found = [one for one in under if isinstance(named, list) and str(one.id) in named]
            told = [self._comment(one, owner, under, inside=False) for one in found]
            return listed("comments", told, len(told), False)
        found = [one for one in under if self.tops.of(one.id) == one.id]
        inside = request.parameter("include_replies") == "true"
        return self._page(request, found, lambda one: self._comment(one, owner, under, inside=inside))

    def _reply_list(self, request: Request, owner: int) -> Body:
        under, top = self._commented(request, owner), _number(request, "comment_id", 0)
        found = [one for one in under if one.id != top and self.tops.of(one.id) == top]
        if top not in self.city.posts:
            raise Refused(200, "", 40002, "comment_id: invalid")
        return self._page(request, found, lambda one: self._comment(one, owner, under, inside=False))

    def _commented(self, request: Request, owner: int) -> list[Post]:
        """What is asked to be listed under a video, of whichever state."""
        self.check("comment.list")
        video = _number(request, "video_id", 0)
        if not any(one.id == video for one in self.own(owner)):
            raise Refused(200, "", 40002, "video_id: invalid")
        public = request.parameter("status") == "PUBLIC"
        return [one for one in self.under(video) if not (public and one.hidden)]

    def _comment(self, post: Post, owner: int, under: Sequence[Post], *, inside: bool) -> Body:
        top = self.tops.of(post.id)
        if top != post.id:
            return self.bodies.comment(post, owner, top, 0)
        replies = [one for one in under if one.id != post.id and self.tops.of(one.id) == post.id]
        body = self.bodies.comment(post, owner, None, sum(not one.hidden for one in replies))
        told = [self.bodies.comment(one, owner, post.id, 0) for one in reversed(replies)]
        return body | ({"reply_list": told[:_INSIDE]} if inside else {})

    def _page(self, request: Request, found: Sequence[Post], made: Callable[[Post], Body]) -> Body:
        start, most = _number(request, "cursor", 0), min(self._most(request, _MOST_COMMENTS, 20), self.page)
        shown = [made(one) for one in found[start : start + most]]
        return listed("comments", shown, start + len(shown), start + most < len(found))

    def _wanted(self, request: Request, usual: Sequence[str]) -> Sequence[str]:
        wanted = _parsed(request, "fields")
        if wanted is None:
            return usual
        if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
            raise Refused(200, "", 40002, "fields: invalid")
        self.check(*(_OF_FIELDS[one] for one in wanted if one in _OF_FIELDS))
        return wanted

    def _most(self, request: Request, limit: int, usual: int) -> int:
        most = _number(request, "max_count", usual)
        if not 0 < most <= limit:
            raise Refused(200, "", 40002, "max_count: invalid")
        return most


def _asked(request: Request) -> dict[str, Any]:
    try:
        asked = json.loads(request.body or b"{}")
    except ValueError:
        asked = None
    if not isinstance(asked, dict) or request.header("Content-Type") != "application/json":
        raise Refused(400, "invalid_params", 40002, "The body is no JSON")
    return asked


def _parsed(request: Request, name: str) -> Any:
    given = request.parameter(name)
    try:
        return None if given is None else json.loads(given)
    except ValueError:
        raise Refused(200, "", 40002, f"{name}: invalid JSON") from None


def _number(request: Request, name: str, otherwise: int) -> int:
    given = request.parameter(name)
    if given is None:
        return otherwise
    if not given.isdigit() or len(given) > 20:
        raise Refused(200, "", 40002, f"{name}: invalid")
    return int(given)


def _only(body: Body, wanted: Sequence[str]) -> Body:
    return {name: body[name] for name in wanted if name in body}


def _json(status: int, body: Body) -> Response:
    return Response(
        status, (("Content-Type", "application/json; charset=utf-8"), ("X-Tt-Logid", "practice")), dump(body)
    )


_DISPLAY: Mapping[tuple[str, str], Callable[[DisplayApi, Request, int, Sequence[str]], Body]] = {
    ("GET", "/v2/user/info/"): DisplayApi._info,
    ("POST", "/v2/video/list/"): DisplayApi._list,
    ("POST", "/v2/video/query/"): DisplayApi._query,
}
_BUSINESS: Mapping[str, Callable[[BusinessApi, Request, int], Body]] = {
    "business/get/": BusinessApi._get,
    "business/video/list/": BusinessApi._video_list,
    "business/comment/list/": BusinessApi._comment_list,
    "business/comment/reply/list/": BusinessApi._reply_list,
}
