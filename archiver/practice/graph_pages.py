"""What a Facebook Page's token shows of the city: the Page, posts on it, comments, messages, settings.

Comments have two levels there, so a reply to a reply stands under the first comment, and goes with it. What the Page
hides its own token still shows, marked. A post that is not public is one that was never published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from archiver.practice.city import City, Post
from archiver.practice.graph_fields import Wanted, selected
from archiver.practice.graph_ids import number_of, parts_of
from archiver.practice.graph_json import Bodies, Body, error, not_there
from archiver.practice.graph_threads import Tops
from archiver.practice.messages import Request

HOME = "facebook"
ENGAGEMENT, USER_CONTENT = "pages_read_engagement", "pages_read_user_content"
MESSAGING, METADATA = "pages_messaging", "pages_manage_metadata"


class Withheld(Exception):  # noqa: N818 - an answer of the platform
    """Not for this token."""

    def __init__(self, body: Body, status: int = 403) -> None:
        super().__init__(body["error"]["message"])
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, newest first: places, and what makes the thing that stands there."""

    entries: Sequence[tuple[int, Callable[[], Body]]]
    posts: bool = False
    summary: Body = field(default_factory=dict)


@dataclass
class Pages:
    """Pages of Facebook.

    ``withheld``: permissions that tokens do not have. ``unpublished``: Pages that are. ``settings``, ``reviews``,
    ``stories``: as the platform lists them. ``nested_errors``: an edge inside a thing is an error, and the answer a
    success all the same.
    """

    city: City
    base: str
    withheld: set[str] = field(default_factory=set)
    unpublished: set[int] = field(default_factory=set)
    settings: dict[str, Any] = field(default_factory=lambda: {"USERS_CAN_POST": True, "PROFANITY_FILTER": "MEDIUM"})
    reviews: list[Body] = field(default_factory=list)
    stories: list[Body] = field(default_factory=list)
    nested_errors: bool = False
    limits: Callable[[int], Body | None] = lambda post: None
    """Whom a post is limited to."""
    on_air: Callable[[int], bool] = lambda post: False
    """Which posts of the Page are live videos, where they have no pictures."""

    def __post_init__(self) -> None:
        self._bodies = Bodies(self.city, self.base)
        self._tops = Tops(self.city)

    # Things.

    def node(self, identity: str, page: int) -> Body | None:
        """A thing by its id (a Page also by its name); None where it is not there, or not for this token."""
        parts = parts_of(identity)
        if parts is not None:
            return self._said(*parts, page)
        named = self.city.person_named(identity)
        number = named.id if named is not None else number_of(identity)
        person = self.city.people.get(number or 0)
        if person is None or person.home != HOME or not person.official or ENGAGEMENT in self.withheld:
            return None
        return self._bodies.page(person, published=person.id not in self.unpublished)

    def _said(self, first: int, second: int, page: int) -> Body | None:
        post = self.city.posts.get(second)
        if post is None:
            return None
        if first == page and self._is_post(post, page):
            return self._shown(post, page) if self._may_see(post, page) else None
        if first == post.root and self._stands_under(post, page) and self._may_see(post, page):
            return self._comment(post)
        return None

    def _may_see(self, post: Post, page: int) -> bool:
        own = post.author == page
        return (ENGAGEMENT if own else USER_CONTENT) not in self.withheld

    # Lists.

    def edge(self, node: str, edge: str, page: int, request: Request) -> Listed:
        """A list.

        Raises:
            Withheld: it is not there, or not for this token.
        """
        if edge == "comments":
            return self._comments_of(node, page)
        if edge == "messages":
            return self._messages_of(node, page)
        person = self.city.person_named(node)
        if str(page) != node and (person is None or person.id != page):
            raise Withheld(not_there(node), 400)
        make = _EDGES.get(edge)
        if make is None:
            raise Withheld(error(2500, f"Unknown path components: /{edge}"), 400)
        return make(self, page)

    def _check(self, permission: str) -> None:
        if permission in self.withheld:
            code = {ENGAGEMENT: 10, MESSAGING: 230, METADATA: 200}.get(permission, 10)
            raise Withheld(error(code, f"(#{code}) This endpoint requires the '{permission}' permission."))

    def _posts(self, page: int, fits: Callable[[Post], bool]) -> Listed:
        self._check(ENGAGEMENT)
        found = [post for post in self.city.posts.values() if self._is_post(post, page) and fits(post)]
        shown = [post for post in found if self._may_see(post, page)]
        entries = [(post.id, partial(self._shown, post, page)) for post in sorted(shown, key=_newest)]
        return Listed(entries, posts=True)

    def _feed(self, page: int) -> Listed:
        return self._posts(page, lambda post: not _is_draft(post))

    def _published(self, page: int) -> Listed:
        return self._posts(page, lambda post: post.author == page and not _is_draft(post))

    def _visitors(self, page: int) -> Listed:
        return self._posts(page, lambda post: post.author != page)

    def _scheduled(self, page: int) -> Listed:
        return self._posts(page, _is_draft)

    def _tagged(self, page: int) -> Listed:
        return Listed(())

    def _comments_of(self, node: str, page: int) -> Listed:
        parts = parts_of(node)
        post = self.city.posts.get(parts[1]) if parts is not None and parts[0] == page else None
        if post is None or not self._is_post(post, page):
            raise Withheld(not_there(node), 400)
        found = sorted(self._comments_on(post, page), key=_newest)
        summary = {"order": "reverse_chronological", "total_count": len(found), "can_comment": True}
        return Listed([(one.id, partial(self._comment, one)) for one in found], summary={"summary": summary})

    def _conversations(self, page: int) -> Listed:
        self._check(MESSAGING)
        found: dict[int, list[Post]] = {}
        for post in self.city.posts.values():
            other = self._other_of(post, page)
            if other is not None:
                found.setdefault(other, []).append(post)
        make = self._bodies.conversation
        made = [(said[-1].id, partial(make, page, other, said)) for other, said in found.items()]
        return Listed(sorted(made, key=lambda one: -one[0]))

    def _messages_of(self, node: str, page: int) -> Listed:
        self._check(MESSAGING)
        other = number_of(node.removeprefix("t_")) or 0
        found = [post for post in self.city.posts.values() if self._other_of(post, page) == other]
        return Listed([(one.id, partial(self._bodies.message, one, page, other)) for one in sorted(found, key=_newest)])

    def _blocked(self, page: int) -> Listed:
        self._check(METADATA)
        people = sorted(self.city.people[page].blocked, reverse=True)
        return plainly([{"id": str(one), "name": self.city.people[one].profile.name} for one in people])

    def _roles(self, page: int) -> Listed:
        self._check(METADATA)
        return plainly([{"id": "1001", "name": "Records Officer", "tasks": ["MODERATE", "MESSAGING", "ANALYZE"]}])

    def _settings(self, page: int) -> Listed:
        self._check(METADATA)
        return plainly([{"setting": name, "value": value} for name, value in self.settings.items()])

    def _ratings(self, page: int) -> Listed:
        return plainly(self.reviews)

    def _live_videos(self, page: int) -> Listed:
        listed = self._posts(page, lambda post: self._is_film(post, page))
        made = (self.city.posts[place] for place, _ in listed.entries)
        return Listed([(post.id, partial(self._bodies.live, post, page)) for post in made])

    def _stories(self, page: int) -> Listed:
        return plainly(self.stories)

    # What there is.

    def _is_post(self, post: Post, page: int) -> bool:
        """On the Page's own timeline: its own, and what visitors who name it wrote there."""
        if post.is_reply or post.share_of is not None or post.visibility == "direct":
            return False
        return post.author == page or page in post.mentions

    def _is_film(self, post: Post, page: int) -> bool:
        """Whether it is what is left of a broadcast of the Page, which has no pictures beside its film."""
        return post.author == page and self.on_air(post.id) and not post.wording.media

    def _stands_under(self, post: Post, page: int) -> bool:
        """Whether it is a comment under what stands on the Page. One under a comment goes with that."""
        root = self.city.posts.get(post.root)
        if root is None or not post.is_reply or post.visibility == "direct" or not self._is_post(root, page):
            return False
        return self.city.posts.get(self._tops.of(post.id) or 0) is not None

    def _comments_on(self, root: Post, page: int) -> Iterator[Post]:
        for post in self.city.posts.values():
            if post.root == root.id and post.is_reply and self._stands_under(post, page) and self._may_see(post, page):
                yield post

    def _comment(self, post: Post) -> Body:
        top = self._tops.of(post.id)
        above = None if top in (None, post.id) else self.city.posts.get(top or 0)
        under = [one for one in self.city.posts.values() if one.id != post.id and self._tops.of(one.id) == post.id]
        body = self._bodies.comment(post, above, post.likes, len(under))
        if self.on_air(post.root):
            body["live_broadcast_timestamp"] = int(
                (post.created_at - self.city.posts[post.root].created_at).total_seconds()
            )
        return body

    def _shown(self, post: Post, page: int) -> Body:
        comments = list(self._comments_on(post, page))

        def nested(wanted: Wanted) -> Body:
            if self.nested_errors:
                return error(10, "(#10) Not for you.")
            limit = int(wanted.calls.get("limit", 25))
            newest = sorted(comments, key=_newest)[:limit]
            made = {"data": [selected(self._comment(one), wanted.inner) for one in newest]}
            told = {"summary": {"order": "chronological", "total_count": len(comments), "can_comment": True}}
            return made | (told if "summary" in wanted.calls else {})

        body = self._bodies.post(post, page, comments=nested, draft=_is_draft(post))
        touched = max([post.versions[-1][0], *(one.versions[-1][0] for one in comments)])
        if self._is_film(post, page):
            body["attachments"] = {"data": [self._bodies.film(post)]}
        told: Body = {"updated_time": f"{touched:%Y-%m-%dT%H:%M:%S}+0000", "targeting": self.limits(post.id)}
        return body | told | {"feed_targeting": {"age_min": 13} if self.limits(post.id) is None else None}

    def _other_of(self, post: Post, page: int) -> int | None:
        """With whom the Page shares a message."""
        if post.visibility != "direct" or page not in (post.author, *post.mentions):
            return None
        others = [one for one in (post.author, *post.mentions) if one != page]
        return others[0] if others else None


