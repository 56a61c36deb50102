"""Posts and people as the service of the AT Protocol shows them (lexicon ``app.bsky``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from archiver.practice.acts import Medium
from archiver.practice.bluesky_ids import REPOST, did_of, handle_of, picture_cid, uri_of
from archiver.practice.bluesky_repositories import Body, Repositories, time
from archiver.practice.city import City, Person, Post

_NODE = "app.bsky.feed.defs#threadViewPost"
_MISSING = "app.bsky.feed.defs#notFoundPost"
_AT_ODDS = "app.bsky.feed.defs#blockedPost"
Entry = tuple[str, str, Callable[[], Body]]
"""Of a feed: when, an address, and what makes it."""


class Views:
    """Of one city."""

    def __init__(self, city: City, base: str, repositories: Repositories) -> None:
        self._city, self._base, self._repositories = city, base, repositories

    # People.

    def person(self, person: Person) -> Body:
        """Somebody beside a post."""
        did = did_of(person.id)
        return {
            "did": did, "handle": handle_of(person.handle), "displayName": person.profile.name,
            "avatar": f"{self._base}/img/avatar/plain/{did}/{person.profile.avatar}@jpeg",
            "labels": [], "createdAt": time(person.created_at),
        }  # fmt: skip

    def profile(self, person: Person) -> Body:
        """Somebody's profile."""
        said = [self._city.posts[one] for one in person.said]
        counts = {"followersCount": 12, "followsCount": 3, "postsCount": sum(one.share_of is None for one in said)}
        lists = {"associated": {"lists": 0, "feedgens": 0, "starterPacks": 0, "labeler": False}}
        shown = {"description": person.profile.note, "indexedAt": time(person.created_at)}
        return self.person(person) | shown | counts | lists

    # Posts.

    def post(self, post: Post) -> Body:
        """A post."""
        record, cid = self._repositories.record(post.id, post.wording)
        answers = [self._city.posts[one] for one in post.replies]
        uri, did = uri_of(post.id, post.author), did_of(post.author)
        own = record.get("labels", {}).get("values", ())
        labels = [{"src": did, "uri": uri, "cid": cid, "val": one["val"], "cts": record["createdAt"]} for one in own]
        body: Body = {
            "uri": uri, "cid": cid, "author": self.person(self._city.people[post.author]), "record": record,
            "bookmarkCount": 0, "replyCount": sum(not self._repositories.violates(one) for one in answers),
            "repostCount": len(post.shares), "likeCount": post.likes, "quoteCount": 0,
            "indexedAt": time(post.created_at), "labels": labels,
        }  # fmt: skip
        if post.wording.media:
            images = [self._image(one, did) for one in post.wording.media]
            body["embed"] = {"$type": "app.bsky.embed.images#view", "images": images}
        gate = self._repositories.gate(post.id)
        return body | ({"threadgate": self.gate(gate)} if gate else {})

    def gate(self, gate: Body) -> Body:
        """Who may answer."""
        return {"uri": gate["uri"], "cid": gate["cid"], "record": gate["value"], "lists": []}

    def _image(self, one: Medium, did: str) -> Body:
        place = f"plain/{did}/{picture_cid(one.number, one.width, one.height)}@jpeg"
        size = {"width": one.width, "height": one.height}
        return {
            "thumb": f"{self._base}/img/feed_thumbnail/{place}", "fullsize": f"{self._base}/img/feed_fullsize/{place}",
            "alt": one.alt, "aspectRatio": size,
        }  # fmt: skip

    # Threads.

    def thread(self, post: Post, depth: int, height: int) -> Body:
        """A post, what it answers, and what answers it."""
        found: Body = {"$type": _NODE, "post": self.post(post), "threadContext": {}}
        if self._repositories.violates(post):
            return found
        above = self._above(post, height)
        if above is not None:
            found["parent"] = above
        return found | self._below(post, depth)

    def _above(self, post: Post, height: int) -> Body | None:
        parent = self._repositories.parent_of(post.id)
        if parent is None or height < 1:
            return None
        author = self._repositories.said[parent].author
        uri = uri_of(parent, author)
        if self._repositories.at_odds(post.author, author):
            return {"$type": _AT_ODDS, "uri": uri, "blocked": True, "author": {"did": did_of(author)}}
        if parent not in self._city.posts:
            return {"$type": _MISSING, "uri": uri, "notFound": True}
        one = self._city.posts[parent]
        found: Body = {"$type": _NODE, "post": self.post(one), "threadContext": {}}
        above = self._above(one, height - 1)
        return found | ({"parent": above} if above is not None else {})

    def _below(self, post: Post, depth: int) -> Body:
        """What answers a post, if so many levels were asked for."""
        if depth < 1:
            return {}
        answers = [one for one in (self._city.posts[number] for number in post.replies) if self._is_shown(one)]
        nodes = [{"$type": _NODE, "post": self.post(one), "threadContext": {}} for one in answers]
        below = [self._below(one, depth - 1) for one in answers]
        return {"replies": [node | more for node, more in zip(nodes, below, strict=True)]}

    def _is_shown(self, post: Post) -> bool:
        """Whether an answer is in the thread of what it answers."""
        assert post.parent_author is not None
        public = post.visibility == "public" and not self._repositories.violates(post)
        return public and not self._repositories.at_odds(post.author, post.parent_author)

    # Lists.

    def feed(self, person: Person) -> Iterator[Entry]:
        """What somebody wrote and passed on, the newest first."""
        found: list[Entry] = []
        for number in person.said:
            post = self._city.posts[number]
            if post.share_of is None and post.visibility == "public":
                found.append((time(post.created_at), uri_of(number, person.id), partial(self._entry, post)))
        for number, share in self._repositories.shares.items():
            if share.author == person.id and share.of in self._city.posts:
                found.append((time(share.at), uri_of(number, person.id, REPOST), partial(self._passed_on, number)))
        yield from sorted(found, key=lambda one: (one[0], one[1]), reverse=True)

    def _entry(self, post: Post) -> Body:
        entry: Body = {"post": self.post(post)}
        parent = self._repositories.parent_of(post.id)
        if parent is not None:
            entry["reply"] = {"root": self._named(self._repositories.root_of(post.id)), "parent": self._named(parent)}
        return entry

    def _named(self, number: int) -> Body:
        """What an answer in a feed answers."""
        if number not in self._city.posts:
            uri = uri_of(number, self._repositories.said[number].author)
            return {"$type": _MISSING, "uri": uri, "notFound": True}
        return {"$type": "app.bsky.feed.defs#postView", **self.post(self._city.posts[number])}

    def _passed_on(self, number: int) -> Body:
        share = self._repositories.shares[number]
        by, uri = self.person(self._city.people[share.author]), uri_of(number, share.author, REPOST)
        reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": by, "uri": uri, "indexedAt": time(share.at)}
        return {"post": self.post(self._city.posts[share.of]), "reason": reason}

    def notices(self, person: int) -> list[Body]:
        """Who named or answered somebody, the newest first. Not by people who are blocked, nor hidden answers."""
        found = [one for post in self._city.posts.values() for one in self._notices(post, person)]
        return sorted(found, key=lambda one: (str(one["indexedAt"]), str(one["cid"])), reverse=True)

    def _notices(self, post: Post, person: int) -> Iterator[Body]:
        if post.author == person or post.visibility != "public" or self._repositories.at_odds(post.author, person):
            return
        reason = "mention" if person in post.mentions else "reply" if post.parent_author == person else None
        if reason is None or post.hidden or self._repositories.violates(post):
            return
        record, cid = self._repositories.record(post.id, post.wording)
        yield {
            "uri": uri_of(post.id, post.author), "cid": cid, "author": self.person(self._city.people[post.author]),
            "reason": reason, "record": record, "isRead": False, "indexedAt": time(post.created_at), "labels": [],
        }  # fmt: skip
