"""The questions put to Reddit's API, as somebody who looks after a user's account or a subreddit. Pure.

Reddit gives at most a thousand entries of any list, from the newest. A thread comes as a tree of which branches are cut
off: named by their ids, which are then asked for by the hundred, or only by where they begin, which are then asked for
one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from connectors._account_asks import AccountAsks, batches, ident, looked_at, seen_by_everybody
from connectors.contract import AccessClass, Ask, JSONValue, RecordKind, RecordRef, Stream
from connectors.sites import Site

SITE, SERVER = "https://www.reddit.com", "https://oauth.reddit.com"
_HOSTS = frozenset({"reddit.com", *(f"{one}.reddit.com" for one in ("www", "old", "new", "np", "m", "sh"))})
ON_REDDIT = Site(SITE, _HOSTS, SERVER, peer="/reddit")
AT_ONCE = 100
"""Most things asked for in one question; most entries of a page."""
LISTED = 1000
"""Most entries that Reddit gives of a list."""
_RAW = ("raw_json", "1")
"""Texts as they are, not as HTML would have them."""
_PAGE = (("limit", "100"), _RAW)
_THREAD = (("limit", "500"), ("sort", "old"), ("threaded", "true"), _RAW)
#: Lists of an account: path behind its own, and stream.
LISTS: Mapping[str, tuple[str, Stream]] = {
    "submitted": ("submitted", Stream.POSTS),
    "new": ("new", Stream.POSTS),
    "comments_of": ("comments", Stream.COMMENTS),
    "comments_in": ("comments", Stream.COMMENTS),
    "removed": ("about/spam", Stream.COMMENTS),
    "log": ("about/log", Stream.SETTINGS),
}
MESSAGES: Mapping[str, str] = {"inbox": "message/inbox", "sent": "message/sent"}
#: Lists of people that say how an account is moderated: path behind its own, and what stands in the list.
PEOPLE: Mapping[str, tuple[str, str]] = {
    "moderators": ("about/moderators", "moderators"),
    "banned": ("about/banned", "banned"),
    "muted": ("about/muted", "muted"),
    "contributors": ("about/contributors", "approved"),
    "blocked": ("prefs/blocked", "blocked"),
}
#: The same of its rules.
RULES: Mapping[str, str] = {"rules": "about/rules", "automoderator": "wiki/config/automoderator"}
KINDS: Mapping[str, str] = {"post": "t3_", "comment": "t1_"}


class Asks(AccountAsks):
    """Builds the asks of one sweep of one user's account or subreddit."""

    __slots__ = ()
    on: ClassVar[Site] = ON_REDDIT

    @property
    def is_user(self) -> bool:
        return self.named.startswith("user/")

    # Who it is.

    def identify(self) -> Ask:
        """Whose account an address is."""
        return self._about("identify")

    def profile(self, *, settings: bool = False) -> Ask:
        """The account itself; beside who is signed in as control. ``settings``: how it is moderated is asked next."""
        kind = "user" if self.is_user else "subreddit"
        ask = self._about("profile")
        ask = replace(ask, context={**ask.context, "settings": True}) if settings else ask
        return looked_at(ask, [f"{kind}/{self.account}"], self.me("me"))

    def _about(self, purpose: str) -> Ask:
        return self.ask(f"/{self.named}/about", purpose, Stream.PROFILE, (_RAW,))

    def me(self, purpose: str = "owner", *, settings: bool = False) -> Ask:
        """Who is signed in: messages, and whom it blocks, are asked for only where it is the account itself."""
        stream = Stream.PROFILE if purpose == "me" else Stream.MESSAGES
        context = {"settings": True} if settings else {}
        return self.ask("/api/v1/me", purpose, stream, (_RAW,), context=context)

    # Lists.

    def listing(self, purpose: str, known: JSONValue = None) -> Ask:
        """One list from its newest entry on. ``known``: how far it was read, and how many comments posts had."""
        path, stream = LISTS[purpose]
        context = {"known": known} if self.new and isinstance(known, Mapping) else {}
        parameters = (("sort", "new"), *_PAGE) if self.is_user else _PAGE
        return self.ask(f"/{self.named}/{path}", purpose, stream, parameters, listing=purpose, context=context)

    def messages(self) -> Iterator[Ask]:
        """What was sent to the account, and by it."""
        for purpose, path in MESSAGES.items():
            yield self.ask(f"/{path}", purpose, Stream.MESSAGES, (("mark", "false"), *_PAGE), listing=purpose)

    # How it is moderated.

    def of_moderators(self) -> Iterator[Ask]:
        """Settings of a subreddit; those that not every moderator may see are lists of their own, of which each can be
        a gap."""
        for purpose, (path, _) in PEOPLE.items():
            if purpose != "blocked":
                yield self._setting(f"/{self.named}/{path}", purpose, _PAGE)
        for purpose, path in RULES.items():
            yield self._setting(f"/{self.named}/{path}", purpose, (_RAW,))

    def blocked(self) -> Ask:
        """Whom a user blocks."""
        return self._setting("/prefs/blocked", "blocked", (_RAW,))

    def _setting(self, path: str, purpose: str, parameters: Sequence[tuple[str, str]]) -> Ask:
        ask = self.ask(path, purpose, Stream.SETTINGS, parameters, listing=purpose)
        return replace(ask, access=AccessClass.SETTINGS)

    # Threads.

    def comments(self, key: str) -> Ask:
        """A post with everything under it."""
        return self._thread(key, _THREAD)

    def more(self, key: str, pending: Sequence[str], deep: Sequence[str], *, unread: bool) -> Ask | None:
        """What was cut off from a thread, as the next page of its list: ids that were named, then branches of which
        only the comment is named that they begin under. None: nothing is left."""
        if not pending and not deep:
            return None
        children, rest = list(pending[:AT_ONCE]), list(pending[AT_ONCE:])
        context: dict[str, JSONValue] = {"pending": rest, "unread": unread}
        if not children:
            context["deep"] = list(deep[1:])
            ask = self._thread(key, (("comment", deep[0]), *_THREAD))
            return replace(ask, purpose="branch", context={**ask.context, **context})
        parameters = (("api_type", "json"), ("link_id", f"t3_{ident(key)}"), ("limit_children", "false"),
                      ("sort", "old"), _RAW, ("children", ",".join(children)))  # fmt: skip
        return self.ask(
            "/api/morechildren", "more", Stream.COMMENTS, parameters, listing=f"comments:{key}",
            context={**context, "key": key, "deep": list(deep), "children": children},
        )  # fmt: skip

    def _thread(self, key: str, parameters: Sequence[tuple[str, str]]) -> Ask:
        return self.ask(
            f"/comments/{ident(key)}", "comments", Stream.COMMENTS, parameters, listing=f"comments:{key}",
            context={"key": key},
        )  # fmt: skip

    # Single things.

    def known(self, keys: Sequence[str], *, look: bool) -> Iterator[Ask]:
        """Posts and comments by their ids, 100 at once."""
        for some in batches([key for key in keys if fullname(key) is not None], AT_ONCE):
            stream = Stream.POSTS if any(key.startswith("post/") for key in some) else Stream.COMMENTS
            ids = ",".join(fullname(key) or "" for key in some)
            ask = self.ask("/api/info", "info", stream, (("id", ids), _RAW), context={"asked": list(some)})
            yield looked_at(ask, some, self._about("about")) if look else ask

    def everybody(self, keys: Sequence[str]) -> Iterator[Ask]:
        """The same posts and comments as everybody sees them, where that can be asked for."""
        if self.apart:
            for ask in self.known(keys, look=False):
                yield replace(seen_by_everybody(ask), purpose="open")

    def open_profile(self) -> Iterator[Ask]:
        """The account itself as everybody sees it."""
        if self.apart:
            yield seen_by_everybody(self._about("open_profile"))

    def looks(self, records: Iterable[RecordRef]) -> Iterator[Ask]:
        """Ask directly for known records: posts and comments by their ids, and the account itself. Reddit has no
        question for one message, or one entry of the moderators' log."""
        wanted, settings = list[str](), list[str]()
        for ref in records:
            if ref.kind is RecordKind.PROFILE:
                yield self.profile()
            elif ref.key.startswith("comments/"):
                settings.append(ref.key.removeprefix("comments/"))
            else:
                wanted.append(ref.key)
        yield from self.known(wanted, look=True)
        yield from self.known([key for key in settings if key not in wanted], look=False)


def fullname(key: str) -> str | None:
    """What Reddit calls a thing, with its kind; None for what has no question of its own."""
    kind, _, identity = key.partition("/")
    return f"{KINDS[kind]}{identity}" if kind in KINDS and identity else None
