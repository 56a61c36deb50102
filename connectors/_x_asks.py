"""The questions put to the X API v2. Pure.

Every one of them is signed: with an app-only token, which is shown what strangers see, and public; or with a token of a
user, which may be shown what nobody else sees (protected accounts, messages), so that all of it is kept as private.

What tells two questions apart stands in the URL, and only the page token beside it, so that what is known of one is not
taken for another. X counts and bills what it returns, not the questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from connectors._x_spare import query_of, spare_of, without
from connectors._x_values import ID
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    Bookmark,
    JSONValue,
    RecordKind,
    RecordRef,
    Stream,
    Sweep,
    SweepKind,
)
from connectors.sites import Site

SITE = "https://x.com"
SERVER = "https://api.x.com"
_HOSTS = frozenset(
    f"{before}{domain}" for domain in ("x.com", "twitter.com") for before in ("", "www.", "mobile.", "m.")
)
ON_X = Site(SITE, _HOSTS, SERVER, peer="/x.com")
AT_ONCE = 100
"""Most posts looked up in one question."""
SEARCHED = timedelta(days=7)
"""How far back a search reaches."""
KEPT = timedelta(days=30)
"""How far back messages are given."""
MARGIN = timedelta(hours=1)
"""By how much less than that is relied on."""
LISTED: Mapping[str, int] = {"posts": 3200, "mentions": 800}
"""Most entries that X gives of a list, from the newest."""
_POST = (
    "article,article_title,attachments,card_uri,community_id,conversation_id,created_at,display_text_range,"
    "edit_controls,entities,geo,lang,media_metadata,note_post,paid_partnership,possibly_sensitive,public_metrics,"
    "reply_settings,scopes,source,text,withheld"
)
_EXPANDED = (
    "attachments.media_keys,attachments.poll_ids,author_id,edit_history_post_ids,geo.place_id,in_reply_to_user_id,"
    "referenced_posts"
)
_USER = (
    "created_at,description,entities,is_identity_verified,location,name,parody,profile_banner_url,profile_image_url,protected,public_metrics,url,"
    "username,verified_type,withheld"
)
_WHO = "description,location,name,protected,username,withheld"
"""No more than what a profile cannot be read without: of a control, and where only an answer as such counts."""
_POSTS = (
    ("post.fields", _POST),
    ("expansions", _EXPANDED),
    ("user.fields", "name,username"),
    ("media.fields", "alt_text,duration_ms,height,media_key,preview_image_url,type,url,variants,width"),
    ("poll.fields", "duration_minutes,end_datetime,id,options,voting_status"),
    ("place.fields", "country_code,full_name,geo,id,name,place_type"),
)
_MESSAGES = (
    ("dm_event.fields", "attachments,created_at,dm_conversation_id,entities,event_type,id,text"),
    ("expansions", "sender_id"),
    ("user.fields", "name,username"),
)
#: What is said under these is not said to the account.
_ALONE = (RecordKind.SHARE, RecordKind.MENTION)


@dataclass(frozen=True, slots=True)
class Asks:
    """Builds the asks of one sweep of one account. What it knows travels in the context of every ask."""

    site: str
    server: str
    account: str
    sweep: str
    owner: bool = False
    """Signed with a token of a user."""
    cap_day: int | None = None
    """On which day of the month the allowance is renewed, where X said so."""
    without: tuple[str, ...] = ()
    """Fields that X refused (:mod:`connectors._x_spare`)."""

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None, known: Bookmark | None = None) -> Asks:
        """For a sweep of an account; None: for direct looks."""
        site, day = account.url.rpartition("/")[0], (known or {}).get("cap_day")
        kind = sweep.kind.value if sweep else "look"
        server, cap_day = ON_X.api_of(account.url), day if isinstance(day, int) else None
        return cls(site, server, account.platform_id, kind, account.authorised, cap_day)

    @classmethod
    def of(cls, ask: Ask) -> Asks:
        """For what follows from an ask."""
        known = ask.context
        site, server, account, sweep = (str(known.get(name, "")) for name in ("site", "server", "account", "sweep"))
        day = known.get("cap_day")
        cap_day = day if isinstance(day, int) else None
        return cls(site, server, account, sweep, known.get("owner") is True, cap_day, without(ask))

    @property
    def full(self) -> bool:
        return self.sweep == SweepKind.FULL

    @property
    def counts(self) -> bool:
        """Whether X says how often a post was answered and quoted. Else that is asked for without knowing."""
        return "post.fields: public_metrics" not in self.without

    # Who it is.

    def identify(self, handle: str) -> Ask:
        """Whose account an address is."""
        path = f"users/by/username/{quote(handle, safe='')}"
        return self._ask(path, "identify", Stream.PROFILE, (("user.fields", _WHO),))

    def profile(self) -> Ask:
        """The account itself. X says of one that is away that it is; no control read is needed."""
        ask = self._profile(_USER)
        return replace(ask, context={**ask.context, "look": [f"user/{self.account}"]})

    def _profile(self, wanted: str) -> Ask:
        return self._ask(f"users/{self.account}", "profile", Stream.PROFILE, (("user.fields", wanted),))

    def me(self, settings: Sequence[str] = ()) -> Ask:
        """Whose token it is: messages, and lists of ``settings``, are asked for only where it is the account's own."""
        more = {"settings": list(settings)} if settings else {}
        return self._ask("users/me", "me", Stream.MESSAGES, (("user.fields", "name,username"),), context=more)

    def people(self, purpose: str) -> Ask:
        """Whom the account blocks (``blocking``) or mutes (``muting``)."""
        path, asked = f"users/{self.account}/{purpose}", (("max_results", "1000"), ("user.fields", "username"))
        return replace(self._ask(path, purpose, Stream.SETTINGS, asked, listing=purpose), access=AccessClass.SETTINGS)

    def usage(self) -> Ask:
        """On which day of the month the app's allowance is renewed."""
        return self._ask("usage/tweets", "usage", Stream.PROFILE, ())

    # Lists.

    def listing(self, purpose: str, since: JSONValue) -> Ask:
        """``posts`` or ``mentions``: on a *new* sweep those after what is known, else from the top to the end."""
        path = {"posts": "tweets", "mentions": "mentions"}[purpose]
        after = isinstance(since, str) and ID.fullmatch(since) is not None and not self.full
        more = (("since_id", str(since)),) if after else ()
        stream = Stream.POSTS if purpose == "posts" else Stream.COMMENTS
        context = {"after": since} if after else {}
        parameters = (("max_results", "100"), *more, *_POSTS)
        return self._ask(
            f"users/{self.account}/{path}", purpose, stream, parameters, listing=purpose, context=context
        )  # fmt: skip

    def conversation(self, key: str) -> Ask:
        """What was said under a post of the account in the last seven days, at any depth."""
        parameters = (("query", f"conversation_id:{_ident(key)}"), ("max_results", "100"), *_POSTS)
        return self._ask(
            "tweets/search/recent", "conversation", Stream.COMMENTS, parameters, listing=f"conversation:{key}",
            context={"key": key},
        )  # fmt: skip

    def quotes(self, key: str) -> Ask:
        """Who quotes a post. Of several posts these are no one list, so absence from it means nothing."""
        parameters = (("max_results", "100"), *_POSTS)
        return self._ask(f"tweets/{_ident(key)}/quote_tweets", "quotes", Stream.COMMENTS, parameters, listing="quotes")

    def messages(self) -> Ask:
        """Messages of the last thirty days."""
        parameters = (("max_results", "100"), ("event_types", "MessageCreate"), *_MESSAGES)
        return self._ask("dm_events", "messages", Stream.MESSAGES, parameters, listing="messages")

    # Single posts and messages.

    def versions(self, identities: Sequence[str]) -> Iterator[Ask]:
        """Versions of posts that another answer named and did not show."""
        for some in _batches(identities):
            yield self._posts(some, "versions", {})

    def look(self, refs: Sequence[RecordRef], *, singly: bool = False) -> Iterator[Ask]:
        """Known posts directly, 100 at once, beside the account as control."""
        for some in _batches(refs, 1 if singly else AT_ONCE):
            context = {"look": [ref.key for ref in some], "kinds": [ref.kind.value for ref in some]}
            stream = Stream.POSTS if any(ref.kind is RecordKind.POST for ref in some) else Stream.COMMENTS
            ask = self._posts([_ident(ref.key) for ref in some], "look", context, stream)
            yield replace(ask, control=self._profile(_WHO))

    def _posts(
        self, identities: Sequence[str], purpose: str, context: Mapping[str, JSONValue], stream: Stream = Stream.POSTS
    ) -> Ask:
        return self._ask("tweets", purpose, stream, (("ids", ",".join(identities)), *_POSTS), context=context)

    def message(self, key: str) -> Ask:
        """One known message directly, beside the token's user as control."""
        context = {"look": [key]}
        path = f"dm_events/{_ident(key)}"
        return self._ask(path, "message", Stream.MESSAGES, _MESSAGES, context=context, control=self.me())

    def looks(self, records: Iterable[RecordRef]) -> Iterator[Ask]:
        """Ask directly for known records, each kind its own way."""
        posts = []
        for ref in records:
            kind, _, identity = ref.key.partition("/")
            if ref.kind is RecordKind.PROFILE:
                yield self.profile()
            elif kind == "post" and ID.fullmatch(identity):
                posts.append(ref)
            elif kind == "dm" and ID.fullmatch(identity) and self.owner:
                yield self.message(ref.key)
        yield from self.look(posts)

    def watched(self, threads: Iterable[RecordRef]) -> Iterator[Ask]:
        """Known threads again: their first posts, and what is said under those of the account."""
        known = [ref for ref in threads if ref.key.startswith("post/") and ID.fullmatch(_ident(ref.key))]
        own = [ref for ref in known if ref.kind not in _ALONE]
        yield from self.look(own)
        yield from (self.conversation(ref.key) for ref in own)
        # One by one, since an answer of several posts is a look at no one thread.
        yield from self.look([ref for ref in known if ref.kind in _ALONE], singly=True)

    def _ask(
        self, path: str, purpose: str, stream: Stream, parameters: tuple[tuple[str, str], ...], **more: Any
    ) -> Ask:
        context = {"site": self.site, "server": self.server, "account": self.account, "sweep": self.sweep}
        given: dict[str, JSONValue] = {"owner": True} if self.owner else {}
        given |= {} if self.cap_day is None else {"cap_day": self.cap_day}
        given |= {"without": list(self.without)} if self.without else {}
        asked = spare_of(parameters, self.without)
        query = f"?{query_of(asked)}" if asked else ""
        return Ask(
            url=f"{self.server}/2/{path}{query}",
            stream=stream,
            purpose=purpose,
            access=AccessClass.PRIVATE if self.owner else AccessClass.PUBLIC,
            authorise="required" if self.owner else "if_possible",
            listing=more.get("listing"),
            context=context | given | dict(more.get("context") or {}),
            control=more.get("control"),
        )


def with_page(ask: Ask, token: str, **context: JSONValue) -> Ask:
    """The page of the same list that a token names."""
    return replace(ask, parameters=(("pagination_token", token),), context={**ask.context, **context})


def _ident(key: str) -> str:
    return key.partition("/")[2]


def _batches(found: Sequence[Any], size: int = AT_ONCE) -> Iterator[Sequence[Any]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]
