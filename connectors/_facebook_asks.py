"""The questions put to Facebook's Graph API for a Page. Pure.

Every one is signed with the Page's token, which shows more than strangers see, and an exchange is of one access class.
So lists are asked in two steps. First which things there are and who may see them, without a word of what they say
(an *index*, kept as private). Then their words: of what everybody sees in a question of its own, kept as public, and of
everything else (hidden comments, unpublished posts) in another, kept as private.

Paging stands in the parameters, everything else in the address, so that what is known of one question is not taken for
another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors import _facebook_fields as fields
from connectors._beside import in_order
from connectors._facebook_beside import (
    ELSEWHERE,
    OWN,
    VISITORS,
    Beside,
    beside_in,
    kind_of_post,
    other_comments,
    other_posts,
)
from connectors._facebook_live import STATUSES
from connectors._graph_asks import GraphAsks, edge_of, told
from connectors._graph_server import SERVER, address, batches
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    JSONValue,
    RecordRef,
    Stream,
    Sweep,
    SweepKind,
)
from connectors.sites import Site

SITE = "https://www.facebook.com"
_HOSTS = frozenset(
    {f"{part}{host}" for host in ("facebook.com", "fb.com") for part in ("", "www.", "m.", "web.", "mbasic.", "touch.")}
)
FACEBOOK = Site(SITE, _HOSTS, SERVER, peer="/facebook")
POST, COMMENT = "post", "comment"
#: Lists of posts: on which sweeps they are asked for.
LISTS: Mapping[str, frozenset[SweepKind]] = {
    "feed": frozenset({SweepKind.NEW, SweepKind.FULL}),
    "published_posts": frozenset({SweepKind.FULL}),
    "visitor_posts": frozenset({SweepKind.FULL}),
    "tagged": frozenset({SweepKind.NEW, SweepKind.FULL}),
    "scheduled_posts": frozenset({SweepKind.NEW, SweepKind.FULL}),
}
DRAFTS = "scheduled_posts"
_WITH_HIDDEN = frozenset({"feed", "published_posts", "visitor_posts"})
_POSTS_A_PAGE, _COMMENTS_A_PAGE, _OTHERS_A_PAGE = "50", "100", "50"
_WORDS_AT_ONCE = 25
"""By their ids: with attachments and reactions each is costly."""
_STREAM_OF = {POST: Stream.POSTS, COMMENT: Stream.COMMENTS}


@dataclass(frozen=True, slots=True)
class Asks(GraphAsks):
    """Builds the asks of one sweep of one Page. What it knows travels in the context of every ask."""

    open: bool = False
    """The Page is published: strangers see what it does not hide."""
    since: str = ""
    """Time of the last sweep: what was not touched since need not be looked into. Empty: look into everything."""
    messages: bool = True
    page_settings: bool = True
    live_videos: bool = True

    @classmethod
    def begin(
        cls, account: AccountRef, sweep: Sweep | None, *, messages: bool = True, settings: bool = True,
        live: bool = True,
    ) -> Asks:  # fmt: skip
        """For a sweep of an account; None: for direct looks."""
        site = account.url.rpartition("/")[0]
        kind = sweep.kind.value if sweep else "look"
        return cls(
            site, FACEBOOK.api_of(account.url), account.platform_id, kind, messages=messages, page_settings=settings,
            live_videos=live,
        )  # fmt: skip

    @classmethod
    def of(cls, ask: Ask) -> Asks:
        """For what follows from an ask."""
        known = ask.context
        site, server, account, sweep, since = told(ask, "site", "server", "account", "sweep", "since")
        return cls(
            site, server, account, sweep, known.get("open") is True, since,
            known.get("messages") is not False, known.get("page_settings") is not False,
            known.get("live_videos") is not False,
        )  # fmt: skip

    # The Page.

    def identify(self, name: str) -> Ask:
        """Whose name or number it is."""
        return self._ask(name, "identify", Stream.PROFILE, fields.IDENTITY)

    def gate(self, *, then: bool, at: str = "") -> Ask:
        """Whether the Page is published.

        Args:
            then: the first sweep goes on from its answer.
            at: when a sweep begins that looks at everything that was touched since the last one.
        """
        more: dict[str, JSONValue] = ({"then": True} if then else {}) | ({"at": at} if at else {})
        return self._ask(self.account, "gate", Stream.PROFILE, fields.GATE, access=AccessClass.PUBLIC, context=more)

    def page(self) -> Ask:
        """What the Page says of itself."""
        return self._ask(self.account, "page", Stream.PROFILE, fields.PAGE, access=self._seen(self.open))

    # Lists.

    def lists(self) -> Iterator[Ask]:
        """First pages of all lists of this sweep."""
        for edge, sweeps in LISTS.items():
            if self.sweep in sweeps:
                yield self._posts(edge)
        yield self.stories()
        if self.live_videos:
            more = (("broadcast_status", json.dumps(STATUSES, separators=(",", ":"))),)
            yield self._list("live_videos", Stream.POSTS, fields.LIVE, more=more)
        yield self._list("ratings", Stream.COMMENTS, fields.REVIEW)
        if self.messages:
            more = (("platform", "messenger"),)
            yield self._list("conversations", Stream.MESSAGES, fields.CONVERSATION, more=more)
        if self.page_settings and self.full:
            yield from self._settings()

    def _posts(self, edge: str) -> Ask:
        more = (("include_hidden", "true"),) if edge in _WITH_HIDDEN else ()
        return self._list(edge, Stream.POSTS, fields.POST_INDEX, more=more, context={"index": POST})

    def stories(self) -> Ask:
        """Stories that stand now: for a day."""
        return self._list(
            "stories", Stream.POSTS, fields.STORY, more=(("status", '["PUBLISHED"]'),), access=self._seen(self.open)
        )

    def story_file(self, key: str, medium: str, kind: str) -> Ask:
        """The picture or video of a story."""
        wanted = fields.STORY_FILES[kind]
        context = {"key": key, "kind": kind}
        return self._ask(medium, "story_file", Stream.POSTS, wanted, access=self._seen(self.open), context=context)

    def _settings(self) -> Iterator[Ask]:
        for edge, wanted in fields.SETTINGS.items():
            yield self._list(edge, Stream.SETTINGS, wanted, access=AccessClass.SETTINGS, size="500")

    def messages_of(self, conversation: str) -> Ask:
        """What was said in a conversation, newest first."""
        return self._list(
            f"{conversation}/messages", Stream.MESSAGES, fields.MESSAGE, purpose="messages",
            listing=f"messages:conversation/{conversation}", context={"thread": f"conversation/{conversation}"},
        )  # fmt: skip

    def comments(self, post: str, *, seen: bool) -> Ask:
        """Which comments stand under a post, at every level. ``seen``: everybody sees the post."""
        more = (
            ("filter", "stream"),
            ("order", "reverse_chronological"),
            ("live_filter", "no_filter"),
            ("summary", "true"),
        )
        return self._list(
            f"{post}/comments", Stream.COMMENTS, fields.COMMENT_INDEX, purpose="comments", more=more,
            listing=f"comments:post/{post}", size=_COMMENTS_A_PAGE,
            context={"index": COMMENT, "thread": f"post/{post}", "seen": seen},
        )  # fmt: skip

    # Known things, directly.

    def known(
        self, what: str, idents: Sequence[str], *, others: bool, comments: bool = False, thread: str | None = None,
        beside: Beside = (),
    ) -> Iterator[Ask]:  # fmt: skip
        """Which of these there are, and who may see them. One that is not there makes Facebook refuse all of them: then
        they are asked for in smaller parts, and at last alone (:meth:`look_at`).

        Args:
            others: they are of other people than the Page: a token may be allowed to read its own things only.
            comments: go on to their comments.
            thread: key of the post that they are under.
            beside: what else is known to be there (:mod:`connectors._facebook_beside`).
        """
        context: dict[str, JSONValue] = {"index": what, "others": others, "comments": comments}
        context |= {"thread": thread} if thread else {}
        context |= {"beside": [list(some) for some in beside]} if beside else {}
        for some in batches(idents):
            if len(some) == 1:
                yield self.look_at(what, some[0], context)
                continue
            asked = (("ids", ",".join(some)), ("fields", fields.INDEX[what]))
            yield self._asked("", f"known_{what}s", _STREAM_OF[what], asked, context={**context, "ids": list(some)})

    def look_at(self, what: str, identity: str, context: Mapping[str, JSONValue]) -> Ask:
        """One known thing, beside a control of the same kind that the same permission is needed for: Facebook says the
        same of what is not there and of what a token may not read."""
        kept = {name: value for name, value in context.items() if name in ("index", "others", "comments", "thread")}
        return self._ask(
            identity, f"look_{what}", _STREAM_OF[what], fields.LOOK[what],
            context={**kept, "look": [f"{what}/{identity}"]}, control=self._control(what, context),
        )  # fmt: skip

    def _control(self, what: str, context: Mapping[str, JSONValue]) -> Ask | None:
        """Other things that are known to be there, by their ids as well, one after the other until one is. Where none
        of them is: comments that a list names, by their ids. Of posts: where none is known, what a list shows."""
        known = list(self.beside(what, beside_in(context.get("beside"))))
        if what == COMMENT:
            return in_order([*known, self._others])
        return in_order(known or [self._visitors if context.get("others") else self._own])

    def beside(self, what: str, beside: Beside) -> Iterator[Ask]:
        """That things are there, by their ids."""
        for some in beside:
            asked = (("ids", ",".join(some)), ("fields", fields.BESIDE))
            yield self._asked("", "beside", _STREAM_OF[what], asked, context={"beside": list(some)})

    @property
    def _own(self) -> Ask:
        """That the token still shows something that the Page said."""
        return self._list("published_posts", Stream.POSTS, "id", purpose="own", listing=None, size="1")

    @property
    def _visitors(self) -> Ask:
        """That the token still shows what visitors wrote on the Page."""
        return self._list("visitor_posts", Stream.POSTS, fields.BESIDE, purpose="visitors", listing=None, size="25")

    @property
    def _others(self) -> Ask:
        """Which comments of other people there are, to ask for them by their ids."""
        return self._list("feed", Stream.COMMENTS, fields.OTHERS, purpose="others", listing=None, size="25")

    def looks(self, records: Iterable[RecordRef], beside: Sequence[RecordRef] = ()) -> Iterator[Ask]:
        """Ask directly for known records, beside others that are known to be there. What has no address of its own
        (reviews, messages, settings), what goes by itself (stories) and what was never published is not asked for, and
        nothing is ever said of its absence; nor is a post elsewhere while no other such post is known: that the Page
        is named in it no longer is reason enough not to be shown it."""
        posts: dict[str, list[str]] = {OWN: [], VISITORS: [], ELSEWHERE: []}
        comments: dict[str | None, list[str]] = {}
        for ref in records:
            kind, _, identity = ref.key.partition("/")
            if kind == POST:
                posts[kind_of_post(ref, self.account)].append(identity)
            elif kind == COMMENT:
                comments.setdefault(ref.thread, []).append(identity)
        for kind, idents in posts.items():
            others = other_posts(kind, beside, self.account)
            if kind != ELSEWHERE or others:
                yield from self.known(POST, idents, others=kind != OWN, beside=others)
        others = other_comments(beside, self.account)
        for thread, idents in comments.items():
            yield from self.known(COMMENT, idents, others=True, thread=thread, beside=others)

    # Words.

    def words_of_page(self, index: Ask, idents: Sequence[str], *, seen: bool) -> Ask:
        """The words of all that a page of an index named, as the same page of the same list."""
        what = str(index.context.get("index"))
        before, _, after = index.url.partition("fields=")
        rest = after.partition("&")[2]
        wanted = address("", "", (("fields", fields.WORDS[what]),)).partition("?")[2]
        context = {"words": what, "ids": list(idents)} | self._place(index)
        return Ask(
            url=f"{before}{wanted}{f'&{rest}' if rest else ''}",
            stream=index.stream,
            purpose=f"{what}_words",
            parameters=index.parameters,
            access=self._seen(seen),
            authorise="required",
            context=self._context(context),
        )

    def words_of(self, index: Ask, idents: Sequence[str], *, seen: bool) -> Iterator[Ask]:
        """The words of some things by their ids."""
        what = str(index.context.get("index") or index.context.get("words"))
        for some in batches(idents, _WORDS_AT_ONCE):
            context = {"words": what, "ids": list(some)} | self._place(index)
            asked = (("ids", ",".join(some)), ("fields", fields.WORDS[what]))
            yield self._asked(
                "", f"{what}s_by_id", _STREAM_OF[what], asked, access=self._seen(seen), context=context
            )  # fmt: skip

    @staticmethod
    def _place(index: Ask) -> dict[str, JSONValue]:
        """Where in the account it stands: under which post, or among what was never published."""
        found = {name: index.context[name] for name in ("thread", "drafts", "seen") if name in index.context}
        return found | ({"drafts": True} if index.purpose == DRAFTS else {})

    # Parts.

    def _seen(self, everybody: bool) -> AccessClass:
        return AccessClass.PUBLIC if everybody else AccessClass.PRIVATE

    def _list(
        self, edge: str, stream: Stream, wanted: str, *, more: Sequence[tuple[str, str]] = (), size: str | None = None,
        **rest: Any,
    ) -> Ask:  # fmt: skip
        limit = size or (_POSTS_A_PAGE if stream is Stream.POSTS else _OTHERS_A_PAGE)
        rest = {"purpose": edge, "listing": edge} | rest
        asked = (*((("fields", wanted),) if wanted else ()), *more, ("limit", limit))
        return self._asked(edge_of(self.account, edge), rest.pop("purpose"), stream, asked, **rest)

    def _more(self) -> Mapping[str, JSONValue]:
        known: dict[str, JSONValue] = {"open": True} if self.open else {}
        known |= {"since": self.since} if self.since else {}
        return known | {name: False for name in ("messages", "page_settings", "live_videos") if not getattr(self, name)}

    def opened(self, published: bool) -> Asks:
        """The same, once it is known whether the Page is published."""
        return replace(self, open=published)
