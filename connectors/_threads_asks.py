"""The questions put to Meta's Threads API for an account, with its own token. Pure.

The account's lists mix what everybody sees with what it alone is shown: replies that it hides, ghost posts that are
over. An exchange is of one access class, so they are asked for in two steps, as on Facebook and Instagram. First which
things there are and who sees them, without a word of what they say (an *index*, kept as private). Then their words: of
what everybody sees as public, of everything else as private. The API takes one id at a time, so where all of a page is
seen by the same, its words are asked for as the same page of the same list, and else one by one.

Paging stands in the parameters, everything else in the address, so that what is known of one question is not taken for
another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from connectors import _threads_fields as fields
from connectors._beside import in_order
from connectors._graph_asks import GraphAsks, number_of, told
from connectors._graph_beside import of_others
from connectors._graph_server import with_fields
from connectors.contract import AccessClass, AccountRef, Ask, JSONValue, RecordKind, RecordRef, Stream, Sweep, SweepKind
from connectors.sites import Site

SITE, SERVER = "https://www.threads.com", "https://graph.threads.net"
VERSION = "v1.0"
_HOSTS = frozenset({"threads.com", "www.threads.com", "threads.net", "www.threads.net"})
THREADS = Site(SITE, _HOSTS, SERVER, peer="/threads")
MEDIA, POST, REPLY, MENTION = "media", "post", "reply", "mention"
_A_PAGE, _FIRST_PAGE = "25", "10"
_MOST_HIDDEN = 1000
"""So many hidden replies of one post are carried from page to page; of one with more nothing further is public."""
_SOME = 5
"""Among the answers to so many other posts somebody is looked for whose reply can be read."""
_PRIVATE, _PUBLIC = AccessClass.PRIVATE, AccessClass.PUBLIC
_ABOUT = {POST: Stream.POSTS, MENTION: Stream.POSTS, REPLY: Stream.COMMENTS}
Hidden = Collection[str] | bool
"""Ids of replies that not everybody sees; True: too many to name."""


@dataclass(frozen=True, slots=True)
class Asks(GraphAsks):
    """Builds the asks of one sweep of one account. What it knows travels in the context of every ask."""

    version: ClassVar[str] = VERSION

    open: bool = True
    """Everybody sees the profile."""
    approvals: bool = True
    """Replies that wait for approval are asked for."""

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None, *, open: bool = True, approvals: bool = True) -> Asks:
        """For a sweep of an account; None: for direct looks."""
        site, kind = account.url.rpartition("/")[0], sweep.kind.value if sweep else "look"
        return cls(site, THREADS.api_of(account.url), account.platform_id, kind, open, approvals)

    @classmethod
    def of(cls, ask: Ask) -> Asks:
        """For what follows from an ask."""
        closed, unasked = (ask.context.get(name) is False for name in ("open", "approvals"))
        site, server, account, sweep = told(ask, "site", "server", "account", "sweep")
        return cls(site, server, account, sweep, not closed, not unasked)

    @property
    def new(self) -> bool:
        return self.sweep == SweepKind.NEW

    # The account.

    def identify(self, name: str) -> Ask:
        """Which account the token speaks for. It must be the one that was named."""
        return self._ask("me", "identify", Stream.PROFILE, fields.ACCOUNT, context={"name": name})

    def profile(self) -> Ask:
        """What the account says of itself."""
        return self._ask(self.account, "profile", Stream.PROFILE, fields.PROFILE, access=self._class(seen=True))

    # Lists.

    def lists(self, newest: JSONValue = None, mentioned: JSONValue = None) -> Iterator[Ask]:
        """First pages of all lists of the account. ``newest``: the newest reply to each of its newest posts, when those
        were last asked for; ``mentioned``: time of the newest mention then."""
        known = {"newest": dict(newest)} if self.new and isinstance(newest, Mapping) else {}
        since = {"since": mentioned} if self.new and isinstance(mentioned, str) else {}
        yield self._index("threads", POST, size=_A_PAGE, purpose="posts", **known)
        yield self._index("ghost_posts", POST)
        yield self._index("replies", REPLY, purpose="own_replies")
        yield self._index("mentions", MENTION, **since)

    def _index(self, edge: str, what: str, *, size: str = "", purpose: str = "", **context: JSONValue) -> Ask:
        return self._list(
            f"{self.account}/{edge}", purpose or edge, _ABOUT[what], fields.INDEXES[what],
            size=size or (_FIRST_PAGE if self.new else _A_PAGE), listing=edge, context={"index": what, **context},
        )  # fmt: skip

    def peek(self, post: str, left: Sequence[str], told: Mapping[str, str], known: Mapping[str, str]) -> Ask:
        """The newest reply to a post: where it is another one than ``known``, all of them are asked for. Nothing else
        says that somebody answered. ``left``: posts to look at next; ``told``: what was seen so far."""
        context = {"post": post, "left": list(left), "told": dict(told), "newest": dict(known)}
        return self._list(
            f"{post}/conversation", "peek", Stream.COMMENTS, fields.PEEK, more=(("reverse", "true"),), size="1",
            context=context,
        )  # fmt: skip

    def replies_of(self, post: str) -> Ask:
        """What stands under a post: first what waits for approval, which must not be taken for public, if the list of
        all replies should hold it."""
        if not self.approvals:
            return self.conversation(post)
        return self._list(
            f"{post}/pending_replies", "pending", Stream.COMMENTS, fields.PENDING, more=(("reverse", "false"),),
            listing=_replies(post), context={"thread": f"{MEDIA}/{post}", "hidden": []},
        )  # fmt: skip

    def conversation(self, post: str, hidden: Hidden = ()) -> Ask:
        """Which replies stand under a post, at every level, oldest first: what one answers comes before it. ``hidden``:
        replies that nobody else sees yet."""
        return self._list(
            f"{post}/conversation", "conversation", Stream.COMMENTS, fields.REPLY_INDEX, more=(("reverse", "false"),),
            listing=_replies(post),
            context={"index": REPLY, "thread": f"{MEDIA}/{post}", "hidden": carried(hidden)},
        )  # fmt: skip

    # Words.

    def words_of_page(self, index: Ask, idents: Sequence[str], *, seen: bool) -> Ask:
        """The words of all that a page of an index named, as the same page of the same list."""
        what = str(index.context.get("index"))
        context = {"words": what, "ids": list(idents)} | _place(index)
        return Ask(
            url=with_fields(index.url, fields.WORDS[what]),
            stream=index.stream,
            purpose="words",
            parameters=index.parameters,
            access=self._class(seen=seen),
            authorise="required",
            context=self._context(context),
        )

    def words_of(self, index: Ask, what: str, idents: Iterable[str], *, seen: bool) -> Iterator[Ask]:
        """The words of some things, one by one."""
        context: dict[str, JSONValue] = {"words": what} | _place(index)
        if index.listing is not None and what != MENTION:
            context |= {"page": index.url, "at": [list(pair) for pair in index.parameters]}
        for one in idents:
            yield self._ask(
                one, "word", _ABOUT[what], fields.WORDS[what], access=self._class(seen=seen), context=context
            )

    def page_of(self, word: Ask) -> Iterator[Ask]:
        """The page that named a thing which cannot be read by its id, in private: what else is on it, not everybody
        sees."""
        page, at = word.context.get("page"), word.context.get("at")
        if not isinstance(page, str) or not isinstance(at, list | tuple):
            return
        what = str(word.context.get("words"))
        yield Ask(
            url=with_fields(page, fields.WORDS[what]),
            stream=word.stream,
            purpose="words",
            parameters=tuple((str(name), str(value)) for name, value in at),
            access=_PRIVATE,
            authorise="required",
            context=self._context({"words": what} | _place(word)),
        )

    def root(self, post: str, mentions: Sequence[str]) -> Ask:
        """Whether the post that such replies stand under is the account's own: then they are asked for there."""
        return self._ask(post, "root", Stream.POSTS, fields.ROOT, context={"ids": list(mentions)})

    # Known things, directly.

    def watched(self, threads: Sequence[RecordRef]) -> Iterator[Ask]:
        """Known posts again, with all replies to them. On a full sweep a list of their own shows the posts."""
        for post in (number_of(ref) for ref in threads if ref.key.startswith(f"{MEDIA}/")):
            yield self.replies_of(post) if self.full else self._look_at_post(post, replies=True)

    def _look_at_post(self, post: str, *, replies: bool = False) -> Ask:
        """One known post, beside a control: Meta says the same of what is not there and of what a token may not see."""
        context = {"look": [f"{MEDIA}/{post}"], "index": POST} | ({"replies": True} if replies else {})
        return self._ask(post, "known_post", Stream.POSTS, fields.POST_INDEX, context=context, control=self._own)

    def looks(self, records: Iterable[RecordRef], beside: Iterable[RecordRef] = ()) -> Iterator[Ask]:
        """Ask directly for known records, replies beside others that are known to be there. What has no address of its
        own (settings) or stands elsewhere (mentions) is not asked for, and nothing is ever said of its absence."""
        known = list(self.beside(of_others(beside, self.account)))
        for ref in records:
            if not ref.key.startswith(f"{MEDIA}/"):
                continue
            if ref.kind is not RecordKind.COMMENT:
                yield self._look_at_post(number_of(ref))
            elif ref.thread is None:  # under somebody else's post, so it is the account's own
                yield self._look_at_reply(ref, [self._own])
            else:
                yield self._look_at_reply(ref, [*known, self.witness(ref.thread.partition("/")[2])])

    def witness(self, post: str, left: Sequence[str] | None = None) -> Ask:
        """Which replies of others stand under ``post``, to ask for them by their ids. ``left``: posts to look under
        next; None: not known yet."""
        context: dict[str, JSONValue] = {"post": post} | ({} if left is None else {"left": list(left)})
        return self._list(
            f"{post}/conversation", "witness", Stream.COMMENTS, fields.WITNESS, more=(("reverse", "true"),),
            context=context,
        )  # fmt: skip

    def answered(self, post: str) -> Ask:
        """Which other posts of the account have replies."""
        context = {"post": post, "most": _SOME}
        return self._list(f"{self.account}/threads", "answered", Stream.COMMENTS, fields.ANSWERED, context=context)

    def beside(self, replies: Iterable[str]) -> Iterator[Ask]:
        """That replies of others are there, each by its id."""
        for one in replies:
            yield self._ask(one, "beside", Stream.COMMENTS, fields.WITNESS, context={"reply": one})

    def _look_at_reply(self, ref: RecordRef, controls: Sequence[Ask]) -> Ask:
        """One known reply: is it there? Its words the list of its post brings."""
        context = {"look": [ref.key], "index": REPLY} | ({} if ref.thread is None else {"thread": ref.thread})
        return self._ask(
            number_of(ref), "known_reply", Stream.COMMENTS, fields.REPLY_INDEX, context=context,
            control=in_order(controls),
        )  # fmt: skip

    @property
    def _own(self) -> Ask:
        """That the token still shows something that the account wrote."""
        return self._list(f"{self.account}/threads", "own", Stream.POSTS, "id", size="1")

    # Parts.

    def _list(
        self, path: str, purpose: str, stream: Stream, wanted: str, *, more: Sequence[tuple[str, str]] = (),
        size: str = _A_PAGE, **rest: Any,
    ) -> Ask:  # fmt: skip
        return self._asked(path, purpose, stream, (("fields", wanted), *more, ("limit", size)), **rest)

    def _class(self, *, seen: bool) -> AccessClass:
        return _PUBLIC if seen and self.open else _PRIVATE

    def _more(self) -> Mapping[str, JSONValue]:
        return {name: False for name in ("open", "approvals") if not getattr(self, name)}


def carried(hidden: Hidden) -> JSONValue:
    """As it travels from page to page."""
    if isinstance(hidden, bool):
        return True if hidden else []
    return True if len(hidden) > _MOST_HIDDEN else sorted(hidden)


def _place(index: Ask) -> dict[str, JSONValue]:
    """Where things stand: under which post, and beside which hidden ones."""
    return {name: index.context[name] for name in ("thread", "hidden") if name in index.context}


def _replies(post: str) -> str:
    return f"comments:{MEDIA}/{post}"
