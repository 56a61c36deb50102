"""LinkedIn's Community Management API over the state of the city: questions in the manner of Rest.li, tokens, versions,
the day's calls, pages counted from the beginning, and files whose addresses expire.

Comments have two levels there, so a reply to a reply stands under the first comment. What the city calls hidden is not
given out while it is so: LinkedIn has no word for it. The documentation is the source of everything but what becomes of
replies to a comment that is gone, which is assumed: they go with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import TypeVar
from urllib.parse import unquote

from archiver.practice.city import City, Person, Post
from archiver.practice.graph_threads import Tops
from archiver.practice.linkedin_ids import comment_of, page_number, page_urn, post_of, post_urn
from archiver.practice.linkedin_json import KINDS, Bodies, Body, at, dump, error, file_urn, paged
from archiver.practice.linkedin_notices import LIST, RANGE, Notices
from archiver.practice.linkedin_webhooks import is_of_webhooks, subscriptions
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png

_T = TypeVar("_T")
HOME = "linkedin"
SOCIAL, FEED, ADMIN = "r_organization_social", "r_organization_social_feed", "rw_organization_admin"
_OF_THE_FEED = frozenset({"socialActions", "socialMetadata"})
"""What is answered only with :data:`FEED`."""
_API = "/rest/"
_FILE = re.compile(r"/linkedin/dms/(image|video|document)/([PL])(\d{1,20})/0")
_TYPES = {"image": "image/png", "video": "video/mp4", "document": "application/pdf"}
_FIRST = {"video": b"\0\0\0\x18ftypmp42", "document": b"%PDF-1.7\n"}
_LARGEST = 100
_STRUCTURED = frozenset({"fields", "ids", "actions", "timeRange"})
"""Parameters whose brackets and commas mean something."""


class Failure(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """An answer other than 200."""

    def __init__(self, status: int, code: str, message: str, service: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = error(status, code, message, service)


def _not_there() -> Failure:
    return Failure(404, "NOT_FOUND", "Could not find entity")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in the manner of Rest.li: parts of its path and its parameters, unescaped."""

    parts: tuple[str, ...]
    parameters: dict[str, str]
    ids: tuple[str, ...] | None
    viewer: int


