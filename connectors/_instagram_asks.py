"""The questions put to Meta's Graph API for a professional account on Instagram. Pure.

Every one is signed with the token of the Page that the account is linked to. What the account published everybody sees,
and is asked for at once. Only its comments mix what everybody sees with what the account alone is shown (comments that
it hides), and an exchange is of one access class: so they are asked for in two steps, as on Facebook. First which there
are and which of them are hidden, without a word of what they say (an *index*, kept as private). Then their words: of
what everybody sees as public, of everything else as private.

Paging stands in the parameters, everything else in the address, so that what is known of one question is not taken for
another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors import _instagram_fields as fields
from connectors._beside import in_order
from connectors._graph_asks import GraphAsks, edge_of, number_of, told
from connectors._graph_beside import of_others
from connectors._graph_fields import CONVERSATION, MESSAGE
from connectors._graph_server import SERVER, batches, with_fields
from connectors.contract import AccessClass, AccountRef, Ask, JSONValue, RecordRef, Stream, Sweep
from connectors.sites import Site

SITE = "https://www.instagram.com"
_HOSTS = frozenset({"instagram.com", "www.instagram.com", "m.instagram.com"})
INSTAGRAM = Site(SITE, _HOSTS, SERVER, peer="/instagram")
MEDIA, COMMENT = "media", "comment"
_A_PAGE = "50"
_MEDIA_AT_ONCE, _WORDS_AT_ONCE = 25, 50
_PRIVATE = AccessClass.PRIVATE


@dataclass(frozen=True, slots=True)
class Asks(GraphAsks):
    """Builds the asks of one sweep of one account. What it knows travels in the context of every ask."""

    handle: str = ""
    since: str = ""
    """Time of the last look at the conversations: what was not written in since need not be looked into. Empty: look
    into everything."""
    messages: bool = True

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None, *, since: JSONValue = None, messages: bool = True) -> Asks:
        """For a sweep of an account; None: for direct looks."""
        site, kind = account.url.rpartition("/")[0], sweep.kind.value if sweep else "look"
        since = since if isinstance(since, str) else ""
        return cls(site, INSTAGRAM.api_of(account.url), account.platform_id, kind, account.handle, since, messages)

    @classmethod
    def of(cls, ask: Ask) -> Asks:
        """For what follows from an ask."""
        site, server, account, sweep, handle, since = told(ask, "site", "server", "account", "sweep", "handle", "since")
        return cls(site, server, account, sweep, handle, since, ask.context.get("messages") is not False)

    # The account.

    def identify(self, name: str) -> Ask:
        """Which account the token speaks for. It must be the one that was named."""
        return self._ask("me", "identify", Stream.PROFILE, fields.LINKED, context={"name": name})

    def profile(self) -> Ask:
        """What the account says of itself."""
        return self._ask(self.account, "profile", Stream.PROFILE, fields.PROFILE, access=AccessClass.PUBLIC)

    # Lists.

    def lists(self, at: str, counts: JSONValue = None) -> Iterator[Ask]:
        """First pages of all lists of this sweep, which began ``at``. ``counts``: how many comments the newest posts
        had when those were last asked for."""
        yield self.media_list()
        if not self.full:
            yield self._counts(counts if isinstance(counts, Mapping) else {})
        yield self.stories()
        yield self._list("tags", Stream.POSTS, fields.TAGGED, access=AccessClass.PUBLIC)
        if self.messages:
            yield self._ask("me", "inbox", Stream.MESSAGES, fields.LINKED, context={"at": at})

    def media_list(self) -> Ask:
        """What the account published, newest first."""
        return self._list("media", Stream.POSTS, fields.MEDIA, access=AccessClass.PUBLIC)

    def _counts(self, known: Mapping[str, JSONValue]) -> Ask:
        """How many comments the newest posts have: where the number is another one, they are asked for. Nothing else
        says that somebody commented."""
        return self._list(
            "media", Stream.COMMENTS, fields.COUNTS, purpose="counts", listing=None, access=AccessClass.PUBLIC,
            context={"counts": dict(known)},
        )  # fmt: skip

    def stories(self) -> Ask:
        """Stories that stand now: for a day."""
        return self._list("stories", Stream.POSTS, fields.STORY, access=AccessClass.PUBLIC)

    def conversations(self, page: str, at: str) -> Ask:
        """Who writes to the account. They are listed for its Page, which is known to be of this account."""
        more = (("platform", "instagram"),)
        return self._list(
            f"{page}/conversations", Stream.MESSAGES, CONVERSATION, purpose="conversations", listing="conversations",
            more=more, context={"at": at},
        )  # fmt: skip

    def messages_of(self, conversation: str) -> Ask:
        """What was said in a conversation, newest first."""
        return self._list(
            f"{conversation}/messages", Stream.MESSAGES, MESSAGE, purpose="messages",
            listing=f"messages:conversation/{conversation}", context={"thread": f"conversation/{conversation}"},
        )  # fmt: skip

    def comments(self, media: str, *, allowed: bool = True) -> Ask:
        """Which comments stand under a post, with what answers them. ``allowed``: it takes comments; if not, nobody
        says whether those it has are still listed."""
        off: dict[str, JSONValue] = {} if allowed else {"off": True}
        return self._list(
            f"{media}/comments", Stream.COMMENTS, fields.with_replies(fields.COMMENT_INDEX), purpose="comments",
            listing=f"comments:media/{media}", context={"index": COMMENT, "thread": f"media/{media}", **off},
        )  # fmt: skip

    def replies(self, comment: str, thread: str, *, hidden: bool, incomplete: bool = False) -> Ask:
        """Which answers stand under one comment, where they are too many to stand inside it: they belong to the list
        of all comments under the post. ``hidden``: the comment is, and they with it. ``incomplete``: that list is."""
        more: dict[str, JSONValue] = {"off": True} if incomplete else {}
        return self._list(
            f"{comment}/replies", Stream.COMMENTS, fields.COMMENT_INDEX, purpose="replies",
            listing=f"comments:{thread}",
            context={"index": COMMENT, "thread": thread, "under": comment, "under_hidden": hidden, **more},
        )  # fmt: skip

    # Known things, directly.

    def watched(self, threads: Sequence[RecordRef]) -> Iterator[Ask]:
        """Known posts again, with all their comments."""
        yield from self.known_media(
            [number_of(ref) for ref in threads if ref.key.startswith(f"{MEDIA}/")], comments=True
        )

    def known_media(self, idents: Sequence[str], *, comments: bool = False) -> Iterator[Ask]:
        """Known posts. One that is not there makes Meta refuse all of them: then they are asked for in smaller parts,
        and at last alone."""
        context: dict[str, JSONValue] = {"comments": True} if comments else {}
        for some in batches(idents, _MEDIA_AT_ONCE):
            if len(some) == 1:
                yield self.look_at_media(some[0], comments=comments)
                continue
            asked = (("ids", ",".join(some)), ("fields", fields.MEDIA))
            more = {**context, "ids": list(some)}
            yield self._asked("", "known_media", Stream.POSTS, asked, access=AccessClass.PUBLIC, context=more)

    def look_at_media(self, identity: str, *, comments: bool = False) -> Ask:
        """One known post, beside a control: Meta says the same of what is not there and of what a token may not see."""
        context: dict[str, JSONValue] = {"look": [f"{MEDIA}/{identity}"]} | ({"comments": True} if comments else {})
        return self._ask(
            identity, "look_media", Stream.POSTS, fields.MEDIA, access=AccessClass.PUBLIC, context=context,
            control=self._own,
        )  # fmt: skip

    def looks(self, records: Iterable[RecordRef], beside: Iterable[RecordRef] = ()) -> Iterator[Ask]:
        """Ask directly for known records, comments beside others that are known to be there. What goes by itself
        (stories), has no address of its own (messages) or is somebody else's (tags) is not asked for, and nothing is
        ever said of its absence."""
        media: list[str] = []
        comments: dict[str, list[str]] = {}
        for ref in records:
            if ref.key.startswith(f"{MEDIA}/"):
                media.append(number_of(ref))
            elif ref.key.startswith(f"{COMMENT}/") and (ref.thread or "").startswith(f"{MEDIA}/"):
                comments.setdefault(str(ref.thread), []).append(number_of(ref))
        yield from self.known_media(media)
        others = of_others(beside, self.account)
        for thread, idents in comments.items():
            yield self._allowed(thread, idents, others)

    def _allowed(self, thread: str, idents: Sequence[str], beside: Sequence[str]) -> Ask:
        """Whether a post takes comments. Nobody says what becomes of those that stand under it while it does not: then
        nothing is said of them either."""
        return self._ask(
            thread.partition("/")[2], "allowed", Stream.COMMENTS, fields.COMMENTS_ALLOWED, access=AccessClass.PUBLIC,
            context={"thread": thread, "ids": list(idents), "beside": list(beside)},
        )  # fmt: skip

    def known_comments(self, idents: Sequence[str], thread: str, beside: Sequence[str] = ()) -> Iterator[Ask]:
        """Which of these comments there are, and whether they are hidden. ``beside``: ids of comments of other people
        that are known to be there."""
        known: dict[str, JSONValue] = {"index": COMMENT, "thread": thread}
        for some in batches(idents):
            if len(some) == 1:
                yield self._look_at_comment(some[0], known, beside)
                continue
            context = {**known, "ids": list(some), "beside": list(beside)}
            asked = (("ids", ",".join(some)), ("fields", fields.COMMENT_INDEX))
            yield self._asked("", "known_comments", Stream.COMMENTS, asked, context=context)

    def _look_at_comment(self, identity: str, known: Mapping[str, JSONValue], beside: Sequence[str]) -> Ask:
        """One known comment, beside others that are known to be there, by their ids as well, one after the other until
        one is. Where none of them is: those that a list names, by their ids."""
        context, controls = {**known, "look": [f"{COMMENT}/{identity}"]}, [*self.beside(beside), self._others]
        return self._ask(
            identity, "look_comment", Stream.COMMENTS, fields.COMMENT_INDEX, context=context, control=in_order(controls)
        )

    def beside(self, idents: Iterable[str]) -> Iterator[Ask]:
        """That comments of other people are there, each by its id."""
        for one in idents:
            yield self._ask(one, "beside", Stream.COMMENTS, fields.BESIDE, context={"comment": one})

    @property
    def _own(self) -> Ask:
        """That the token still shows something that the account published."""
        return self._list("media", Stream.POSTS, "id", purpose="own", listing=None, size="1")

    @property
    def _others(self) -> Ask:
        """Which comments of other people there are, to ask for them by their ids."""
        return self._list("media", Stream.COMMENTS, fields.OTHERS, purpose="others", listing=None, size="25")

    # Words of comments.

    def words_of_page(self, index: Ask, *, seen: bool) -> Ask:
        """The words of all that a page of an index named, as the same page of the same list."""
        wanted = fields.COMMENT_WORDS if index.purpose == "replies" else fields.with_replies(fields.COMMENT_WORDS)
        return Ask(
            url=with_fields(index.url, wanted),
            stream=Stream.COMMENTS,
            purpose="comment_words",
            parameters=index.parameters,
            access=AccessClass.PUBLIC if seen else _PRIVATE,
            authorise="required",
            context=self._context({"words": COMMENT} | _place(index)),
        )

    def words_of(self, index: Ask, idents: Sequence[str], *, seen: bool) -> Iterator[Ask]:
        """The words of some comments by their ids."""
        for some in batches(idents, _WORDS_AT_ONCE):
            context = {"words": COMMENT, "ids": list(some)} | _place(index)
            asked = (("ids", ",".join(some)), ("fields", fields.COMMENT_WORDS))
            access = AccessClass.PUBLIC if seen else _PRIVATE
            yield self._asked("", "comments_by_id", Stream.COMMENTS, asked, access=access, context=context)

    # Parts.

    def _list(
        self, edge: str, stream: Stream, wanted: str, *, more: Sequence[tuple[str, str]] = (), size: str = _A_PAGE,
        **rest: Any,
    ) -> Ask:  # fmt: skip
        rest = {"purpose": edge, "listing": edge} | rest
        asked = (("fields", wanted), *more, ("limit", size))
        return self._asked(edge_of(self.account, edge), rest.pop("purpose"), stream, asked, **rest)

    def _more(self) -> Mapping[str, JSONValue]:
        since = {"since": self.since} if self.since else {}
        return {"handle": self.handle} | since | ({} if self.messages else {"messages": False})


def _place(index: Ask) -> dict[str, JSONValue]:
    """Where comments stand: under which post, and under which comment."""
    return {name: index.context[name] for name in ("thread", "under", "under_hidden") if name in index.context}
