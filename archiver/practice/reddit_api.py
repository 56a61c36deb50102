"""Reddit's API over everything that was said in the city: one subreddit, the accounts in it, lists of at most a
thousand entries, trees of comments with branches cut off, tokens with permissions, allowances, errors.

Source: recorded answers of 2014 to 2026, Reddit's documentation of its API and of its errors. What moderators removed
stands on for them; for everybody else without its words, and only where somebody answered it. What its author deleted
stands on for nobody but by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from archiver.practice import acts
from archiver.practice.city import City, Person
from archiver.practice.history import History, is_removed
from archiver.practice.messages import Headers, Request, Response
from archiver.practice.pictures import png
from archiver.practice.reddit_json import Bodies, Body, base36, fullname, listing, number_of
from archiver.practice.reddit_moderation import Moderation, somebody
from archiver.practice.truth import TrueRecord
from archiver.practice.words import CITY

HOME = "reddit"
_WINDOW = 600
_FILE = re.compile(r"/reddit/(?:pictures/(\d{1,20})-(\d{1,4})x(\d{1,4})\.png|v/(\d{1,20})/DASH_720\.mp4)")
_ACTIONS = {acts.Hide: "remove", acts.Unhide: "approve", acts.Delete: "remove"}
_SILENT_AGENTS = re.compile(r"(?i)(?:python|curl|java|okhttp|wget|go-http|mozilla)|$")
_Found = re.Match[str]


class Failure(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """An answer other than 200."""

    def __init__(self, status: int, message: str, reason: str | None = None, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers
        self.body = ({"reason": reason} if reason else {}) | {"message": message, "error": status}


@dataclass
class RedditApi:
    """A site that speaks Reddit's API.

    ``tokens``: bearer token to person. ``without``: permissions that no token has. ``strangers``: people who do not
    moderate the subreddit though they are official. ``page``: most entries of a page. ``most``: of a list. ``at_once``:
    most comments of a thread that are shown at first. ``depth``: to how many levels. ``closed``: why the subreddit is
    not shown. ``away``: people whose accounts are not there; ``suspended``: whose are suspended. ``limit``: questions
    in ten minutes.
    """

    city: City
    base: str
    tokens: dict[str, int] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)
    strangers: set[int] = field(default_factory=set)
    away: set[int] = field(default_factory=set)
    suspended: set[int] = field(default_factory=set)
    closed: str | None = None
    page: int = 100
    most: int = 1000
    at_once: int = 200
    depth: int = 10
    limit: int = 10**6
    used: int = 0
    moderation: Moderation = field(default_factory=Moderation)
    _window: int = 0

    def __post_init__(self) -> None:
        self._history = History(self.city, HOME)

    @property
    def main(self) -> int:
        """Who looks after the subreddit."""
        return next(one.id for one in self.city.people.values() if one.home == HOME and one.official)

    @property
    def bodies(self) -> Bodies:
        """What there is, and what is the matter with it."""
        if not hasattr(self, "_bodies"):
            self._bodies = Bodies(self.city, self.base, self.main)
        return self._bodies

    def account_url(self, person: int) -> str:
        """Address of a user's account."""
        return f"{self.base}/reddit/user/{self.city.people[person].handle}"

    def subreddit_url(self, person: int) -> str:
        """Address of the subreddit that somebody looks after."""
        return f"{self.base}/reddit/r/{CITY}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is Reddit's; None for anything else."""
        file = _FILE.fullmatch(request.path)
        if file is not None:
            return _file(file)
        route = next(((made, found) for one, made in _ROUTES if (found := one.fullmatch(request.path))), None)
        if route is None:
            return None
        with self.city.lock:
            headers: Headers = ()
            try:
                viewer = self._viewer(request)
                headers = self._spend()
                made, found = route
                return _json(200, made(self, request, found, viewer), headers)
            except Failure as failure:
                return _json(failure.status, failure.body, (*headers, *failure.headers))

    # Who asks, and how much is left.

    def _viewer(self, request: Request) -> int:
        if _SILENT_AGENTS.match(request.header("User-Agent") or ""):
            raise Failure(429, "Too Many Requests")
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or token not in self.tokens:
            challenge = 'Bearer realm="reddit", error="invalid_token"'
            raise Failure(401, "Unauthorized", headers=(("WWW-Authenticate", challenge),))
        return self.tokens[token]

    def _spend(self) -> Headers:
        now = int(self.city.clock.now().timestamp())
        if now // _WINDOW != self._window:
            self._window, self.used = now // _WINDOW, 0
        self.used += 1
        headers = (
            ("x-ratelimit-used", str(self.used)),
            ("x-ratelimit-remaining", str(float(max(0, self.limit - self.used)))),
            ("x-ratelimit-reset", str(_WINDOW - now % _WINDOW)),
        )
        if self.used > self.limit:
            raise Failure(429, "Too Many Requests", headers=headers)
        return headers

    def _need(self, scope: str) -> None:
        if scope in self.without:
            challenge = 'Bearer realm="reddit", error="insufficient_scope"'
            raise Failure(403, "Forbidden", headers=(("WWW-Authenticate", challenge),))

    def moderates(self, viewer: int) -> bool:
        """Whether somebody moderates the subreddit."""
        return viewer in self.city.people and self.city.people[viewer].official and viewer not in self.strangers

    # Accounts

    def _about_user(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("read")
        person = self._person(found["name"])
        if person.id in self.suspended:
            return {"kind": "t2", "data": {"name": person.handle, "is_suspended": True}}
        return self.bodies.user(person)

    def _about(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("read")
        if found["name"].lower() != CITY.lower():
            return listing([])  # (by way of a search for it)
        self._open()
        return self.bodies.place(self.moderates(viewer))

    def _me(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("identity")
        if viewer not in self.city.people:
            raise Failure(403, "Forbidden")
        body: Body = self.bodies.user(self.city.people[viewer])["data"]
        return body

    def _moderated(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("mysubreddits")
        return listing([self.bodies.place(True)] if self.moderates(viewer) else [])

    def _person(self, name: str) -> Person:
        person = self.city.person_named(name)
        if person is None or person.home != HOME or person.id in self.away:
            raise Failure(404, "Not Found")
        return person

    def _open(self) -> None:
        if self.closed == "banned":
            raise Failure(404, "Not Found", "banned")
        if self.closed is not None:
            raise Failure(403, "Forbidden", self.closed)

    # Lists

    def _of_user(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("history")
        person = self._person(found["name"])
        kinds = ("comment",) if found["what"] == "comments" else ("post", "share")
        return self._listed(request, [one for one in self._history.said(*kinds) if one.author == person.id], viewer)

    def _of_place(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("read")
        self._in_place(found)
        kinds = ("comment",) if found["what"] == "comments" else ("post", "share")
        return self._listed(request, list(self._history.said(*kinds)), viewer)

    def _spam(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("read")
        self._in_place(found)
        if not self.moderates(viewer):
            raise Failure(403, "Forbidden")
        removed = [one for one in self._history.said("post", "share", "comment") if is_removed(one)]
        return self._paged(request, [self._thing(one, viewer) for one in reversed(removed)])

    def _log(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("modlog")
        self._in_place(found)
        if not self.moderates(viewer):
            raise Failure(403, "Forbidden")
        return self._paged(request, list(reversed(list(self._actions()))))

    def _actions(self) -> Iterator[Body]:
        people, known = self.city.people, self._history.records
        for number, act in self._history.done(acts.Hide, acts.Unhide, acts.Delete, acts.Block):
            if isinstance(act, acts.Block):
                yield self.bodies.action(number, "banuser", act.at, None, people[act.whom].handle)
            elif isinstance(act, acts.Hide | acts.Unhide | acts.Delete):
                if isinstance(act, acts.Delete) and act.by != "page":
                    continue
                about = known[act.id]
                name = f"{_ACTIONS[type(act)]}{'comment' if about.kind == 'comment' else 'link'}"
                yield self.bodies.action(number, name, act.at, about, people[about.author].handle)

    def _in_place(self, found: _Found) -> None:
        if found["name"].lower() != CITY.lower():
            raise Failure(404, "Not Found")
        self._open()

    def _listed(self, request: Request, said: Sequence[TrueRecord], viewer: int) -> Body:
        """Newest first, without what is not there for everybody; of one's own also what moderators removed."""
        shown = [one for one in said if one.vanished_at is None]
        shown = [one for one in shown if not is_removed(one) or one.author == viewer]
        return self._paged(request, [self._thing(one, viewer) for one in reversed(shown)])

    def _paged(self, request: Request, children: Sequence[Body]) -> Body:
        names = [child["data"].get("name", child["data"]["id"]) for child in children[: self.most]]
        after, size = request.parameter("after"), min(int(request.parameter("limit") or 25), 100, self.page)
        if after is not None and after not in names:
            return listing([])
        start = names.index(after) + 1 if after is not None else 0
        chosen = children[start : min(start + size, self.most)]
        return listing(chosen, names[start + size - 1] if len(chosen) == size else None)

    # How it is moderated

    def _people(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("read")
        self._in_place(found)
        if not self.moderates(viewer):
            raise Failure(403, "Forbidden")
        if found["what"] == "moderators":  # (all at once, whatever is asked for)
            main = self.city.people[self.main]
            one = somebody(main, base36(main.id), main.created_at, mod_permissions=["all"])
            return {"kind": "UserList", "data": {"children": [one]}}
        return self._paged_people(request, list(self._of_list(found["what"])))

    def _of_list(self, what: str) -> Iterator[Body]:
        people, chosen = self.city.people, self.moderation
        if what == "banned":
            for _, act in self._history.done(acts.Block):
                if isinstance(act, acts.Block) and act.person == self.main and act.whom in people[self.main].blocked:
                    more = {"note": chosen.notes.get(act.whom, ""), "days_left": chosen.days.get(act.whom)}
                    yield somebody(people[act.whom], base36(act.whom), act.at, **more)
            return
        for number, since in (chosen.muted if what == "muted" else chosen.approved).items():
            yield somebody(people[number], base36(number), since)

    def _paged_people(self, request: Request, people: Sequence[Body]) -> Body:
        names = [one["rel_id"] for one in people]
        after, size = request.parameter("after"), min(int(request.parameter("limit") or 25), 100, self.page)
        start = names.index(after) + 1 if after in names else 0
        chosen = list(people[start : start + size])
        more = start + size < len(people)
        return listing(chosen, names[start + size - 1] if more else None)

    def _rules(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("read")
        self._in_place(found)
        return self.moderation.listed()

    def _wiki(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("wikiread")
        self._in_place(found)
        if found["page"].startswith("config/") and not self.moderates(viewer):
            raise Failure(403, "Forbidden", "MAY_NOT_VIEW")
        if found["page"] not in self.moderation.pages:
            raise Failure(404, "Not Found", "PAGE_NOT_CREATED" if self.moderates(viewer) else "PAGE_NOT_FOUND")
        return self.moderation.page(found["page"])

    def _blocked(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("read")
        people = self.city.people
        blocked = [somebody(people[one], base36(one), people[one].created_at) for one in people[viewer].blocked]
        return {"kind": "UserList", "data": {"children": blocked}}

    # Single things

    def _info(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("read")
        named = [one for one in (request.parameter("id") or "").split(",") if one]
        if len(named) > 100:
            raise Failure(400, "Bad Request")
        things = [self._thing(one, viewer) for name in named if (one := self._known(name)) is not None]
        return listing(things if self.closed is None else [])

    def _known(self, name: str) -> TrueRecord | None:
        kind, _, identity = name.partition("_")
        one = self._history.records.get(number_of(identity) or 0)
        right = one is not None and self.city.people[one.author].home == HOME and fullname(one) == name
        return one if right and kind in ("t1", "t3") else None

    def _thing(self, one: TrueRecord, viewer: int) -> Body:
        moderator = self.moderates(viewer) or one.author == viewer
        if one.kind == "comment":
            return self.bodies.comment(one, self._history.root(one), moderator)
        original = None if one.share_of is None else self._history.records.get(one.share_of)
        return self.bodies.post(one, self._count(one), moderator, original)

    def _count(self, one: TrueRecord) -> int:
        """Comments that stand for everybody."""
        return sum(self._count(child) + self._stands(child) for child in self._history.under(one.id))

    @staticmethod
    def _stands(one: TrueRecord) -> bool:
        return one.vanished_at is None and not is_removed(one)

    # Threads

    def _comments(self, request: Request, found: _Found, viewer: int) -> list[Body]:
        self._need("read")
        self._open()
        post = self._known(f"t3_{found['id']}")
        if post is None:
            raise Failure(404, "Not Found")
        branch = request.parameter("comment")
        above = post if branch is None else self._known(f"t1_{branch}")
        tops = self._shown_under(post, viewer) if above is post else [above] if above is not None else []
        tree = _Tree(self, viewer, post, min(self.at_once, int(request.parameter("limit") or 200)))
        return [listing([self._thing(post, viewer)]), listing(tree.branches(tops, fullname(post), 0))]

    def _more(self, request: Request, found: _Found, viewer: int) -> Body:
        """The comments that were named, and what is under them, flat."""
        self._need("read")
        self._open()
        post = self._known(request.parameter("link_id") or "")
        named = (request.parameter("children") or "").split(",")
        if post is None or len(named) > 100:
            raise Failure(400, "Bad Request")
        tree, things = _Tree(self, viewer, post, 10**6), list[Body]()
        for name in named:
            one = self._known(f"t1_{name}")
            if one is not None and self.is_shown(one, viewer):
                things += _flat(tree.branches([one], f"t1_{base36(one.parent or 0)}", 0))
        return {"json": {"errors": [], "data": {"things": things}}}

    def _shown_under(self, one: TrueRecord, viewer: int) -> list[TrueRecord]:
        return [child for child in self._history.under(one.id) if self.is_shown(child, viewer)]

    def is_shown(self, one: TrueRecord, viewer: int) -> bool:
        """Whether a thread has it: what is gone stands where something under it does."""
        if self._stands(one) or (is_removed(one) and (self.moderates(viewer) or one.author == viewer)):
            return True
        return any(self.is_shown(child, viewer) for child in self._history.under(one.id))

    # Messages

    def _messages(self, request: Request, found: _Found, viewer: int) -> Body:
        self._need("privatemessages")
        messages = list(self._history.said("message"))
        if found["box"] == "sent":
            sent = [one for one in messages if one.author == viewer]
            return self._paged(request, [self._message(one) for one in reversed(sent)])
        known = self._history.records
        answers = [one for one in self._history.said("comment")
                   if known[one.parent or 0].author == viewer != one.author and self._stands(one)]  # fmt: skip
        both = [*(one for one in messages if viewer in one.mentions), *answers]
        both.sort(key=lambda one: one.id, reverse=True)
        return self._paged(
            request,
            [self._message(one) if one.kind == "message" else self.bodies.answered(one, self._history.root(one))
             for one in both],
        )  # fmt: skip

    def _message(self, one: TrueRecord) -> Body:
        return self.bodies.message(one, self.city.people[(*one.mentions, one.author)[0]])


class _Tree:
    """A tree of comments, cut where it is too large or too deep."""

    def __init__(self, api: RedditApi, viewer: int, post: TrueRecord, left: int) -> None:
        self._api, self._viewer, self._post, self._left = api, viewer, post, left

    def branches(self, found: Sequence[TrueRecord], parent: str, depth: int) -> list[Body]:
        shown: list[Body] = []
        api = self._api
        if depth >= api.depth and found:
            return [api.bodies.more([], parent, 0, depth)]
        for count, one in enumerate(found):
            if self._left <= 0:
                names = [base36(other.id) for other in found[count:]]
                return [*shown, api.bodies.more(names, parent, len(names), depth)]
            self._left -= 1
            inner = self.branches(api._shown_under(one, self._viewer), fullname(one), depth + 1)
            more = {"depth": depth} | ({"replies": listing(inner)} if inner else {})
            moderator = api.moderates(self._viewer) or one.author == self._viewer
            shown.append(api.bodies.comment(one, self._post, moderator, **more))
        return shown


def _flat(branches: Sequence[Body]) -> list[Body]:
    found: list[Body] = []
    for one in branches:
        data = dict(one["data"])
        replies = data.get("replies")
        if one["kind"] == "t1":
            data["replies"] = ""
        found.append(one | {"data": data})
        if isinstance(replies, dict):
            found += _flat(replies["data"]["children"])
    return found


def _file(file: _Found) -> Response:
    if file[4] is not None:
        return Response(200, (("Content-Type", "video/mp4"),), b"\0\0\0\x18ftypmp42" + file[4].encode())
    number, width, height = int(file[1]), min(int(file[2]), 480), min(int(file[3]), 480)
    return Response(200, (("Content-Type", "image/png"),), png(number, width, height))


def _json(status: int, body: Any, headers: Headers) -> Response:
    given = (("Content-Type", "application/json; charset=UTF-8"), *headers)
    return Response(status, given, json.dumps(body).encode())


_Method = Callable[[RedditApi, Request, _Found, int], Any]
_ROUTES: tuple[tuple[re.Pattern[str], _Method], ...] = tuple(
    (re.compile(pattern), method)
    for pattern, method in (
        (r"/user/(?P<name>[\w-]+)/about/?", RedditApi._about_user),
        (r"/user/(?P<name>[\w-]+)/(?P<what>submitted|comments)", RedditApi._of_user),
        (r"/r/(?P<name>\w+)/about/?", RedditApi._about),
        (r"/r/(?P<name>\w+)/(?P<what>new|comments)", RedditApi._of_place),
        (r"/r/(?P<name>\w+)/about/spam", RedditApi._spam),
        (r"/r/(?P<name>\w+)/about/log", RedditApi._log),
        (r"/r/(?P<name>\w+)/about/(?P<what>moderators|banned|muted|contributors)", RedditApi._people),
        (r"/r/(?P<name>\w+)/about/rules", RedditApi._rules),
        (r"/r/(?P<name>\w+)/wiki/(?P<page>[\w/]+)", RedditApi._wiki),
        (r"/prefs/blocked", RedditApi._blocked),
        (r"/comments/(?P<id>[0-9a-z]{1,13})", RedditApi._comments),
        (r"/api/morechildren", RedditApi._more),
        (r"/api/info", RedditApi._info),
        (r"/api/v1/me", RedditApi._me),
        (r"/subreddits/mine/moderator", RedditApi._moderated),
        (r"/message/(?P<box>inbox|sent)", RedditApi._messages),
    )
)
