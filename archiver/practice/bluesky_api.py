"""A simulated network of the AT Protocol: directory of identities, server of repositories, and the service that shows
them (*AppView*), all at one address.

Source: the lexicons, and the vendor's own servers of November 2026 for what these leave open: an answer to somebody
who is blocked, or to what is deleted, is left out of a thread with all that answers it, and is still given to whoever
asks for it by its address; what the author of a thread hides is shown, and a record says that it is hidden. That
edits of posts are shown by the service is so on the vendor's own servers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

from archiver.practice.bluesky_ids import POST, cid_of, did_of, handle_of, number_of, person_of, uri_of
from archiver.practice.bluesky_repositories import Body, Repositories
from archiver.practice.bluesky_views import Views
from archiver.practice.city import City, Person, Post
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png

HOME = "bluesky"
_PICTURE = re.compile(r"/img/(?:feed_fullsize|feed_thumbnail)/plain/[^/]+/(?P<cid>b[a-z2-7]+)@jpeg")
_AVATAR = re.compile(r"/img/avatar/plain/[^/]+/(?P<number>\d{1,9})@jpeg")
_WRITTEN = re.compile(r"at://(?P<did>[^/]+)/(?P<collection>[^/]+)/(?P<key>[^/]+)")
_SEVERAL = 25


class Failure(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """An error in the form of the protocol."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": name, "message": message}


