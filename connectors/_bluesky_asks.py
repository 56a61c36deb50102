"""The questions put to the servers of the AT Protocol. Pure.

What the account itself wrote is asked of its own server (PDS), which its DID document names: posts with their CIDs,
files by their CIDs. What the public wrote is asked of the service that shows it (AppView). Neither needs signing in;
where the engine holds a credential, the account's notifications are asked for too, only to learn what to look at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from connectors._bluesky_names import POST, REPOST, place_of
from connectors.contract import (
    PASSWORD,
    AccessClass,
    AccountRef,
    Ask,
    Bookmark,
    JSONValue,
    RecordRef,
    SignIn,
    Stream,
    Sweep,
    SweepKind,
)
from connectors.links import origin, web

#: Whoever issues DIDs, the identity is theirs alone: one constant for every server.
SERVICE = "https://atproto.com"
SITE = "https://bsky.app"
APPVIEW = "https://public.api.bsky.app"
PAGE = "100"
#: Levels of one thread in one question. Each level is two of JSON, and a body nested too deeply is not read.
DEPTH = 100
_LOOKS = "looks"
AT_ONCE = 25
"""Most posts that ``getPosts`` gives."""
#: Lists of the account's own records: purpose → collection.
COLLECTIONS: Mapping[str, str] = {"posts": POST, "reposts": REPOST}
#: How the account moderates, by purpose.
SETTINGS: Mapping[str, str] = {
    "blocks": "app.bsky.graph.block",
    "list_blocks": "app.bsky.graph.listblock",
    "thread_gates": "app.bsky.feed.threadgate",
    "post_gates": "app.bsky.feed.postgate",
}


@dataclass(frozen=True, slots=True)
class Asks:
    """Builds the asks of one sweep of one account. What it knows travels in the context of every ask."""

    site: str
    account: str
    handle: str
    directory: str
    sweep: str
    at: str
    authorised: bool = False
    every_thread: bool = False

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None, directory: str, *, every_thread: bool) -> Asks:
        """For a sweep of an account; None: for direct looks."""
        return cls(
            site_of(account.url),
            account.platform_id,
            account.handle,
            directory,
            sweep.kind.value if sweep else "look",
            sweep.at.isoformat() if sweep else "",
            account.authorised,
            every_thread,
        )

    @classmethod
    def of(cls, ask: Ask) -> Asks:
        """For what follows from an ask."""
        known = ask.context
        return cls(
            str(known.get("site", "")),
            str(known.get("account", "")),
            str(known.get("handle", "")),
            str(known.get("directory", "")),
            str(known.get("sweep", "")),
            str(known.get("at", "")),
            known.get("authorised") is True,
            known.get("every_thread") is True,
        )

    @property
    def full(self) -> bool:
        return self.sweep == SweepKind.FULL

    # Who the account is.

    def profile(self, actor: str = "") -> Ask:
        """The profile as the service shows it."""
        ask = self._shown("app.bsky.actor.getProfile", "profile", Stream.PROFILE, (("actor", actor or self.account),))
        if not self.account:
            return ask
        control = self._shown("_health", "health", Stream.PROFILE)
        return replace(ask, context={**ask.context, "look": [f"profile/{self.account}"]}, control=control)

    def identity(self, known: Bookmark) -> Ask:
        """The DID document: which server holds the repository. First page of the list of posts, which goes on there.

        Args:
            known: the bookmark; as much of it as the list needs goes with the ask.
        """
        kept = {name: value for name, value in known.items() if name.endswith((".rev", ".newest", ".at"))}
        return self._ask(self._document, "identity", Stream.POSTS, listing="posts", context={"known": kept})

    @property
    def _document(self) -> str:
        """Address of the DID document (specifications of the methods *plc* and *web*)."""
        method, _, rest = self.account.removeprefix("did:").partition(":")
        if method == "web":
            return f"https://{unquote(rest)}/.well-known/did.json"
        return f"{self.directory}/{self.account}"

    # The account's own repository.

    def commit(self, pds: str, known: Bookmark) -> Ask:
        """The revision of the repository: nothing changed where it is the one that is known."""
        parameters = (("did", self.account),)
        return self._held(
            pds,
            "com.atproto.sync.getLatestCommit",
            "commit",
            parameters,
            listing="posts",
            context={"known": dict(known)},
        )

    def records(self, pds: str, purpose: str, revision: str, known: Bookmark) -> Ask:
        """First page of one collection, newest first."""
        parameters = (("repo", self.account), ("collection", COLLECTIONS[purpose]), ("limit", PAGE))
        context = {"revision": revision, "known": dict(known)}
        return self._held(pds, "com.atproto.repo.listRecords", purpose, parameters, listing=purpose, context=context)

    def settings(self, pds: str) -> Iterator[Ask]:
        """First pages of how the account moderates. Everybody may read it; it is kept apart all the same."""
        for purpose, collection in SETTINGS.items():
            parameters = (("repo", self.account), ("collection", collection), ("limit", PAGE))
            ask = self._held(pds, "com.atproto.repo.listRecords", purpose, parameters, listing=purpose)
            yield replace(ask, stream=Stream.SETTINGS, access=AccessClass.SETTINGS)

    def record(self, pds: str, ref: RecordRef) -> Ask:
        """One record as it stands now."""
        where = place_of(ref.key)
        named = (("collection", where.collection), ("rkey", where.key)) if where else ()
        return self._held(pds, "com.atproto.repo.getRecord", "record", (("repo", self.account), *named))

    def stream(self, pds: str, place: str | None) -> Ask:
        """What the server pushes of all its repositories, from ``place`` (a sequence number) on."""
        parameters = () if place is None else (("cursor", place),)
        ask = self._held(pds, "com.atproto.sync.subscribeRepos", "frame", parameters, context={"pds": pds})
        return replace(ask, url=ask.url.replace("http", "ws", 1))

    # What the service shows.

    def feed(self) -> Ask:
        """Posts, replies and reposts of the account, with their numbers."""
        parameters = (("actor", self.account), ("filter", "posts_with_replies"), ("limit", PAGE))
        return self._shown("app.bsky.feed.getAuthorFeed", "feed", Stream.POSTS, parameters, listing="feed")

    def thread(self, key: str, *, above: bool, level: int = 0) -> Ask:
        """Everything below a post, and above it."""
        height = DEPTH if above else 0
        parameters = (("uri", key), ("depth", str(DEPTH)), ("parentHeight", str(height)))
        context = {"key": key, "level": level}
        return self._shown(
            "app.bsky.feed.getPostThread",
            "thread",
            Stream.COMMENTS,
            parameters,
            listing=f"thread:{key}",
            context=context,
        )

    def quotes(self, key: str) -> Ask:
        """Who quotes a post."""
        parameters = (("uri", key), ("limit", PAGE))
        return self._shown("app.bsky.feed.getQuotes", "quotes", Stream.COMMENTS, parameters, listing="quotes")

    def posts(self, keys: Sequence[str], listing: str = "mentions") -> Ask:
        """At most :data:`AT_ONCE` posts by their addresses. ``listing``: why they are asked for."""
        parameters = tuple(("uris", key) for key in keys)
        return self._shown("app.bsky.feed.getPosts", "shown", Stream.COMMENTS, parameters, listing=listing)

    def notifications(self, pds: str, known: Bookmark) -> Ask:
        """Who named, answered or quoted the account, by its own server. Read, and never stored."""
        parameters = (("limit", PAGE), *(("reasons", reason) for reason in ("mention", "reply", "quote")))
        method, context = "app.bsky.notification.listNotifications", {"since": known.get("notifications.at")}
        ask = self._held(pds, method, "notifications", parameters, listing="notifications", context=context)
        return replace(ask, stream=Stream.MESSAGES, access=AccessClass.PRIVATE, authorise="required")

    # Direct looks.

    def looks(self, records: Iterable[RecordRef]) -> Iterator[Ask]:
        """Ask the service for known records, many at once where it can."""
        waiting: list[str] = []
        for ref in records:
            where = place_of(ref.key)
            if ref.key == f"profile/{self.account}":
                yield self.profile()
            elif ref.key == f"identity/{self.account}":
                yield self._looking(self._ask(self._document, "document", Stream.PROFILE, listing=_LOOKS), [ref.key])
            elif where is not None and where.collection == POST:
                waiting.append(ref.key)
            elif where is not None:
                yield self._looking(self._shown_record(ref), [ref.key])
            if len(waiting) == AT_ONCE:
                yield self._looking(self.posts(waiting, _LOOKS), waiting)
                waiting = []
        if waiting:
            yield self._looking(self.posts(waiting, _LOOKS), waiting)

    def _shown_record(self, ref: RecordRef) -> Ask:
        where = place_of(ref.key)
        assert where is not None
        parameters = (("repo", where.did), ("collection", where.collection), ("rkey", where.key))
        return self._shown("com.atproto.repo.getRecord", "indexed", Stream.POSTS, parameters, listing=_LOOKS)

    def _looking(self, ask: Ask, keys: Sequence[str]) -> Ask:
        return replace(ask, context={**ask.context, "look": list(keys)}, control=replace(self.profile(), control=None))

    # Building.

    def _held(self, pds: str, method: str, purpose: str, parameters: tuple[tuple[str, str], ...], **more: Any) -> Ask:
        return self._ask(f"{pds}/xrpc/{method}", purpose, Stream.POSTS, parameters, **more)

    def _shown(
        self, method: str, purpose: str, stream: Stream, parameters: tuple[tuple[str, str], ...] = (), **more: Any
    ) -> Ask:
        return self._ask(f"{appview_of(self.site)}/xrpc/{method}", purpose, stream, parameters, **more)

    def _ask(
        self,
        url: str,
        purpose: str,
        stream: Stream,
        parameters: tuple[tuple[str, str], ...] = (),
        *,
        listing: str | None = None,
        context: Mapping[str, JSONValue] | None = None,
    ) -> Ask:
        return Ask(
            url=url,
            stream=stream,
            purpose=purpose,
            parameters=parameters,
            authorise="never",
            listing=listing,
            context=self._context() | dict(context or {}),
        )

    def _context(self) -> dict[str, JSONValue]:
        known: dict[str, JSONValue] = {
            "site": self.site,
            "account": self.account,
            "handle": self.handle,
            "directory": self.directory,
            "sweep": self.sweep,
        }
        known |= {"at": self.at} if self.full else {}
        known |= {"authorised": True} if self.authorised else {}
        known |= {"every_thread": True} if self.every_thread else {}
        return known


def sign_in(account: AccountRef, pds: str) -> SignIn:
    """The trade of an app password (``com.atproto.server.createSession``, ``refreshSession``)."""
    said = json.dumps({"identifier": account.platform_id, "password": PASSWORD.decode()}).encode()

    def trade(method: str, body: bytes | None, headers: tuple[tuple[str, str], ...] = ()) -> Ask:
        url = f"{pds}/xrpc/com.atproto.server.{method}"
        return Ask(url, Stream.MESSAGES, "sign_in", "POST", (), headers, body, AccessClass.PRIVATE, "required")

    opened = trade("createSession", said, (("Content-Type", "application/json"),))
    return SignIn(pds, opened, trade("refreshSession", None), "accessJwt", "refreshJwt")


def site_of(url: str) -> str:
    """The site that an account's address is on."""
    parts = web(url)
    return SITE if parts is None else origin(parts)


def appview_of(site: str) -> str:
    """The service behind a site. Of another site than Bluesky's own, the site itself is asked."""
    return APPVIEW if site == SITE else site


def with_cursor(ask: Ask, cursor: str) -> Ask:
    """The next page of a list."""
    others = tuple((name, value) for name, value in ask.parameters if name != "cursor")
    return replace(ask, parameters=(*others, ("cursor", cursor)))
