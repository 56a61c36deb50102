"""A simulated Threads with Meta's Threads API: what a token of an account shows of it.

Replies have as many levels as people like. What the account hides its own token still shows, marked, with everything
under it. Meta's documentation is the source of what is left out, and of what waits; that what answers a deleted reply
goes with it is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from archiver.practice.city import City, Post
from archiver.practice.graph_api import Failure, GraphApi, Shown
from archiver.practice.graph_ids import number_of
from archiver.practice.graph_json import Body, error, not_there
from archiver.practice.graph_pages import Listed, Withheld
from archiver.practice.graph_threads import Tops
from archiver.practice.messages import Request, Response
from archiver.practice.threads_json import GHOST_LASTS, Bodies

HOME = "threads"
BASIC, READ_REPLIES, MENTIONS = "threads_basic", "threads_read_replies", "threads_manage_mentions"
_LAST = 10**24
_Entries = Sequence[tuple[int, Callable[[], Body]]]


@dataclass
class Talks:
    """Accounts of Threads.

    ``withheld``: permissions that tokens do not have. ``closed``: people whose replies are not given out. ``ghosts``:
    posts that are over after a day. ``approving``: posts under which replies wait until they are in ``approved``, those
    of ``ignored`` for good. ``statuses``: what is said of a reply in place of whether it is hidden; None: nothing.
    ``audiences``: who may answer what, if not everybody. ``more``: other fields, by post. ``own_only``: nothing of
    others is shown by its id, as to an app without advanced access.
    """

    city: City
    base: str
    withheld: set[str] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    ghosts: set[int] = field(default_factory=set)
    approving: set[int] = field(default_factory=set)
    approved: set[int] = field(default_factory=set)
    ignored: set[int] = field(default_factory=set)
    statuses: dict[int, str | None] = field(default_factory=dict)
    audiences: dict[int, str] = field(default_factory=dict)
    more: dict[int, Body] = field(default_factory=dict)
    own_only: bool = False

    def __post_init__(self) -> None:
        self._bodies = Bodies(self.city, self.base)
        self._tops = Tops(self.city)

    # Things.

    def node(self, identity: str, account: int) -> Body | None:
        """A thing by its id; None where it is not there, or not for this token."""
        if identity == "me" or number_of(identity) == account:
            return self._bodies.account(self.city.people[account])
        post = self.city.posts.get(number_of(identity) or 0)
        if post is None or BASIC in self.withheld or not self._may_see(post, account):
            return None
        return self._shown(post, account)

    def _may_see(self, post: Post, account: int) -> bool:
        if post.visibility != "public":
            return False
        if post.author == account:
            return self._is_standing(post)
        here = self._is_standing(post) and post.author not in self.closed
        return here and not self._waits(post) and not self.own_only

    def _shown(self, post: Post, account: int) -> Body:
        more = dict(self.more.get(post.id, {}))
        if post.id in self.audiences:
            more["reply_audience"] = self.audiences[post.id]
        if post.share_of is not None:
            return self._bodies.repost(post)
        if post.is_reply:
            answers = self._tops.above(post.id)[0]
            return self._bodies.reply(post, account, answers=answers, hide_status=self._status(post), **more)
        until = post.created_at + GHOST_LASTS if post.id in self.ghosts else None
        return self._bodies.post(post, account, ghost_until=until, **more)

    def _status(self, post: Post) -> str | None:
        if post.id in self.statuses:
            return self.statuses[post.id]
        over = [self.city.posts[one] for one in self._tops.above(post.id) if one in self.city.posts]
        return "HIDDEN" if any(one.is_reply and one.hidden for one in (post, *over)) else "NOT_HUSHED"

    # Lists.

    def edge(self, node: str, edge: str, account: int, request: Request) -> Listed:
        """A list.

        Raises:
            Withheld: it is not there, or not for this token.
        """
        if node == str(account):
            return self._of_account(edge, account)
        post = self.city.posts.get(number_of(node) or 0)
        if post is None or not self._is_own(post, account) or edge not in ("conversation", "pending_replies"):
            raise Withheld(not_there(node), 400)
        self._check(READ_REPLIES)
        pending = edge == "pending_replies"
        if pending and post.id not in self.approving:
            raise Withheld(error(100, "(#100) Reply approvals are not enabled for this post"), 400)
        found = [one for one in self._under(post) if self._waits(one) == pending]
        made = [(one.id, partial(self._pending if pending else self._shown, one, account)) for one in found]
        return Listed(_ordered(made, newest_first=request.parameter("reverse") != "false"))

    def _of_account(self, edge: str, account: int) -> Listed:
        self._check({"replies": READ_REPLIES, "mentions": MENTIONS}.get(edge, BASIC))
        own = [post for post in self.city.posts.values() if post.author == account and post.visibility == "public"]
        standing = [post for post in own if self._is_standing(post)]
        if edge == "threads":
            found: Iterable[Post] = (post for post in standing if not post.is_reply)
        elif edge == "ghost_posts":
            found = (post for post in standing if post.id in self.ghosts)
        elif edge == "replies":
            found = (post for post in standing if post.is_reply)
        elif edge == "mentions":
            found = (post for post in self.city.posts.values() if self._names(post, account))
        else:
            raise Withheld(not_there(edge), 400)
        made = [(post.id, partial(self._shown, post, account)) for post in found]
        return Listed(_ordered(made, newest_first=True))

    def _check(self, permission: str) -> None:
        if {permission, BASIC} & self.withheld:
            raise Withheld(error(10, "(#10) Application does not have permission for this action"))

    # What there is.

    def _is_own(self, post: Post, account: int) -> bool:
        return post.author == account and not post.is_reply and post.share_of is None

    def _is_standing(self, post: Post) -> bool:
        """What answers something goes with it, and so does what passes something on."""
        return all(one in self.city.posts for one in self._tops.above(post.id))

    def _under(self, root: Post) -> list[Post]:
        said = [post for post in self.city.posts.values() if post.root == root.id and post.is_reply]
        return [post for post in said if self._is_standing(post) and post.author not in self.closed]

    def _names(self, post: Post, account: int) -> bool:
        other = post.author != account and account in post.mentions and post.visibility == "public"
        return other and self._is_standing(post) and not self._waits(post) and post.author not in self.closed

    def _waits(self, post: Post) -> bool:
        approving = post.root in self.approving and post.is_reply
        root = self.city.posts.get(post.root)
        return approving and post.id not in self.approved and root is not None and post.author != root.author

    def _pending(self, post: Post, account: int) -> Body:
        status = "ignored" if post.id in self.ignored else "pending"
        return self._shown(post, account) | {"reply_approval_status": status}


def _ordered(made: _Entries, *, newest_first: bool) -> _Entries:
    """In the order that was asked for. Pages go from higher places to lower ones."""
    if newest_first:
        return sorted(made, key=lambda one: -one[0])
    return [(_LAST - number, make) for number, make in sorted(made, key=lambda one: one[0])]


@dataclass
class ThreadsApi(GraphApi):
    """A site that speaks the Threads API. ``tokens``: token to account."""

    version: str = "v1.0"
    kind: ClassVar[str] = "threads"
    busy: ClassVar[tuple[int, str]] = (4, "Threads")
    picture_pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"/threads/pictures/v/t51\.29350-15/(?P<width>\d+)/(?P<number>\d+)_\d+_n\.png"
    )

    def __post_init__(self) -> None:
        self.talks = Talks(self.city, self.base)

    @property
    def shown(self) -> Shown:
        return self.talks

    def account_url(self, person: int) -> str:
        """Address of the account."""
        return f"{self.base}/threads/@{self.city.people[person].handle}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is asked in its own version, and pictures; None for anything else."""
        own = request.path.startswith("/v1.0/") or self.picture_pattern.fullmatch(request.path)
        return super().answer(request) if own else None

    def _routed(self, request: Request, node: str | None, edge: str | None) -> Body:
        if node is None or request.parameter("ids") is not None:
            raise Failure(error(100, "(#100) Several ids at once are not supported."))
        return super()._routed(request, node, edge)
