"""The Mastodon API (4.7) over the state of the city: paths, parameters, paging, sign-in, errors.

Source of paths and bodies: docs.joinmastodon.org and recorded answers of Mastodon 4.7.3.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from archiver.practice.city import City, Person, Post
from archiver.practice.mastodon_json import Bodies, dump
from archiver.practice.mastodon_pages import Pages
from archiver.practice.mastodon_server import instance, nodeinfo, old_instance
from archiver.practice.mastodon_stream import MastodonStream
from archiver.practice.mastodon_threads import ancestors, descendants
from archiver.practice.messages import Request, Response
from archiver.practice.paging import link_header, page
from archiver.practice.rate_limit import RateLimit

_MANY = 4096
"""What Mastodon calls quasi-unlimited."""
_ANYBODY = (40, 60, 20)
"""Ancestors, descendants and depth of a thread shown without sign-in."""
_BATCH = 20
_LIST_PARAMETERS = ("limit", "pinned", "tagged", "only_media", "exclude_replies", "exclude_reblogs", "exclude_direct")
_NOTICE_PARAMETERS = ("limit", "account_id", "types[]", "exclude_types[]")
_SECURITY = (
    ("X-Frame-Options", "SAMEORIGIN"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-XSS-Protection", "0"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Vary", "Authorization, Origin"),
)
_INVALID_TOKEN = "The access token is invalid"  # noqa: S105 - a sentence
_Found = re.Match[str]


class Failure(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """An answer other than 200."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(slots=True)
class Moderation:
    """What an account chose beside whom it blocks, which the city knows."""

    mutes: set[int] = field(default_factory=set)
    servers: list[str] = field(default_factory=list)
    filters: list[dict[str, Any]] = field(default_factory=list)

    def filter(self, title: str, *words: str, action: str = "hide") -> None:
        """Filter words from now on."""
        number = 20060 + len(self.filters)
        keywords = [{"id": f"{number}{place}", "keyword": word, "whole_word": True} for place, word in enumerate(words)]
        self.filters.append(
            {
                "id": f"{number}", "title": title, "context": ["home", "notifications"], "expires_at": None,
                "filter_action": action, "keywords": keywords, "statuses": [],
            }
        )  # fmt: skip