@dataclass
class LinkedInApi:
    """A site that speaks it.

    ``tokens``: token to the page whose administrator has it. ``expired``, ``revoked``: tokens that no longer are any.
    ``versions``: those that are answered. ``withheld``: permissions that tokens do not have. ``quota``: calls a day;
    None: no limit. ``page``: most entries of a page. ``links``, ``totals``: whether pages name the next one, and how
    many entries there are. ``summaries``: whether comments say that they have replies. ``closed``: posts whose comments
    are closed. ``more``: other fields of posts; ``contents``: what is shown with them; ``kinds``: of files.
    ``not_given``: numbers of files that are not given out.
    """

    city: City
    base: str
    tokens: dict[str, int] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=lambda: {"202608", "202609", "202610"})
    withheld: set[str] = field(default_factory=set)
    quota: int | None = None
    page: int = _LARGEST
    links: bool = True
    totals: bool = False
    summaries: bool = True
    closed: set[int] = field(default_factory=set)
    more: dict[int, Body] = field(default_factory=dict)
    contents: dict[int, Body] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    not_given: set[int] = field(default_factory=set)
    roles: list[tuple[str, str, str]] = field(default_factory=lambda: [("adm1", "ADMINISTRATOR", "APPROVED")])
    """On the city's page: person, role, state."""
    subscriptions: list[Body] = field(default_factory=list)
    """Of webhooks, as :mod:`archiver.practice.linkedin_webhooks` has them."""
    used: int = 0
    _day: date | None = None

    def __post_init__(self) -> None:
        self._bodies = Bodies(self.city, self.base)
        self.tops = Tops(self.city)
        self._notices = Notices(self.city)

    def account_url(self, person: int) -> str:
        """Address of the page."""
        return f"{self.base}/linkedin/company/{self.city.people[person].handle}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is under ``/rest`` and files; None for anything else."""
        file = _FILE.fullmatch(request.path)
        if file is not None:
            return self._file(request, file[1], file[2], int(file[3]))
        if not request.path.startswith(_API):
            return None
        with self.city.lock:
            try:
                return _json(200, self._routed(request))
            except Failure as failure:
                return _json(failure.status, failure.body)

    def _routed(self, request: Request) -> Body:
        viewer = self._viewer(request)
        self._check_version(request)
        self._spend()
        if is_of_webhooks(request):
            self._check(ADMIN, viewer, viewer, "eventSubscriptions")
            told = subscriptions(request, self.subscriptions, at(self.city.clock.now()))
            if told is None:
                raise Failure(400, "ILLEGAL_ARGUMENT", "Invalid query parameters passed to request")
            return told
        asked = _asked(request, viewer)
        method = _METHODS.get((asked.parts[0], len(asked.parts), asked.parts[2:3]))
        if method is None or request.method != "GET":
            raise Failure(404, "RESOURCE_NOT_FOUND", "No virtual resource found")
        if asked.parts[0] in _OF_THE_FEED:
            self._check(FEED, viewer, viewer, f"{asked.parts[0]}.GET")
        return method(self, asked)

    # Who asks, in which version, and how much is left.

    def _viewer(self, request: Request) -> int:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Failure(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token", 65604)
        if token in self.revoked:
            message = "The token used in the request has been revoked by the user"
            raise Failure(401, "REVOKED_ACCESS_TOKEN", message, 65601)
        if token in self.expired:
            raise Failure(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired", 65602)
        if token not in self.tokens:
            raise Failure(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65600)
        return self.tokens[token]

    def _check_version(self, request: Request) -> None:
        version = request.header("LinkedIn-Version")
        if version is None:
            raise Failure(400, "VERSION_MISSING", "A version must be present. Please specify a version.")
        if version not in self.versions:
            raise Failure(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
        if request.header("X-Restli-Protocol-Version") != "2.0.0":
            raise Failure(400, "ILLEGAL_ARGUMENT", "Rest.li protocol 2.0.0 is needed")

    def _spend(self) -> None:
        today = self.city.clock.now().astimezone(UTC).date()
        if today != self._day:
            self._day, self.used = today, 0
        if self.quota is not None and self.used >= self.quota:
            message = "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
            raise Failure(429, "TOO_MANY_REQUESTS", message, 101)
        self.used += 1

    def _check(self, permission: str, of: int, viewer: int, resource: str) -> None:
        if permission in self.withheld or of != viewer:
            raise Failure(403, "ACCESS_DENIED", f"Not enough permissions to access: {resource}", 100)

    # Pages.

    def _organizations(self, asked: Asked) -> Body:
        self._check(ADMIN, asked.viewer, asked.viewer, "organizations.FINDER-vanityName")
        named = self.city.person_named(asked.parameters.get("vanityName", ""))
        found = [named] if named is not None and _is_page(named) else []
        elements = [_projected(self._bodies.organization(one), asked) for one in found]
        return paged(elements, 0, 10, None, len(found))

    def _organization(self, asked: Asked) -> Body:
        found = [one for one in self.city.people.values() if str(page_number(one.id)) == asked.parts[1]]
        if not found or not _is_page(found[0]):
            raise _not_there()
        self._check(ADMIN, found[0].id, asked.viewer, "organizations.GET")
        return _projected(self._bodies.organization(found[0]), asked)

    def _roles(self, asked: Asked) -> Body:
        """Who has which role on the page."""
        page = page_urn(asked.viewer)
        self._check(ADMIN, asked.viewer, asked.viewer, "organizationAcls.FINDER-organization")
        if asked.parameters.get("q") != "organization" or asked.parameters.get("organization") != page:
            raise Failure(403, "ACCESS_DENIED", "Not enough permissions to access: organizationAcls", 100)
        start = int(asked.parameters.get("start", "0"))
        count = min(int(asked.parameters.get("count", "10")), self.page)
        elements = [
            {"organization": page, "roleAssignee": f"urn:li:person:{who}", "role": role, "state": state}
            for who, role, state in self.roles[start : start + count]
        ]
        return paged(elements, start, count, None, len(self.roles) if self.totals else None)

    def _notifications(self, asked: Asked) -> Body:
        """What was done with the page's posts in the last 60 days."""
        self._check(ADMIN, asked.viewer, asked.viewer, "organizationalEntityNotifications.FINDER-criteria")
        told, actions = asked.parameters, LIST.fullmatch(asked.parameters.get("actions", ""))
        between = RANGE.fullmatch(told.get("timeRange", ""))
        if told.get("q") != "criteria" or actions is None or between is None:
            raise Failure(400, "ILLEGAL_ARGUMENT", "Invalid query parameters passed to request")
        if told.get("organizationalEntity") != page_urn(asked.viewer):
            raise Failure(403, "ACCESS_DENIED", "Not enough permissions to access", 100)
        found = self._notices.of(asked.viewer, set(actions[1].split(",")), int(between[1]), int(between[2]))
        return self._page(asked, found, lambda one: one)

    # Posts.

    def _posts(self, asked: Asked) -> Body:
        if asked.ids is not None:
            return self._batch(asked, lambda urn: self._shown(self._own(urn, asked), asked))
        author = asked.parameters.get("author", "")
        self._check(SOCIAL, asked.viewer, asked.viewer, "posts.FINDER-author")
        if author != page_urn(asked.viewer):
            raise Failure(403, "ACCESS_DENIED", "Not enough permissions to access: posts.FINDER-author", 100)
        posts = [post for post in self.city.posts.values() if self._is_post(post, asked)]
        by_change = asked.parameters.get("sortBy", "LAST_MODIFIED") == "LAST_MODIFIED"
        posts.sort(key=lambda one: (self._order(one, by_change), one.id), reverse=True)
        return self._page(asked, posts, lambda post: self._shown(post, asked))

    @staticmethod
    def _order(post: Post, by_change: bool) -> int:
        return at((post.edited_at if by_change else None) or post.created_at)

    def _post(self, asked: Asked) -> Body:
        return self._shown(self._own(asked.parts[1], asked), asked)

    def _own(self, urn: str, asked: Asked) -> Post:
        """A post of the page.

        Raises:
            Failure: it is not there, or of another page.
        """
        post = self.city.posts.get(post_of(urn) or 0)
        if post is None or urn != post_urn(post.id) or post.is_reply:
            raise _not_there()
        self._check(SOCIAL, post.author, asked.viewer, "posts.GET")
        if not self._is_post(post, asked):
            raise _not_there()
        return post

    def _is_post(self, post: Post, asked: Asked) -> bool:
        if post.author != asked.viewer or post.is_reply or post.visibility == "direct" or not self.city.stands(post):
            return False
        published = self.more.get(post.id, {}).get("lifecycleState", "PUBLISHED") == "PUBLISHED"
        return published or asked.parameters.get("viewContext") == "AUTHOR"

    def _shown(self, post: Post, asked: Asked) -> Body:
        body = self._bodies.post(post, self.kinds, self.contents.get(post.id))
        return _projected(body | self.more.get(post.id, {}), asked)

    # What belongs to posts.

    def _metadata(self, asked: Asked) -> Body:
        return self._batch(asked, lambda urn: self._summary(urn, asked))

    def _metadata_of(self, asked: Asked) -> Body:
        return self._summary(asked.parts[1], asked)

    def _summary(self, urn: str, asked: Asked) -> Body:
        post = self._commented(urn, asked)
        under = list(self._under(post))
        tops = [one for one in under if self.tops.of(one.id) == one.id]
        return self._bodies.metadata(post, len(under), len(tops), closed=post.id in self.closed)

    def _files(self, asked: Asked) -> Body:
        kind = next(one for one in KINDS if f"{one}s" == asked.parts[0])
        return self._batch(asked, lambda urn: self._file_told(urn, kind, asked))

    def _file_told(self, urn: str, kind: str, asked: Asked) -> Body:
        media = {file_urn(one, self.kinds.get(one.id, "image")): one for one in self.city.media.values()}
        logo = urn == f"urn:li:image:L{self.city.people[asked.viewer].profile.avatar}"
        if not urn.startswith(f"urn:li:{kind}:") or not (urn in media or logo):
            raise _not_there()
        if urn in media and media[urn].id in self.not_given:
            raise Failure(403, "ACCESS_DENIED", "Not enough permissions to access: images.GET", 100)
        return self._bodies.file(urn, asked.viewer)

    def _file(self, request: Request, kind: str, letter: str, number: int) -> Response:
        """The bytes of a file, where its address has not expired."""
        expires = request.parameter("e") or ""
        if not expires.isdigit() or int(expires) < at(self.city.clock.now()) // 1000:
            return Response(403, (("Content-Type", "text/plain"),), b"Forbidden")
        medium = self.city.media.get(number)
        shown = number if letter == "L" else medium.number if medium is not None else None
        if shown is None:
            return Response(404, (("Content-Type", "text/plain"),), b"Not Found")
        body = png(shown, 480, 320) if kind == "image" else _FIRST[kind] + f"practice {number}".encode()
        return Response(200, (("Content-Type", _TYPES[kind]),), body)

    # Comments.

    def _comments(self, asked: Asked) -> Body:
        urn = asked.parts[1]
        top = comment_of(urn)
        if top is None:
            post = self._commented(urn, asked)
            found = [one for one in self._under(post) if self.tops.of(one.id) == one.id]
        else:
            comment = self._comment_at(top, asked)
            post = self.city.posts[comment.root]
            found = self._replies(comment)
        return self._page(asked, found, self._told)

    def _comment(self, asked: Asked) -> Body:
        """One comment: a first one by its post, a reply by the comment that it is under."""
        urn, identity = asked.parts[1], asked.parts[3]
        comment = self._comment_at(int(identity) if identity.isdigit() else 0, asked)
        top = self.tops.of(comment.id)
        above = comment_of(urn)
        right = top == above if above is not None else top == comment.id and post_of(urn) == comment.root
        if not right:
            raise _not_there()
        return self._told(comment)

    def _comment_at(self, number: int, asked: Asked) -> Post:
        comment = self.city.posts.get(number)
        post = self.city.posts.get(comment.root) if comment is not None and comment.is_reply else None
        if comment is None or post is None or not any(one.id == number for one in self._under(post)):
            raise _not_there()
        self._commented(post_urn(post.id), asked)
        return comment

    def _commented(self, urn: str, asked: Asked) -> Post:
        """A post by whichever of its URNs."""
        number = post_of(urn)
        return self._own(urn if number is None else post_urn(number), asked)

    def _told(self, comment: Post) -> Body:
        top = self.tops.of(comment.id) or comment.id
        return self._bodies.comment(comment, top, self._replies(comment), summed=self.summaries)

    def _replies(self, comment: Post) -> list[Post]:
        under = self._under(self.city.posts[comment.root])
        return [one for one in under if one.id != comment.id and self.tops.of(one.id) == comment.id]

    def _under(self, post: Post) -> Iterator[Post]:
        """What stands under a post, oldest first. A reply goes with the comment it is under."""
        if post.id in self.closed:
            return
        for _, one in sorted(self.city.posts.items()):
            top = self.city.posts.get(self.tops.of(one.id) or 0) if one.is_reply else None
            if one.root == post.id and one.is_reply and not one.hidden and top is not None and not top.hidden:
                yield one

    # Pages and batches.

    def _page(self, asked: Asked, found: Sequence[_T], made: Callable[[_T], Body]) -> Body:
        start, wanted = _number(asked, "start", 0), _number(asked, "count", 10)
        count = min(wanted, self.page)
        shown = [made(one) for one in found[start : start + count]]
        more = start + count < len(found)
        href = f"/rest/{asked.parts[0]}?start={start + count}&count={count}" if more and self.links else None
        return paged(shown, start, count, href, len(found) if self.totals else None)

    def _batch(self, asked: Asked, made: Callable[[str], Body]) -> Body:
        results: Body = {}
        statuses: dict[str, int] = {}
        errors: Body = {}
        for urn in asked.ids or ():
            try:
                results[urn], statuses[urn] = made(urn), 200
            except Failure as failure:
                errors[urn], statuses[urn] = failure.body, failure.status
        return {"results": results, "statuses": statuses, "errors": errors}


def _is_page(person: Person) -> bool:
    return person.home == HOME and person.official


def _projected(body: Body, asked: Asked) -> Body:
    """Those fields that were asked for, where some were."""
    wanted = asked.parameters.get("fields")
    return body if wanted is None else {name: body[name] for name in wanted.split(",") if name in body}


def _number(asked: Asked, name: str, otherwise: int) -> int:
    given = asked.parameters.get(name)
    if given is None:
        return otherwise
    if not given.isdigit() or len(given) > 9:
        raise Failure(400, "ILLEGAL_ARGUMENT", f"Query parameter {name} is invalid")
    return int(given)


def _asked(request: Request, viewer: int) -> Asked:
    """The question, as Rest.li reads it: brackets and commas as they are make a list, escaped ones are part of a key.

    Raises:
        Failure: URNs that are not escaped, or a list that is.
    """
    path, _, query = request.target.partition("?")
    parts = tuple(path.removeprefix(_API).split("/"))
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    ids = next((value for name, value in pairs if name == "ids"), None)
    wrong = any(set(":(),") & set(part) for part in parts) or any(
        (":" in value and name != "timeRange") or (name not in _STRUCTURED and set("(),") & set(value))
        for name, value in pairs
    )
    if wrong or (ids is not None and not re.fullmatch(r"List\([^()]+\)", ids)):
        raise Failure(400, "ILLEGAL_ARGUMENT", "Invalid query parameters passed to request")
    named = None if ids is None else tuple(unquote(one) for one in ids[5:-1].split(","))
    return Asked(tuple(map(unquote, parts)), {name: unquote(value) for name, value in pairs}, named, viewer)


def _json(status: int, body: Body) -> Response:
    headers = (
        ("Content-Type", "application/json"),
        ("X-RestLi-Protocol-Version", "2.0.0"),
        ("X-LI-Fabric", "practice"),
    )
    return Response(status, headers, dump(body))


_Method = Callable[[LinkedInApi, Asked], Body]
_FILE_METHODS: dict[tuple[str, int, tuple[str, ...]], _Method] = {
    (f"{kind}s", 1, ()): LinkedInApi._files for kind in KINDS
}
_METHODS: dict[tuple[str, int, tuple[str, ...]], _Method] = {
    **_FILE_METHODS,
    ("organizations", 1, ()): LinkedInApi._organizations,
    ("organizations", 2, ()): LinkedInApi._organization,
    ("organizationAcls", 1, ()): LinkedInApi._roles,
    ("organizationalEntityNotifications", 1, ()): LinkedInApi._notifications,
    ("posts", 1, ()): LinkedInApi._posts,
    ("posts", 2, ()): LinkedInApi._post,
    ("socialMetadata", 1, ()): LinkedInApi._metadata,
    ("socialMetadata", 2, ()): LinkedInApi._metadata_of,
    ("socialActions", 3, ("comments",)): LinkedInApi._comments,
    ("socialActions", 4, ("comments",)): LinkedInApi._comment,
}
