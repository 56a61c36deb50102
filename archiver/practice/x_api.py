"""The X API v2 over the state of the city: paths, parameters, paging, tokens, allowances, problems.

An edit is a post with an id of its own; a search reaches back seven days; what is not there, or not to be seen, stands
in ``errors`` beside what is. What a page hides on X is shown by the API all the same, so it is here.

Source: the specification (OpenAPI 2.167), recorded answers, and the documentation's tables of limits. What the city
does and X would not allow (an edit after hours) is let happen.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from archiver.practice import acts
from archiver.practice.city import City, Person, Post
from archiver.practice.messages import Headers, Request, Response
from archiver.practice.pictures import png
from archiver.practice.x_ids import number_of, versions_of, x_id
from archiver.practice.x_json import Bodies, Body, dump, problem, quoted_by, refused
from archiver.practice.x_webhooks import Webhooks

HOME = "x"
_API = "/2/"
_PICTURE = re.compile(r"/x/pictures/(\d{1,9})-(\d{1,3})\.png")
_CONVERSATION = re.compile(r"conversation_id:(\d{1,19})")
_SEARCHED, _KEPT = timedelta(days=7), timedelta(days=30)
_WINDOW = 900
_WITH_FIELDS = (
    "post.fields", "expansions", "user.fields", "media.fields", "poll.fields", "place.fields", "dm_event.fields",
)  # fmt: skip
_ALWAYS = frozenset({"id", "text", "withheld"})
_EXPANDED = {
    "author_id": "author_id", "edit_history_post_ids": "edit_history_post_ids", "referenced_posts": "referenced_posts",
    "in_reply_to_user_id": "in_reply_to_user_id",
}  # fmt: skip
_LIMITS = {
    "posts": (900, 10_000), "mentions": (300, 450), "search": (300, 450), "lookup": (5000, 3500), "quotes": (75, 75),
    "messages": (15, 0), "message": (15, 0), "user": (900, 300), "me": (75, 0), "people": (15, 0), "usage": (0, 50),
}  # fmt: skip
_GONE, _NOT_OURS = "resource-not-found", "not-authorized-for-resource"
_Found = re.Match[str]


class Failure(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """An answer other than 200."""

    def __init__(self, status: int, body: Body, headers: Headers = ()) -> None:
        super().__init__(body.get("title"))
        self.status, self.body, self.headers = status, body | {"status": status}, headers


@dataclass
class XApi:
    """A site that speaks the X API.

    ``apps``: app-only tokens it takes. ``tokens``: token of a user to person. ``cap``: posts it returns a month to
    everybody together; None: no limit; ``cap_day``: day of the month on which it begins to count anew. ``limits``: by
    endpoint, how much a user and an app may ask in a quarter of an hour. ``suspended``, ``deactivated``, ``protected``:
    people. ``withheld``: countries, by post. ``polls``: options, by post. ``muted``: people, by who muted them.
    ``page``: most entries of a page. ``no_fields``: fields (and expansions) that are none any more, ``closed_fields``:
    fields that are not shown to these tokens: whoever asks for one gets nothing.
    """

    city: City
    base: str
    apps: set[str] = field(default_factory=set)
    tokens: dict[str, int] = field(default_factory=dict)
    cap: int | None = None
    cap_day: int = 14
    limits: dict[str, tuple[int, int]] = field(default_factory=lambda: dict(_LIMITS))
    suspended: set[int] = field(default_factory=set)
    deactivated: set[int] = field(default_factory=set)
    protected: set[int] = field(default_factory=set)
    withheld: dict[int, list[str]] = field(default_factory=dict)
    polls: dict[int, list[str]] = field(default_factory=dict)
    muted: dict[int, set[int]] = field(default_factory=dict)
    page: int = 100
    no_fields: set[str] = field(default_factory=set)
    closed_fields: set[str] = field(default_factory=set)
    webhooks: Webhooks = field(default_factory=Webhooks)
    used: int = 0
    """Posts returned since the allowance was last renewed."""
    _period: tuple[int, int] = (0, 0)
    _asked: dict[tuple[str, str, int], int] = field(default_factory=dict)
    _parents: dict[int, int | None] = field(default_factory=dict)
    _read: int = 0
    _indexed: int = -1
    _by_id: dict[str, Post] = field(default_factory=dict)
    _quoted: dict[str, list[Post]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bodies = Bodies(self.city, self.base, self.polls)

    def account_url(self, person: int) -> str:
        """Address of the profile."""
        return f"{self.base}/x.com/{self.city.people[person].handle[:15]}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is under ``/2``, and pictures under ``/x``; None for anything else."""
        picture = _PICTURE.fullmatch(request.path)
        if picture is not None:
            number, width = int(picture[1]), min(int(picture[2]), 480)
            return Response(200, (("Content-Type", "image/png"),), png(number, width, width * 3 // 4))
        if not request.path.startswith(_API):
            return None
        if (found := self._of_webhooks(request)) is not None:
            return found
        with self.city.lock:
            return self._answered(request)

    def _of_webhooks(self, request: Request) -> Response | None:
        """What is about webhooks takes an app's token. The city goes on meanwhile: an address is asked back."""
        if not request.path.startswith(("/2/webhooks", "/2/activity/")):
            return None
        try:
            _, viewer = self._caller(request)
        except Failure as failure:
            return _json(failure.status, failure.body, failure.headers)
        if viewer is not None:
            kind = problem("unsupported-authentication", "OAuth 2.0 User Context is forbidden for this endpoint.")
            return _json(403, kind | {"status": 403}, ())
        return self.webhooks.answer(request)

    def _answered(self, request: Request) -> Response:
        headers: Headers = ()
        try:
            caller, viewer = self._caller(request)
            name, method, found = self._route(request)
            headers = self._spend(caller, name, viewer)
            self._check_fields(request)
            body = method(self, request, found, viewer)
            self.used += len(body["data"]) if isinstance(body.get("data"), list) and name != "messages" else 0
            return _json(200, body, headers)
        except Failure as failure:
            return _json(failure.status, failure.body, failure.headers or headers)

    # Who asks, and how much is left.

    def _caller(self, request: Request) -> tuple[str, int | None]:
        """The token, and whose it is; None for an app."""
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or token not in {*self.apps, *self.tokens}:
            body = {"title": "Unauthorized", "type": "about:blank", "detail": "Unauthorized"}
            raise Failure(401, body)
        return token, self.tokens.get(token)

    def _route(self, request: Request) -> tuple[str, _Method, _Found]:
        for name, pattern, method in _ROUTES:
            found = pattern.fullmatch(request.path)
            if found is not None and request.method == "GET":
                return name, method, found
        raise Failure(404, {"title": "Not Found", "type": "about:blank", "detail": "Not Found"})

    def _spend(self, caller: str, name: str, viewer: int | None) -> Headers:
        limit = self.limits[name][viewer is None]
        if not limit:
            kinds = "OAuth 2.0 Application-Only" if viewer is None else "OAuth 2.0 User Context"
            detail = f"Authenticating with {kinds} is forbidden for this endpoint."
            raise Failure(403, problem("unsupported-authentication", detail))
        seconds = int(self.city.clock.now().timestamp())
        window = seconds // _WINDOW
        asked = self._asked[caller, name, window] = self._asked.get((caller, name, window), 0) + 1
        headers = (
            ("x-rate-limit-limit", str(limit)),
            ("x-rate-limit-remaining", str(max(0, limit - asked))),
            ("x-rate-limit-reset", str((window + 1) * _WINDOW)),
        )
        if asked > limit:
            body = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank"}
            raise Failure(429, body, headers)
        self._check_cap(name)
        return headers

    def _check_fields(self, request: Request) -> None:
        """X names the first field of a parameter that is none, and gives the parameter back as it came."""
        errors: list[Body] = []
        for name in _WITH_FIELDS:
            wanted = _listed(request, name)
            wrong = next((one for one in wanted if one in self.no_fields), None)
            if wrong is not None:
                message = f"The `{name}` query parameter value [{wrong}] is not one of [id,name,text,username]"
                errors.append({"parameters": {name: [",".join(wanted)]}, "message": message})
            for one in sorted(self.closed_fields.intersection(wanted)):
                detail = f"Sorry, you are not authorized to access '{one}'."
                raise Failure(403, problem("not-authorized-for-field", detail, field=one))
        if errors:
            detail = "One or more parameters to your request was invalid."
            raise Failure(400, problem("invalid-request", detail) | {"errors": errors})

    def _check_cap(self, name: str) -> None:
        now = self.city.clock.now()
        month = now.year * 12 + now.month - (now.day < self.cap_day)
        if self._period != (month, self.cap_day):
            self._period, self.used = (month, self.cap_day), 0
        if self.cap is not None and self.used >= self.cap and name != "usage":
            detail = "Usage cap exceeded: Monthly product cap"
            more = {"title": "UsageCapExceeded", "period": "Monthly", "scope": "Product", "account_id": 1}
            raise Failure(429, problem("usage-capped", detail) | more)

    # Users.

    def _named(self, request: Request, found: _Found, viewer: int | None) -> Body:
        wanted = next((one for one in self.city.people.values() if _is_named(one, found["name"])), None)
        return self._user(wanted, "username", found["name"], request)

    def _person(self, request: Request, found: _Found, viewer: int | None) -> Body:
        return self._user(self.city.people.get(number_of(found["id"]) or 0), "id", found["id"], request)

    def _me(self, request: Request, found: _Found, viewer: int | None) -> Body:
        person = self.city.people[viewer or 0]
        return self._user(person, "id", x_id(person.id), request)

    def _user(self, person: Person | None, parameter: str, asked: str, request: Request) -> Body:
        if person is None or person.home != HOME or person.id in self.deactivated:
            return {"errors": [refused(_GONE, "user", parameter, asked)]}
        if person.id in self.suspended:
            told = refused(_GONE, "user", parameter, asked, f"User has been suspended: [{asked}].")
            return {"errors": [told | {"title": "Forbidden"}]}
        fields = {*_listed(request, "user.fields"), "id", "name", "username"}
        body = self.bodies.user(person, protected=person.id in self.protected)
        return {"data": {name: value for name, value in body.items() if name in fields}}

    # How the account moderates.

    def _blocking(self, request: Request, found: _Found, viewer: int | None) -> Body:
        return self._people(request, found, viewer, self.city.people[viewer or 0].blocked)

    def _muting(self, request: Request, found: _Found, viewer: int | None) -> Body:
        return self._people(request, found, viewer, self.muted.get(viewer or 0, set()))

    def _people(self, request: Request, found: _Found, viewer: int | None, people: Iterable[int]) -> Body:
        if number_of(found["id"]) != viewer:
            detail = "The `id` query parameter value must be the same as the authenticating user."
            raise Failure(400, problem("invalid-request", detail))
        start = int(request.parameter("pagination_token") or 0)
        size = min(int(request.parameter("max_results") or 100), 1000, self.page)
        known = sorted(people)
        chosen = [self.city.people[one] for one in known[start : start + size]]
        data = [{"id": x_id(one.id), "name": one.profile.name, "username": one.handle[:15]} for one in chosen]
        meta: Body = {"result_count": len(chosen)}
        if start + size < len(known):
            meta["next_token"] = str(start + size)
        return ({"data": data} if data else {}) | {"meta": meta}

    # Lists of posts.

    def _posts(self, request: Request, found: _Found, viewer: int | None) -> Body:
        person = self.city.people.get(number_of(found["id"]) or 0)
        away = self._user(person, "id", found["id"], request)
        if person is None or "errors" in away:
            return away
        if person.id in self.protected and viewer != person.id:
            return {"errors": [refused(_NOT_OURS, "user", "id", found["id"])]}
        return self._paged(request, (self.city.posts[number] for number in person.said), viewer)

    def _mentions(self, request: Request, found: _Found, viewer: int | None) -> Body:
        person = self.city.people.get(number_of(found["id"]) or 0)
        away = self._user(person, "id", found["id"], request)
        if person is None or "errors" in away:
            return away
        named = (one for one in self.city.posts.values() if person.id in (*one.mentions, one.parent_author))
        return self._paged(request, (one for one in named if one.author != person.id), viewer)

    def _search(self, request: Request, found: _Found, viewer: int | None) -> Body:
        query = _CONVERSATION.fullmatch(request.parameter("query") or "")
        if query is None:
            raise Failure(400, problem("invalid-request", "One or more parameters to your request was invalid."))
        root, since = number_of(query[1]), self.city.clock.now() - _SEARCHED
        said = (one for one in self.city.posts.values() if one.root == root and one.share_of is None)
        return self._paged(request, (one for one in said if one.versions[-1][0] > since), viewer)

    def _quotes(self, request: Request, found: _Found, viewer: int | None) -> Body:
        post, refusal = self._looked_up(found["id"], viewer)
        if post is None:
            return {"errors": [refused(refusal, "post", "id", found["id"])]}
        body = self._paged(request, self._quoting(post), viewer)
        return body | {
            "meta": {name: one for name, one in body["meta"].items() if name in ("result_count", "next_token")}
        }

    def _quoting(self, post: Post) -> Iterator[Post]:
        _, quoting = self._index()
        return (one for identity in versions_of(post) for one in quoting.get(identity, ()) if one.id != post.id)

    def _paged(self, request: Request, posts: Iterable[Post], viewer: int | None) -> Body:
        shown = {int(versions_of(one)[-1]): one for one in posts if self._is_shown(one, viewer)}
        since, before = int(request.parameter("since_id") or 0), _before(request)
        wanted = [one for one in sorted(shown, reverse=True) if since < one < before]
        size = min(int(request.parameter("max_results") or 10), 100, self.page)
        chosen = wanted[:size]
        body = self._with_includes(request, [(shown[one], len(shown[one].versions) - 1) for one in chosen], viewer)
        meta: Body = {"result_count": len(chosen)}
        if chosen:
            meta |= {"newest_id": str(chosen[0]), "oldest_id": str(chosen[-1])}
        else:
            del body["data"]
        if len(wanted) > size:
            meta["next_token"] = _token(chosen[-1])
        return body | {"meta": meta}

    # Posts by their ids.

    def _lookup(self, request: Request, found: _Found, viewer: int | None) -> Body:
        asked = [one for one in (request.parameter("ids") or "").split(",") if one]
        if not 0 < len(asked) <= 100:
            raise Failure(400, problem("invalid-request", "One or more parameters to your request was invalid."))
        posts, errors = [], []
        for identity in dict.fromkeys(asked):
            post, refusal = self._looked_up(identity, viewer)
            if post is None:
                errors.append(refused(refusal, "post", "ids", identity))
            else:
                posts.append((post, versions_of(post).index(identity)))
        body = self._with_includes(request, posts, viewer)
        if not posts:
            del body["data"]
        errors += body.pop("errors", [])
        return body | ({"errors": errors} if errors else {})

    def _looked_up(self, identity: str, viewer: int | None) -> tuple[Post | None, str]:
        """A post by the id of any of its versions; else why it is not shown."""
        post = self._index()[0].get(identity)
        if post is None or post.author in self.deactivated or not self._stands(post):
            return None, _GONE
        return (post, "") if self._is_shown(post, viewer) else (None, _NOT_OURS)

    def _index(self) -> tuple[dict[str, Post], dict[str, list[Post]]]:
        """Posts by the ids of their versions, and by the ids of what they quote."""
        if self._indexed != self.city.revision:
            self._indexed, self._by_id, self._quoted = self.city.revision, {}, {}
            for post in filter(self._is_public, self.city.posts.values()):
                self._by_id |= dict.fromkeys(versions_of(post), post)
                quoted = quoted_by(post)
                if quoted is not None:
                    self._quoted.setdefault(quoted, []).append(post)
        return self._by_id, self._quoted

    # What an answer gives beside its posts.

    def _with_includes(self, request: Request, posts: Sequence[tuple[Post, int]], viewer: int | None) -> Body:
        data = [self._body(request, post, version) for post, version in posts]
        expansions = set(_listed(request, "expansions"))
        beside, errors = self._beside(posts, expansions, viewer)
        shown = [post for post, _ in (*posts, *beside)]
        users = {post.author for post in shown} | {one for post in shown if (one := post.parent_author) is not None}
        people = [self.city.people[one] for one in sorted(users - self.suspended - self.deactivated)]
        media = {one.id: one for post, version in (*posts, *beside) for one in post.versions[version][1].media}
        polls = sorted({post.id for post in shown if post.id in self.polls})
        fields = {*_listed(request, "user.fields"), "id", "name", "username"}
        users_said = [self.bodies.user(one, protected=one.id in self.protected) for one in people]
        given = {
            "users": [{name: one[name] for name in one if name in fields} for one in users_said],
            "posts": [self._body(request, post, version) for post, version in beside],
            "media": self.bodies.media(media.values()) if "attachments.media_keys" in expansions else [],
            "polls": [self.bodies.poll(one) for one in polls] if "attachments.poll_ids" in expansions else [],
        }
        includes = {name: value for name, value in given.items() if value}
        return {"data": data} | ({"includes": includes} if includes else {}) | ({"errors": errors} if errors else {})

    def _beside(
        self, posts: Sequence[tuple[Post, int]], expansions: set[str], viewer: int | None
    ) -> tuple[list[tuple[Post, int]], list[Body]]:
        """Posts that posts refer to, other versions of them, and what is said of those that are not shown."""
        wanted: dict[str, None] = {}
        listed = {versions_of(post)[version] for post, version in posts}
        for post, version in posts:
            body = self.bodies.post(post, version, parent=self._parent(post), quotes=0)
            referred = [one["id"] for one in body.get("referenced_posts", ())]
            wanted |= dict.fromkeys(referred if "referenced_posts" in expansions else ())
            wanted |= dict.fromkeys(versions_of(post) if "edit_history_post_ids" in expansions else ())
        found, errors = [], []
        for identity in wanted:
            one, refusal = self._looked_up(identity, viewer)
            if one is not None and identity not in listed:
                found.append((one, versions_of(one).index(identity)))
            elif one is None:
                errors.append(refused(refusal, "post", "referenced_posts.id", identity))
        return found, errors

    def _body(self, request: Request, post: Post, version: int) -> Body:
        quotes = sum(1 for _ in self._quoting(post)) if post.share_of is None else 0
        withheld = self.withheld.get(post.id, ())
        body = self.bodies.post(post, version, parent=self._parent(post), quotes=quotes, withheld=withheld)
        fields = {*_ALWAYS, *_listed(request, "post.fields")}
        fields |= {_EXPANDED[one] for one in _listed(request, "expansions") if one in _EXPANDED}
        return {name: value for name, value in body.items() if name in fields}

    # Messages, and the app's allowance.

    def _messages(self, request: Request, found: _Found, viewer: int | None) -> Body:
        since = self.city.clock.now() - _KEPT
        mine = {int(x_id(one.id)): one for one in self._messages_of(viewer) if one.created_at > since}
        wanted = [one for one in sorted(mine, reverse=True) if one < _before(request)]
        size = min(int(request.parameter("max_results") or 100), self.page)
        body: Body = {"meta": {"result_count": len(wanted[:size])}}
        if len(wanted) > size:
            body["meta"]["next_token"] = _token(wanted[size - 1])
        return ({"data": [self.bodies.message(mine[one]) for one in wanted[:size]]} if wanted else {}) | body

    def _message(self, request: Request, found: _Found, viewer: int | None) -> Body:
        number, since = number_of(found["id"]), self.city.clock.now() - _KEPT
        event = next((one for one in self._messages_of(viewer) if one.id == number and one.created_at > since), None)
        if event is None:
            return {"errors": [refused(_GONE, "dm_event", "event_id", found["id"])]}
        return {"data": self.bodies.message(event)}

    def _messages_of(self, viewer: int | None) -> Iterator[Post]:
        for post in self.city.posts.values():
            if post.visibility == "direct" and viewer in (post.author, *post.mentions) and self._is_here(post):
                yield post

    def _usage(self, request: Request, found: _Found, viewer: int | None) -> Body:
        cap = {"project_cap": str(self.cap or 3_000_000), "project_usage": str(self.used), "project_id": "1"}
        return {"data": cap | {"cap_reset_day": self.cap_day}}

    # What there is.

    def _is_here(self, post: Post) -> bool:
        return self.city.people[post.author].home == HOME

    def _is_public(self, post: Post) -> bool:
        return self._is_here(post) and post.visibility in ("public", "unlisted")

    def _stands(self, post: Post) -> bool:
        """A repost stands as long as what it passes on."""
        shared = None if post.share_of is None else self.city.posts.get(post.share_of)
        return post.share_of is None or (shared is not None and self._stands(shared))

    def _is_shown(self, post: Post, viewer: int | None) -> bool:
        if not (self._is_public(post) and self._stands(post)) or post.author in self.suspended | self.deactivated:
            return False
        return post.author not in self.protected or viewer == post.author

    def _parent(self, post: Post) -> int | None:
        """What a post answers, whatever was deleted since."""
        for act in self.city.journal[self._read :]:
            if isinstance(act, acts.Say):
                self._parents[act.id] = act.parent
        self._read = len(self.city.journal)
        return self._parents.get(post.id)


def _is_named(person: Person, name: str) -> bool:
    return person.home == HOME and person.handle[:15].lower() == name.lower()


def _listed(request: Request, name: str) -> list[str]:
    return [one for one in (request.parameter(name) or "").split(",") if one]


def _token(last: int) -> str:
    return base64.b32hexencode(f"practice:{last}".encode()).decode().rstrip("=").lower()


def _before(request: Request) -> int:
    """Below which id a page begins."""
    token = request.parameter("pagination_token")
    if token is None:
        return 2**64
    try:
        padded = token.upper() + "=" * (-len(token) % 8)
        name, _, number = base64.b32hexdecode(padded).decode().partition(":")
        if name == "practice":
            return int(number)
    except ValueError:
        pass
    detail = "One or more parameters to your request was invalid."
    raise Failure(400, problem("invalid-request", detail, parameter="pagination_token", value=token))


def _json(status: int, body: Body, headers: Headers) -> Response:
    kind = "application/json; charset=utf-8" if status == 200 else "application/problem+json; charset=utf-8"
    fixed = (("Content-Type", kind), ("api-version", "2.167"), ("Cache-Control", "no-cache, no-store, max-age=0"))
    return Response(status, (*fixed, *headers), dump(body))


_Method = Callable[[XApi, Request, _Found, int | None], Body]
_ROUTES: tuple[tuple[str, re.Pattern[str], _Method], ...] = tuple(
    (name, re.compile(f"/2/{pattern}"), method)
    for name, pattern, method in (
        ("user", r"users/by/username/(?P<name>[A-Za-z0-9_]{1,15})", XApi._named),
        ("me", r"users/me", XApi._me),
        ("people", r"users/(?P<id>\d{1,19})/blocking", XApi._blocking),
        ("people", r"users/(?P<id>\d{1,19})/muting", XApi._muting),
        ("user", r"users/(?P<id>\d{1,19})", XApi._person),
        ("posts", r"users/(?P<id>\d{1,19})/tweets", XApi._posts),
        ("mentions", r"users/(?P<id>\d{1,19})/mentions", XApi._mentions),
        ("search", r"tweets/search/recent", XApi._search),
        ("lookup", r"tweets", XApi._lookup),
        ("quotes", r"tweets/(?P<id>\d{1,19})/quote_tweets", XApi._quotes),
        ("messages", r"dm_events", XApi._messages),
        ("message", r"dm_events/(?P<id>\d{1,19})", XApi._message),
        ("usage", r"usage/tweets", XApi._usage),
    )
)