def plainly(things: Sequence[Body]) -> Listed:
    """A list in the order in which it is given."""
    return Listed([(len(things) - place, partial(dict, thing)) for place, thing in enumerate(things)])


def of_the_state(post: int) -> Body | None:
    """Every third post is for grown-ups in one state and one city beside it, with the names that these have today."""
    if post % 3:
        return None
    state = {"key": "3893", "name": "Wisconsin", "country": "US"}
    city = {"key": "2438177", "name": "Larkmere", "region": "Wisconsin", "region_id": "3893", "country": "US"}
    return {"geo_locations": {"cities": [city], "regions": [state], "location_types": ["home"]}, "age_min": 21}


def _newest(post: Post) -> int:
    return -post.id


def _is_draft(post: Post) -> bool:
    return post.visibility == "private"


_EDGES: dict[str, Callable[[Pages, int], Listed]] = {
    "feed": Pages._feed,
    "published_posts": Pages._published,
    "visitor_posts": Pages._visitors,
    "scheduled_posts": Pages._scheduled,
    "tagged": Pages._tagged,
    "conversations": Pages._conversations,
    "blocked": Pages._blocked,
    "roles": Pages._roles,
    "settings": Pages._settings,
    "ratings": Pages._ratings,
    "stories": Pages._stories,
    "live_videos": Pages._live_videos,
}