@dataclass
class BlueskyApi:
    """A site that speaks the AT Protocol.

    ``tokens``: app passwords, and whose they are. ``page``: most entries of a page. ``levels``: most levels of a thread
    in one answer. ``sessions``: tokens that a sign-in gave.
    """

    city: City
    base: str
    tokens: dict[str, int] = field(default_factory=dict)
    page: int = 100
    levels: int = 100
    sessions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.repositories = Repositories(self.city)
        self._numbers = count(1)

    @cached_property
    def _views(self) -> Views:
        return Views(self.city, self.base, self.repositories)

    def account_url(self, person: int) -> str:
        """Address of the account."""
        return f"{self.base}/profile/{handle_of(self.city.people[person].handle)}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is of the protocol; None for anything else."""
        with self.city.lock:
            self.repositories.catch_up()
            if request.path.startswith("/img/"):
                return self._picture(request.path)
            if request.path.startswith("/did:plc:"):
                return self._document(request.path[1:])
            if not request.path.startswith("/xrpc/"):
                return None
            try:
                return self._called(request)
            except Failure as failure:
                return _json(failure.body, failure.status)

    def _called(self, request: Request) -> Response:
        name = request.path.removeprefix("/xrpc/")
        if name == "com.atproto.sync.getBlob":
            return self._blob(request)
        method = _METHODS.get(name)
        if method is None:
            raise Failure("MethodNotImplemented", "Method Not Implemented", 501)
        return _json(method(self, request))

    # Files.

    def _blob(self, request: Request) -> Response:
        self._person(request.parameter("did"))
        body = self.repositories.file(request.parameter("cid") or "")
        if body is None:
            raise Failure("BlobNotFound", "Blob not found")
        return Response(200, (("Content-Type", "image/png"),), body)

    def _picture(self, path: str) -> Response | None:
        shown, avatar = _PICTURE.fullmatch(path), _AVATAR.fullmatch(path)
        body = png(int(avatar["number"]), 64, 64) if avatar else None
        if shown is not None:
            body = self.repositories.file(shown["cid"])
        if body is None:
            return Response(404, (("Content-Type", "text/plain"),), b"Image not found")
        return Response(200, (("Content-Type", "image/png"),), body)

    # Identities and signing in.

    def _document(self, did: str) -> Response:
        person = self.city.people.get(person_of(did) or 0)
        if person is None or person.home != HOME:
            return _json({"message": f"DID not registered: {did}"}, 404)
        server = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.base}
        key = {"id": f"{did}#atproto", "type": "Multikey", "controller": did, "publicKeyMultibase": "zQ3shPractice"}
        contexts = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
        named = [f"at://{handle_of(person.handle)}"]
        document = {"@context": contexts, "id": did, "alsoKnownAs": named}
        return _json(document | {"verificationMethod": [key], "service": [server]})

    def _health(self, request: Request) -> Body:
        return {"version": "0.0.280"}

    def _open(self, request: Request) -> Body:
        given = json.loads(request.body or b"{}")
        person = self.tokens.get(str(given.get("password")))
        if person is None or given.get("identifier") != did_of(person):
            raise Failure("AuthenticationRequired", "Invalid identifier or password", 401)
        return self._session(person)

    def _renew(self, request: Request) -> Body:
        person = self.sessions.pop(request.token or "", None)
        if person is None or not (request.token or "").startswith("refresh"):
            raise Failure("ExpiredToken", "Token has been revoked")
        return self._session(person)

    def _session(self, person: int) -> Body:
        tokens = {name: f"{kind}.of-the-city.{next(self._numbers)}" for name, kind in _TOKENS.items()}
        self.sessions |= dict.fromkeys(tokens.values(), person)
        return tokens | {"did": did_of(person), "handle": handle_of(self.city.people[person].handle), "active": True}

    def _notifications(self, request: Request) -> Body:
        if request.token is None:
            raise Failure("AuthMissing", "Authentication Required", 401)
        person = self.sessions.get(request.token)
        if person is None or request.token.startswith("refresh"):
            raise Failure("ExpiredToken", "Token has expired")
        reasons = {value for name, value in request.parameters if name == "reasons"}
        told = [one for one in self._views.notices(person) if one["reason"] in reasons]
        shown, cursor = self._paged(request, told, lambda one: f"{one['indexedAt']}::{one['cid']}")
        return {"notifications": shown, "priority": False} | cursor

    # Repositories.

    def _commit(self, request: Request) -> Body:
        person = self._person(request.parameter("did"), "RepoNotFound")
        revision = self.repositories.revision(person.id)
        return {"cid": cid_of({"rev": revision}), "rev": revision}

    def _records(self, request: Request) -> Body:
        person = self._person(request.parameter("repo"))
        found = self.repositories.listed(person.id, request.parameter("collection") or "")
        cursor, size = request.parameter("cursor"), self._size(request)
        shown = [one for one in found if cursor is None or _key(one) < cursor][:size]
        return {"records": shown} | ({"cursor": _key(shown[-1])} if shown else {})

    def _record(self, request: Request) -> Body:
        person = self._person(request.parameter("repo"))
        uri = f"at://{did_of(person.id)}/{request.parameter('collection')}/{request.parameter('rkey')}"
        for one in self.repositories.listed(person.id, request.parameter("collection") or ""):
            if one["uri"] == uri:
                return one
        raise Failure("RecordNotFound", f"Could not locate record: {uri}")

    # What the service shows.

    def _profile(self, request: Request) -> Body:
        return self._views.profile(self._person(request.parameter("actor"), message="Profile not found"))

    def _feed(self, request: Request) -> Body:
        person = self._person(request.parameter("actor"), message="Profile not found")
        entries = [*self._views.feed(person)]
        shown, cursor = self._paged(request, entries, lambda one: f"{one[0]}::{one[1]}")
        return {"feed": [make() for _, _, make in shown]} | cursor

    def _thread(self, request: Request) -> Body:
        uri = request.parameter("uri") or ""
        post = self._post(uri)
        if post is None:
            raise Failure("NotFound", f"Post not found: {uri}")
        asked = int(request.parameter("depth") or 6), int(request.parameter("parentHeight") or 80)
        thread = self._views.thread(post, min(asked[0], self.levels), asked[1])
        gate = self.repositories.gate(self.repositories.root_of(post.id))
        return {"thread": thread} | ({"threadgate": self._views.gate(gate)} if gate else {})

    def _quotes(self, request: Request) -> Body:
        return {"uri": request.parameter("uri") or "", "posts": []}

    def _posts(self, request: Request) -> Body:
        asked = [value for name, value in request.parameters if name == "uris"]
        if len(asked) > _SEVERAL:
            raise Failure("InvalidRequest", f"uris must not have more than {_SEVERAL} elements")
        found = [post for one in dict.fromkeys(asked) if (post := self._post(one)) is not None]
        return {"posts": [self._views.post(one) for one in found]}

    # Parts.

    def _person(self, named: str | None, name: str = "InvalidRequest", message: str = "Could not find repo") -> Person:
        number = person_of(named or "") if (named or "").startswith("did:") else None
        by_name = (one for one in self.city.people.values() if handle_of(one.handle) == named)
        person = self.city.people.get(number) if number is not None else next(by_name, None)
        if person is None or person.home != HOME:
            raise Failure(name, message if message == "Profile not found" else f"{message}: {named}")
        return person

    def _post(self, uri: str) -> Post | None:
        parts = _WRITTEN.fullmatch(uri)
        post = self.city.posts.get(number_of(parts["key"]) or 0) if parts and parts["collection"] == POST else None
        if post is None or post.share_of is not None or uri != uri_of(post.id, post.author):
            return None
        return post if self.city.people[post.author].home == HOME and post.visibility == "public" else None

    def _size(self, request: Request) -> int:
        return min(int(request.parameter("limit") or 50), self.page)

    def _paged(self, request: Request, found: Sequence[Any], place: Callable[[Any], str]) -> tuple[list[Any], Body]:
        """A page of what is in the order of its places, the last first; the cursor is the last place shown."""
        cursor = request.parameter("cursor")
        shown = [one for one in found if cursor is None or place(one) < cursor][: self._size(request)]
        return shown, {"cursor": place(shown[-1])} if shown else {}


def _key(record: Body) -> str:
    return str(record["uri"]).rpartition("/")[2]


def _json(body: Body, status: int = 200) -> Response:
    return Response(status, (("Content-Type", "application/json; charset=utf-8"),), json.dumps(body).encode())


_TOKENS = {"accessJwt": "access", "refreshJwt": "refresh"}
_METHODS: dict[str, Callable[[BlueskyApi, Request], Body]] = {
    "_health": BlueskyApi._health,
    "com.atproto.server.createSession": BlueskyApi._open,
    "com.atproto.server.refreshSession": BlueskyApi._renew,
    "com.atproto.sync.getLatestCommit": BlueskyApi._commit,
    "com.atproto.repo.listRecords": BlueskyApi._records,
    "com.atproto.repo.getRecord": BlueskyApi._record,
    "app.bsky.actor.getProfile": BlueskyApi._profile,
    "app.bsky.feed.getAuthorFeed": BlueskyApi._feed,
    "app.bsky.feed.getPostThread": BlueskyApi._thread,
    "app.bsky.feed.getQuotes": BlueskyApi._quotes,
    "app.bsky.feed.getPosts": BlueskyApi._posts,
    "app.bsky.notification.listNotifications": BlueskyApi._notifications,
}