class MastodonApi:
    """A site that speaks the Mastodon API.

    ``capped``: threads are cut for those not signed in, as on the real thing. ``tokens``: bearer token to person.
    """

    def __init__(
        self, city: City, base: str, *, capped: bool = True, rate_limit: RateLimit | None = None
    ) -> None:  # fmt: skip
        self.city = city
        self.base = base
        self.capped = capped
        self.bodies = Bodies(city, base)
        self.pages = Pages(city, base, self.bodies)
        self.tokens: dict[str, int] = {}
        self.revoked: set[str] = set()
        self.moderation: dict[int, Moderation] = defaultdict(Moderation)
        self.rate_limit = rate_limit or RateLimit(enforced=False)
        self.stream = MastodonStream(self.tokens, self.revoked)
        self._served = 0

    def grant(self, person: int, token: str) -> str:
        """Let ``token`` act for ``person``; returns it."""
        self.tokens[token] = person
        return token

    def account_url(self, person: int) -> str:
        """Address of the profile, as a newcomer would type it."""
        return f"{self.base}/@{self.city.people[person].handle}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is under ``/api``, ``/system``, ``/@…`` and node information; None for anything else."""
        with self.city.lock:
            if not request.path.startswith(("/api/", "/nodeinfo", "/.well-known/nodeinfo")):
                return self.pages.answer(request)
            response = self._limited(request)
            return response if request.method == "HEAD" else self._tagged(response, request)

    def _limited(self, request: Request) -> Response:
        now, caller = self.city.clock.now(), request.token or "anybody"
        allowed = self.rate_limit.take(caller, now)
        response = self._routed(request) if allowed else _error(429, "Too many requests")
        self._served += 1
        trace = hashlib.md5(f"{self.city.seed}:{self._served}".encode(), usedforsecurity=False).hexdigest()
        limits = self.rate_limit.headers(caller, now)
        extra = (*_SECURITY, *limits, ("X-Request-Id", trace), ("X-Runtime", "0.027132"))
        return Response(response.status, (*response.headers, *extra), response.body)

    def _tagged(self, response: Response, request: Request) -> Response:
        if response.status != 200:
            return response.with_header("Cache-Control", "private, no-store")
        tag = f'W/"{hashlib.md5(response.body, usedforsecurity=False).hexdigest()}"'
        if request.header("If-None-Match") == tag:
            return Response(304, tuple(pair for pair in response.headers if pair[0] != "Content-Type")).with_header(
                "ETag", tag
            )
        return response.with_header("ETag", tag).with_header("Cache-Control", "private, no-store")

    def _routed(self, request: Request) -> Response:
        try:
            viewer = self._viewer(request)
            for pattern, method in _ROUTES:
                found = pattern.fullmatch(request.path.removesuffix("/"))
                if found and request.method in ("GET", "HEAD"):
                    return method(self, request, found, viewer)
            raise Failure(404, "Not Found")
        except Failure as failure:
            return _error(failure.status, failure.text)

    def _viewer(self, request: Request) -> int | None:
        token = request.token
        if token is None:
            return None
        if token in self.revoked:
            raise Failure(401, "The access token was revoked")
        if token not in self.tokens:
            raise Failure(401, _INVALID_TOKEN)
        return self.tokens[token]

    # Accounts.

    def _lookup(self, request: Request, found: _Found, viewer: int | None) -> Response:
        handle, _, host = (request.parameter("acct") or "").removeprefix("@").partition("@")
        person = self.city.person_named(handle)
        if person is None or (host and host != self.base.partition("://")[2]):
            raise Failure(404, "Record not found")
        return _json(self.bodies.account(person))

    def _account(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return _json(self.bodies.account(self._person(found)))

    def _credentials(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return _json(self.bodies.credentials(self.city.people[_required(viewer)]))

    def _account_statuses(self, request: Request, found: _Found, viewer: int | None) -> Response:
        person = self._person(found)
        keep = _filter(request)
        ids = [] if _true(request, "pinned") else [
            number
            for number in person.said
            if self._visible(post := self.city.posts[number], viewer) and keep(post)
        ]  # fmt: skip
        return self._listed(request, ids, viewer)

    def _listed(self, request: Request, ids: Sequence[int], viewer: int | None) -> Response:
        chosen = page(ids, request)
        body = self.bodies.statuses([self.city.posts[number] for number in chosen.ids], viewer)
        return self._linked(request, body, chosen.ids, chosen.full, _LIST_PARAMETERS)

    # Statuses.

    def _statuses(self, request: Request, found: _Found, viewer: int | None) -> Response:
        asked = {value for key, value in request.parameters if key in ("id[]", "ids[]")}
        if len(asked) > _BATCH:
            raise Failure(422, "Mastodon::ValidationError")
        numbers = sorted((int(text) for text in asked if text.isascii() and text.isdigit()), reverse=True)
        posts = [post for number in numbers if self._visible(post := self.city.posts.get(number), viewer)]
        return _json(self.bodies.statuses([post for post in posts if post is not None], viewer))

    def _status(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return _json(self.bodies.status(self._post(found, viewer), viewer))

    def _context(self, request: Request, found: _Found, viewer: int | None) -> Response:
        post = self._post(found, viewer)
        up, down, depth = _ANYBODY if viewer is None and self.capped else (_MANY, _MANY, None)
        above = self.bodies.statuses(ancestors(self.city, post, viewer, up), viewer)
        below = self.bodies.statuses(descendants(self.city, post, viewer, down, depth), viewer)
        return _json(b'{"ancestors":' + above + b',"descendants":' + below + b"}")

    def _history(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return _json(self.bodies.history(self._post(found, viewer)))

    def _source(self, request: Request, found: _Found, viewer: int | None) -> Response:
        _required(viewer)
        return _json(self.bodies.source(self._post(found, viewer)))

    # What only the account itself sees.

    def _notifications(self, request: Request, found: _Found, viewer: int | None) -> Response:
        owner = _required(viewer)
        kinds = {value for key, value in request.parameters if key == "types[]"}
        without = {value for key, value in request.parameters if key == "exclude_types[]"}
        notices = {
            notice.id: notice
            for notice in self.city.notices
            if notice.to == owner and (not kinds or notice.kind in kinds) and notice.kind not in without
            and self._visible(self.city.posts.get(notice.post), owner)
        }  # fmt: skip
        chosen = page(sorted(notices), request, 40, 80)
        body = b",".join(self.bodies.notification(notices[number], owner) for number in chosen.ids)
        # Notifications always name a next page, even an empty one: the real thing does not count here.
        return self._linked(request, b"[" + body + b"]", chosen.ids, True, _NOTICE_PARAMETERS)

    def _conversations(self, request: Request, found: _Found, viewer: int | None) -> Response:
        owner = _required(viewer)
        last: dict[int, Post] = {}
        for number in sorted(self.city.posts):
            post = self.city.posts[number]
            if post.visibility == "direct" and self._visible(post, owner):
                last[post.root] = post
        roots = {post.id: root for root, post in last.items()}
        chosen = page(sorted(roots), request)
        bodies = [self._conversation(roots[number], self.city.posts[number], owner) for number in chosen.ids]
        return self._linked(request, b"[" + b",".join(bodies) + b"]", chosen.ids, chosen.full, ("limit",))

    def _conversation(self, root: int, last: Post, owner: int) -> bytes:
        people = [self.city.people[person] for person in sorted({last.author, *last.mentions} - {owner})]
        return self.bodies.conversation(root >> 16 & 0xFFFFFF, people, last, owner)

    # How the account moderates.

    def _blocks(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return self._people(request, self.city.people[_required(viewer)].blocked)

    def _mutes(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return self._people(request, self.moderation[_required(viewer)].mutes)

    def _people(self, request: Request, people: Collection[int]) -> Response:
        chosen = page(sorted(people), request, 40, 80)
        body = b"[" + b",".join(self.bodies.account(self.city.people[one]) for one in chosen.ids) + b"]"
        return self._linked(request, body, chosen.ids, chosen.full, ("limit",))

    def _domain_blocks(self, request: Request, found: _Found, viewer: int | None) -> Response:
        servers = self.moderation[_required(viewer)].servers
        chosen = page(range(1, len(servers) + 1), request, 100, 200)
        body = dump([servers[number - 1] for number in chosen.ids])
        return self._linked(request, body, chosen.ids, chosen.full, ("limit",))

    def _filters(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return _json(dump(self.moderation[_required(viewer)].filters))

    # The server itself.

    def _instance(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return _json(dump(instance(self.base, len(self.city.people))))

    def _old_instance(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return _json(dump(old_instance(self.base, len(self.city.people), len(self.city.posts))))

    def _nodeinfo_links(self, request: Request, found: _Found, viewer: int | None) -> Response:
        schema = "http://nodeinfo.diaspora.software/ns/schema/2.0"
        return _json(dump({"links": [{"rel": schema, "href": f"{self.base}/nodeinfo/2.0"}]}))

    def _nodeinfo(self, request: Request, found: _Found, viewer: int | None) -> Response:
        return _json(dump(nodeinfo(len(self.city.people), len(self.city.posts))))

    # Parts.

    def _person(self, found: _Found) -> Person:
        person = self.city.people.get(int(found["id"]))
        if person is None:
            raise Failure(404, "Record not found")
        return person

    def _post(self, found: _Found, viewer: int | None) -> Post:
        number = int(found["id"])
        post = self.city.posts.get(number)
        if post is None or not self._visible(post, viewer):
            raise Failure(404, "Record not found" if number else "Not Found")
        return post

    def _visible(self, post: Post | None, viewer: int | None) -> bool:
        return post is not None and self.city.stands(post) and self.city.sees(viewer, post)

    def _linked(
        self, request: Request, body: bytes, ids: Sequence[int], more: bool, keep: Sequence[str]
    ) -> Response:  # fmt: skip
        if not ids:
            return _json(body)
        link = link_header(self.base, request, ids[-1] if more else None, ids[0], keep)
        return _json(body).with_header("Link", link)


def _filter(request: Request) -> Callable[[Post], bool]:
    """The account list's own filters; an author's answers to himself do not count as replies."""
    checks: list[Callable[[Post], bool]] = []
    if _true(request, "exclude_replies"):
        checks.append(lambda post: not post.is_reply or post.parent_author == post.author)
    if _true(request, "exclude_reblogs"):
        checks.append(lambda post: post.share_of is None)
    if _true(request, "exclude_direct"):
        checks.append(lambda post: post.visibility != "direct")
    if _true(request, "only_media"):
        checks.append(lambda post: bool(post.wording.media))
    tag = request.parameter("tagged")
    if tag:
        checks.append(lambda post: f"#{tag.lower()}" in post.wording.text.lower())
    return lambda post: all(check(post) for check in checks)


def _true(request: Request, name: str) -> bool:
    return (request.parameter(name) or "false").lower() not in ("false", "f", "0", "off", "")


def _required(viewer: int | None) -> int:
    if viewer is None:
        raise Failure(401, _INVALID_TOKEN)
    return viewer


def _json(body: bytes) -> Response:
    return Response(200, (("Content-Type", "application/json; charset=utf-8"),), body)


def _error(status: int, text: str) -> Response:
    headers = [("Content-Type", "application/json; charset=utf-8")]
    if status == 401:
        challenge = f'Bearer realm="Doorkeeper", error="invalid_token", error_description="{text}"'
        headers.append(("WWW-Authenticate", challenge))
    return Response(status, tuple(headers), dump({"error": text}))


_Method = Callable[[MastodonApi, Request, _Found, int | None], Response]
_ROUTES: tuple[tuple[re.Pattern[str], _Method], ...] = tuple(
    (re.compile(pattern), method)
    for pattern, method in (
        (r"/api/v1/accounts/(?P<id>[0-9]{1,20})/statuses", MastodonApi._account_statuses),
        (r"/api/v1/statuses/(?P<id>[0-9]{1,20})/context", MastodonApi._context),
        (r"/api/v1/statuses/(?P<id>[0-9]{1,20})/history", MastodonApi._history),
        (r"/api/v1/statuses/(?P<id>[0-9]{1,20})/source", MastodonApi._source),
        (r"/api/v1/statuses/(?P<id>[0-9]{1,20})", MastodonApi._status),
        (r"/api/v1/statuses", MastodonApi._statuses),
        (r"/api/v1/accounts/lookup", MastodonApi._lookup),
        (r"/api/v1/accounts/verify_credentials", MastodonApi._credentials),
        (r"/api/v1/accounts/(?P<id>[0-9]{1,20})", MastodonApi._account),
        (r"/api/v1/notifications", MastodonApi._notifications),
        (r"/api/v1/conversations", MastodonApi._conversations),
        (r"/api/v1/blocks", MastodonApi._blocks),
        (r"/api/v1/mutes", MastodonApi._mutes),
        (r"/api/v1/domain_blocks", MastodonApi._domain_blocks),
        (r"/api/v2/filters", MastodonApi._filters),
        (r"/api/v1/instance", MastodonApi._old_instance),
        (r"/api/v2/instance", MastodonApi._instance),
        (r"/\.well-known/nodeinfo", MastodonApi._nodeinfo_links),
        (r"/nodeinfo/2\.0", MastodonApi._nodeinfo),
    )
)
