"""A simulated Instagram with Meta's Graph API: what the token of the linked Page shows of professional accounts.

Comments have two levels, so a reply to a reply stands under the first comment, and goes with it. What the account hides
its own token still shows, marked. Meta's documentation is the source of what is left out: replies to a deleted comment,
comments of people whom the account restricts, stories after a day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from archiver.practice.city import City, Person, Post
from archiver.practice.graph_api import GraphApi, Shown
from archiver.practice.graph_fields import Wanted, selected
from archiver.practice.graph_ids import number_of
from archiver.practice.graph_json import Body, error, not_there
from archiver.practice.graph_pages import Listed, Withheld
from archiver.practice.graph_threads import Tops
from archiver.practice.instagram_json import Bodies
from archiver.practice.messages import Request, Response

HOME = "instagram"
BASIC, COMMENTS, MESSAGES = "instagram_basic", "instagram_manage_comments", "instagram_manage_messages"
_DAY = timedelta(hours=24)
_PAGE = "7001"
"""Id of the Page that a token is of, before the number of the account."""


@dataclass
class Gallery:
    """Accounts of Instagram.

    ``withheld``: permissions that tokens do not have. ``closed``: posts that take no comments; those they have are not
    listed meanwhile. ``stories``: number, time and caption. ``restricted``: people whose comments are not given out.
    ``inside``: most replies that stand inside a comment.
    """

    city: City
    base: str
    withheld: set[str] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    restricted: set[int] = field(default_factory=set)
    stories: list[tuple[int, datetime, str]] = field(default_factory=list)
    inside: int = 50

    def __post_init__(self) -> None:
        self._bodies = Bodies(self.city, self.base)
        self._tops = Tops(self.city)

    # Things.

    def node(self, identity: str, account: int) -> Body | None:
        """A thing by its id; None where it is not there, or not for this token."""
        person = self.city.people[account]
        if identity == "me":
            return self._bodies.linked(f"{_PAGE}{account}", person)
        if BASIC in self.withheld:
            return None
        number = number_of(identity) or 0
        if number == account:
            return self._bodies.account(person, len(self._published(account)))
        post = self.city.posts.get(number)
        if post is None:
            return None
        if self._is_media(post, account):
            return self._media(post, account)
        return self._comment(post, account) if self._stands(post, account) else None

    # Lists.

    def edge(self, node: str, edge: str, account: int, request: Request) -> Listed:
        """A list.

        Raises:
            Withheld: it is not there, or not for this token.
        """
        if edge == "messages":
            return self._messages_of(node, account)
        if edge == "conversations":
            return self._conversations(node, account)
        if edge in ("comments", "replies"):
            return self._comments_of(node, edge, account)
        make = {"media": self._list_media, "stories": self._list_stories, "tags": self._list_tags}.get(edge)
        if node != str(account) or make is None:
            raise Withheld(not_there(node), 400)
        self._check(BASIC)
        return make(account)

    def _check(self, permission: str) -> None:
        if permission in self.withheld:
            raise Withheld(error(10, "(#10) Application does not have permission for this action"))

    def _list_media(self, account: int) -> Listed:
        return Listed([(post.id, partial(self._media, post, account)) for post in self._published(account)], posts=True)

    def _list_stories(self, account: int) -> Listed:
        person, now = self.city.people[account], self.city.clock.now()
        shown = sorted((story for story in self.stories if story[1] <= now < story[1] + _DAY), reverse=True)
        make = self._bodies.story
        return Listed([(number, partial(make, number, person, at, caption)) for number, at, caption in shown])

    def _list_tags(self, account: int) -> Listed:
        self._check(COMMENTS)
        found = [post for post in self.city.posts.values() if self._tags(post, account)]
        return Listed([(post.id, partial(self._tagged, post)) for post in sorted(found, key=_newest)])

    def _comments_of(self, node: str, edge: str, account: int) -> Listed:
        self._check(COMMENTS)
        post = self.city.posts.get(number_of(node) or 0)
        if post is None:
            raise Withheld(not_there(node), 400)
        if edge == "comments" and self._is_media(post, account):
            found = [one for one in self._under(post, account) if self._tops.of(one.id) == one.id]
        elif edge == "replies" and self._stands(post, account):
            found = self._replies(post, account)
        else:
            raise Withheld(not_there(node), 400)
        return Listed([(one.id, partial(self._comment, one, account)) for one in sorted(found, key=_newest)])

    def _conversations(self, node: str, account: int) -> Listed:
        if node != f"{_PAGE}{account}":
            raise Withheld(not_there(node), 400)
        self._check(MESSAGES)
        found: dict[int, list[Post]] = {}
        for post in self.city.posts.values():
            other = self._other_of(post, account)
            if other is not None:
                found.setdefault(other.id, []).append(post)
        people, make = self.city.people, self._bodies.conversation
        made = [(said[-1].id, partial(make, people[account], people[one], said)) for one, said in found.items()]
        return Listed(sorted(made, key=lambda one: -one[0]))

    def _messages_of(self, node: str, account: int) -> Listed:
        self._check(MESSAGES)
        other = self.city.people.get(number_of(node.removeprefix("aWc_")) or 0)
        if other is None:
            raise Withheld(not_there(node), 400)
        found = [post for post in self.city.posts.values() if self._other_of(post, account) is other]
        make, person = self._bodies.message, self.city.people[account]
        return Listed([(one.id, partial(make, one, person, other)) for one in sorted(found, key=_newest)])

    # What there is.

    def _published(self, account: int) -> list[Post]:
        return sorted((post for post in self.city.posts.values() if self._is_media(post, account)), key=_newest)

    def _is_media(self, post: Post, account: int) -> bool:
        """What is hidden is archived: nobody is shown it."""
        own = post.author == account and not post.is_reply and post.share_of is None
        return own and post.visibility == "public" and not post.hidden

    def _tags(self, post: Post, account: int) -> bool:
        other = post.author != account and account in post.mentions and not post.is_reply
        return other and post.visibility == "public" and not post.hidden

    def _stands(self, post: Post, account: int) -> bool:
        """Whether it is a comment that the token is shown. One under a comment goes with that."""
        root = self.city.posts.get(post.root)
        if root is None or not post.is_reply or not self._is_media(root, account) or COMMENTS in self.withheld:
            return False
        if root.id in self.closed or post.author in self.restricted:
            return False
        return self.city.posts.get(self._tops.of(post.id) or 0) is not None

    def _under(self, root: Post, account: int) -> list[Post]:
        said = [post for post in self.city.posts.values() if post.root == root.id]
        return [post for post in said if self._stands(post, account)]

    def _replies(self, top: Post, account: int) -> list[Post]:
        root = self.city.posts[top.root]
        found = [one for one in self._under(root, account) if one.id != top.id and self._tops.of(one.id) == top.id]
        return sorted(found, key=_newest)

    def _media(self, post: Post, account: int) -> Body:
        said = self._under(post, account)
        tops = [one for one in said if self._tops.of(one.id) == one.id]

        def nested(wanted: Wanted) -> Body | None:
            return self._nested(sorted(tops, key=_newest), account, wanted, 50)

        return self._bodies.media(post, comments=nested, counted=len(said), allowed=post.id not in self.closed)

    def _tagged(self, post: Post) -> Body:
        return self._bodies.media(post, comments=lambda wanted: None, counted=0, allowed=None)

    def _comment(self, post: Post, account: int) -> Body:
        top = self._tops.of(post.id)

        def nested(wanted: Wanted) -> Body | None:
            return self._nested(self._replies(post, account), account, wanted, self.inside)

        return self._bodies.comment(post, None if top == post.id else top, account, replies=nested)

    def _nested(self, said: Sequence[Post], account: int, wanted: Wanted, most: int) -> Body | None:
        """Comments inside of something else; nothing where there are none."""
        if not said:
            return None
        size = min(int(wanted.calls.get("limit", 25)), most)
        body: Body = {"data": [selected(self._comment(one, account), wanted.inner) for one in said[:size]]}
        if len(said) > size:
            more = f"{self.base}/v26.0/0/comments?access_token=EAApracticenested0123456789&after=x"
            body["paging"] = {"cursors": {"after": "x"}, "next": more}
        return body

    def _other_of(self, post: Post, account: int) -> Person | None:
        """With whom the account shares a message."""
        if post.visibility != "direct" or account not in (post.author, *post.mentions):
            return None
        others = [one for one in (post.author, *post.mentions) if one != account]
        return self.city.people[others[0]] if others else None


@dataclass
class InstagramApi(GraphApi):
    """The same site, for tokens of Pages to which an account on Instagram is linked. ``tokens``: token to account."""

    kind: ClassVar[str] = "instagram"
    busy: ClassVar[tuple[int, str]] = (80002, "Instagram")
    picture_pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"/instagram/pictures/v/t51\.29350-15/(?P<width>\d+)/(?P<number>\d+)_\d+_n\.png"
    )

    def __post_init__(self) -> None:
        self.gallery = Gallery(self.city, self.base)

    @property
    def shown(self) -> Shown:
        return self.gallery

    def account_url(self, person: int) -> str:
        """Address of the account."""
        return f"{self.base}/instagram/{self.city.people[person].handle}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is asked with such a token, and pictures; None for anything else."""
        known = request.token is not None and (request.token in self.tokens or request.token in self.expired)
        return super().answer(request) if known or self.picture_pattern.fullmatch(request.path) else None


def _newest(post: Post) -> int:
    return -post.id
