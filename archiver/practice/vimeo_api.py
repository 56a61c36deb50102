"""Vimeo's API over the state of the city: paths, fields, pages by number, tokens, allowances, errors.

Source: the documentation of its endpoints, and answers that others published. Videos are what offices on the platform
``vimeo`` post: the first line is the title. Comments have two levels, so a reply to a reply stands under the first
comment; what the page hides is given to nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from archiver.practice.city import City, Person, Post
from archiver.practice.graph_threads import Tops
from archiver.practice.messages import Headers, Request, Response
from archiver.practice.pictures import png

HOME = "vimeo"
Body = dict[str, Any]
_WINDOW = 60
_FILE = re.compile(r"/vimeo/files/(\d{1,20})(?:\.png|/texttrack\.vtt)")
_ACCEPT = re.compile(r"application/vnd\.vimeo\.\*\+json;version=3\.4")
_WORD = re.compile(r"#(\w+)")
_Found = re.Match[str]


class Failure(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """An answer other than 200."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": message, "link": None, "developer_message": message, "error_code": code}


@dataclass
class VimeoApi:
    """A site that speaks Vimeo's API.

    ``tokens``: bearer token to person. ``page``: most entries of a page. ``limit``: questions a minute. ``epoch``: the
    reset is told in seconds since 1970. ``away``: people whose accounts are gone. ``closed``: videos without comments,
    by number. ``views``: who sees a video, where that is not anybody. ``captions``: languages of captions, by number.
    """

    city: City
    base: str
    tokens: dict[str, int] = field(default_factory=dict)
    page: int = 100
    limit: int = 10**6
    epoch: bool = False
    away: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    views: dict[int, str] = field(default_factory=dict)
    captions: dict[int, list[str]] = field(default_factory=dict)
    used: int = 0
    _window: int = 0

    def __post_init__(self) -> None:
        self.tops = Tops(self.city)

    def account_url(self, person: int) -> str:
        """Address of the account."""
        return f"{self.base}/vimeo/{self.city.people[person].handle}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is Vimeo's; None for anything else."""
        file = _FILE.fullmatch(request.path)
        if file is not None:
            return _file(request.path, int(file[1]))
        if not _ACCEPT.fullmatch(request.header("Accept") or ""):
            return None
        with self.city.lock:
            headers: Headers = ()
            try:
                viewer = self._viewer(request)
                headers = self._spend()
                return _json(200, _chosen(self._routed(request, viewer), request.parameter("fields")), headers)
            except Failure as failure:
                return _json(failure.status, failure.body, headers)

    def _routed(self, request: Request, viewer: int) -> Body:
        for pattern, method in _ROUTES:
            found = pattern.fullmatch(request.path)
            if found is not None and request.method == "GET":
                return method(self, request, found, viewer)
        raise Failure(404, 5000, "The requested page couldn't be found.")

    def _viewer(self, request: Request) -> int:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or token not in self.tokens:
            raise Failure(401, 8003, "The app didn't receive the user's credentials.")
        return self.tokens[token]

    def _spend(self) -> Headers:
        now = int(self.city.clock.now().timestamp())
        if now // _WINDOW != self._window:
            self._window, self.used = now // _WINDOW, 0
        self.used += 1
        if self.used > self.limit:
            raise Failure(429, 9000, "Too many API requests. Wait an hour or so, then try again.")
        reset = self.city.clock.now() + timedelta(seconds=_WINDOW - now % _WINDOW)
        told = str(int(reset.timestamp())) if self.epoch else f"{reset:%Y-%m-%dT%H:%M:%S+00:00}"
        return (
            ("X-RateLimit-Limit", str(self.limit)),
            ("X-RateLimit-Remaining", str(self.limit - self.used)),
            ("X-RateLimit-Reset", told),
        )

    # Accounts and videos

    def _languages(self, request: Request, found: _Found, viewer: int) -> Body:
        return {"total": 1, "page": 1, "per_page": 1, "paging": {"next": None}, "data": [{"code": "en"}]}

    def _user(self, request: Request, found: _Found, viewer: int) -> Body:
        person = self._person(found["name"])
        videos = len(list(self._videos_of(person.id, viewer)))
        picture = f"{self.base}/vimeo/files/{person.profile.avatar}.png"
        return self._named(person) | {
            "location": "Larkmere", "bio": person.profile.note, "short_bio": None, "websites": [],
            "created_time": _time(person.created_at), "pictures": {"base_link": picture},
            "metadata": {"connections": {"videos": {"total": videos}}},
        }  # fmt: skip

    def _me(self, request: Request, found: _Found, viewer: int) -> Body:
        return self._named(self.city.people[viewer])

    def _person(self, name: str) -> Person:
        person = self.city.people.get(int(name)) if name.isdigit() else self.city.person_named(name)
        if person is None or person.home != HOME or person.id in self.away:
            raise Failure(404, 5000, "The requested user couldn't be found.")
        return person

    def _named(self, person: Person) -> Body:
        link = self.account_url(person.id)
        return {"uri": f"/users/{person.id}", "name": person.profile.name, "link": link}

    def _videos(self, request: Request, found: _Found, viewer: int) -> Body:
        person = self._person(found["name"])
        return self._paged(request, [self._video(one) for one in self._videos_of(person.id, viewer)])

    def _videos_of(self, person: int, viewer: int) -> Iterator[Post]:
        for number in reversed(self.city.people[person].said):
            one = self.city.posts[number]
            if self._is_video(one, viewer):
                yield one

    def _is_video(self, post: Post, viewer: int) -> bool:
        own = not post.is_reply and post.share_of is None and self.city.people[post.author].official
        seen = self.views.get(post.id, "anybody") == "anybody" or viewer == post.author
        return own and seen and self.city.stands(post) and self.city.people[post.author].home == HOME

    def _video(self, post: Post) -> Body:
        title, _, rest = post.wording.text.partition("\n\n")
        allowed = "nobody" if post.id in self.closed else "anybody"
        tags = [{"tag": one, "name": one} for one in sorted({word.lower() for word in _WORD.findall(rest)})]
        said = 0 if post.id in self.closed else len(self._said_under(post))
        totals = {"comments": said, "likes": post.likes, "texttracks": len(self.captions.get(post.id, ()))}
        return {
            "uri": f"/videos/{post.id}", "name": title, "description": rest or None, "type": "video", "duration": 61,
            "link": f"https://vimeo.com/{post.id}", "language": None, "created_time": _time(post.created_at),
            "modified_time": _time(post.edited_at or post.created_at), "release_time": _time(post.created_at),
            "privacy": {"view": self.views.get(post.id, "anybody"), "comments": allowed, "embed": "public"},
            "tags": tags, "pictures": {"base_link": f"{self.base}/vimeo/files/{post.id}.png", "type": "custom"},
            "user": self._named(self.city.people[post.author]), "stats": {"plays": post.likes * 3},
            "status": "available", "metadata": {"connections": {name: {"total": one} for name, one in totals.items()}},
        }  # fmt: skip

    def _one(self, request: Request, found: _Found, viewer: int) -> Body:
        return self._video(self._known(found, viewer))

    def _known(self, found: _Found, viewer: int) -> Post:
        post = self.city.posts.get(int(found["id"]))
        if post is None or not self._is_video(post, viewer):
            raise Failure(404, 5000, "The requested video couldn't be found.")
        return post

    def _tracks(self, request: Request, found: _Found, viewer: int) -> Body:
        post = self._known(found, viewer)
        seconds = int(self.city.clock.now().timestamp())
        listed = [
            {"uri": f"/videos/{post.id}/texttracks/{post.id}{number}", "active": True, "type": "captions",
             "language": language, "name": language,
             "link": f"{self.base}/vimeo/files/{post.id}{number}/texttrack.vtt?expires={seconds}",
             "link_expires_time": seconds + 3600}
            for number, language in enumerate(self.captions.get(post.id, ()))
        ]  # fmt: skip
        return self._paged(request, listed)

    # Comments

    def _comments(self, request: Request, found: _Found, viewer: int) -> Body:
        post = self._commented(found, viewer)
        tops = [one for one in self._said_under(post) if self.tops.of(one.id) == one.id]
        return self._paged(request, [self._comment(one, post) for one in tops])

    def _commented(self, found: _Found, viewer: int) -> Post:
        post = self._known(found, viewer)
        if post.id in self.closed:
            raise Failure(404, 5000, "The requested page couldn't be found.")
        return post

    def _single(self, request: Request, found: _Found, viewer: int) -> Body:
        post = self._commented(found, viewer)
        return self._comment(self._said(found, post), post)

    def _replies(self, request: Request, found: _Found, viewer: int) -> Body:
        post = self._commented(found, viewer)
        under = self._under(self._said(found, post), post)
        return self._paged(request, [self._comment(one, post) for one in under])

    def _said(self, found: _Found, post: Post) -> Post:
        for one in self._said_under(post):
            if one.id == int(found["comment"]):
                return one
        raise Failure(404, 5000, "The requested comment couldn't be found.")

    def _said_under(self, post: Post) -> list[Post]:
        """What stands under a video. A reply goes with the comment it is under."""
        posts = self.city.posts
        under = [one for one in posts.values() if one.is_reply and one.root == post.id and not one.hidden]
        tops = {one.id: posts.get(self.tops.of(one.id) or 0) for one in under}
        return [one for one in under if (top := tops[one.id]) is not None and not top.hidden]

    def _under(self, top: Post, post: Post) -> list[Post]:
        return [one for one in self._said_under(post) if one.id != top.id and self.tops.of(one.id) == top.id]

    def _comment(self, one: Post, post: Post) -> Body:
        replies = {"total": len(self._under(one, post))} if self.tops.of(one.id) == one.id else {"total": 0}
        return {
            "uri": f"/videos/{post.id}/comments/{one.id}", "type": "video", "text": one.wording.text,
            "created_on": _time(one.created_at), "user": self._named(self.city.people[one.author]),
            "metadata": {"connections": {"replies": replies}},
        }  # fmt: skip

    def _paged(self, request: Request, found: Sequence[Body]) -> Body:
        size = min(int(request.parameter("per_page") or 25), 100, self.page)
        page, pages = int(request.parameter("page") or 1), -(-len(found) // size)
        if page > max(1, pages):
            raise Failure(400, 2286, "The page number provided is not valid.")
        following = f"{request.path}?page={page + 1}&per_page={size}" if page < pages else None
        shown = list(found[(page - 1) * size : page * size])
        paging = {"next": following, "previous": None, "first": f"{request.path}?page=1", "last": None}
        return {"total": len(found), "page": page, "per_page": size, "paging": paging, "data": shown}


def _chosen(body: Body, fields: str | None) -> Body:
    """Only the fields that were asked for; of a list, of its entries."""
    wanted = [one.split(".") for one in (fields or "").split(",") if one]
    if not wanted:
        return body
    if "paging" in body:
        return body | {"data": [_picked(one, wanted) for one in body["data"]]}
    picked: Body = _picked(body, wanted)
    return picked


def _picked(value: Any, wanted: Sequence[Sequence[str]]) -> Any:
    if isinstance(value, list):
        return [_picked(one, wanted) for one in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name in value:
        under = [one[1:] for one in wanted if one[0] == name]
        if under:
            found[name] = value[name] if [] in [list(one) for one in under] else _picked(value[name], under)
    return found


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}+00:00"


def _file(path: str, number: int) -> Response:
    if path.endswith(".vtt"):
        return Response(200, (("Content-Type", "text/vtt"),), f"WEBVTT\n\n00:01.000 --> 00:02.000\n{number}\n".encode())
    return Response(200, (("Content-Type", "image/png"),), png(number, 320, 180))


def _json(status: int, body: Body, headers: Headers) -> Response:
    given = (("Content-Type", "application/vnd.vimeo.video+json"), *headers)
    return Response(status, given, json.dumps(body).encode())


_Method = Callable[[VimeoApi, Request, _Found, int], Body]
_ROUTES: tuple[tuple[re.Pattern[str], _Method], ...] = tuple(
    (re.compile(pattern), method)
    for pattern, method in (
        (r"/languages", VimeoApi._languages),
        (r"/me", VimeoApi._me),
        (r"/users/(?P<name>[\w-]{1,80})", VimeoApi._user),
        (r"/users/(?P<name>[\w-]{1,80})/videos", VimeoApi._videos),
        (r"/videos/(?P<id>\d{1,20})", VimeoApi._one),
        (r"/videos/(?P<id>\d{1,20})/texttracks", VimeoApi._tracks),
        (r"/videos/(?P<id>\d{1,20})/comments", VimeoApi._comments),
        (r"/videos/(?P<id>\d{1,20})/comments/(?P<comment>\d{1,20})", VimeoApi._single),
        (r"/videos/(?P<id>\d{1,20})/comments/(?P<comment>\d{1,20})/replies", VimeoApi._replies),
    )
)
