"""RSS 2.0, Atom and JSON Feed over the same state: news of an office, and what the public wrote under them.

Addresses, for the office ``HANDLE``::

    /HANDLE/feed/   /HANDLE/feed/atom/   /HANDLE/feed.json               its newest posts
    /HANDLE/comments/feed/   /HANDLE/comments/feed/atom/                 newest comments under any of them
    /HANDLE/POST/feed/   /HANDLE/POST/feed/atom/                         comments under one
    /HANDLE/POST/   /HANDLE/POST/comment/COMMENT/                        pages: 200, or ``gone`` once deleted or hidden
    /HANDLE/POST/PICTURE.png                                             picture files
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from html import escape

from archiver.practice import feed_formats
from archiver.practice.acts import Medium
from archiver.practice.city import City, Person, Post
from archiver.practice.feed_formats import Channel, Entry
from archiver.practice.mastodon_text import to_html
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png

_ADDRESS = re.compile(
    r"/(?P<handle>\w+)"
    r"(?:/(?P<post>[0-9]{1,20}))?"
    r"(?:/comment/(?P<comment>[0-9]{1,20}))?"
    r"(?P<comments>/comments)?"
    r"(?P<format>/feed|/feed/atom|/feed\.json)?"
    r"(?:/(?P<picture>[0-9]{1,20})\.png)?/?"
)
_FORMATS: dict[str, tuple[str, Callable[[Channel], bytes]]] = {
    "/feed": ("application/rss+xml; charset=UTF-8", feed_formats.rss),
    "/feed/atom": ("application/atom+xml; charset=UTF-8", feed_formats.atom),
    "/feed.json": ("application/feed+json; charset=UTF-8", feed_formats.json_feed),
}


class Feeds:
    """A site with feeds of every office whose ``home`` is ``web``.

    Args:
        newest: entries in a feed; older ones are only reached by ``?paged=2`` and so on.
        gone: status of pages that are no longer there, 404 or 410.
        lazy_tags: ETag and Last-Modified follow new posts and comments only, so that an edited or removed comment
            leaves them as they are, as WordPress does.
    """

    def __init__(
        self, city: City, base: str, *, newest: int = 10, gone: int = 404, lazy_tags: bool = False
    ) -> None:  # fmt: skip
        self.city = city
        self.base = base
        self.newest = newest
        self.gone = gone
        self.lazy_tags = lazy_tags
        self._threads: tuple[int, dict[int, list[Post]]] = (-1, {})

    def feed_url(self, person: int, form: str = "feed/") -> str:
        """Address of the feed of ``person``; ``form``: ``feed/``, ``feed/atom/``, ``feed.json``."""
        return f"{self.base}/{self.city.people[person].handle}/{form}"

    def answer(self, request: Request) -> Response | None:
        """None for addresses of other sites."""
        found = _ADDRESS.fullmatch(request.path)
        with self.city.lock:
            person = None if found is None else self.city.person_named(found["handle"])
            if found is None or person is None or person.home != "web":
                return None
            if found["format"]:
                return self._feed(request, person, found)
            return self._picture(int(found["picture"])) if found["picture"] else self._page(person, found)

    def link(self, post: Post) -> str:
        """Address of the page of a post or comment."""
        first = self.city.posts.get(post.root, post)
        handle = self.city.people[first.author].handle
        own = f"{self.base}/{handle}/{post.root}/"
        return own if post.id == post.root else f"{own}comment/{post.id}/"

    # Feeds.

    def _feed(self, request: Request, person: Person, found: re.Match[str]) -> Response:
        root = None if found["post"] is None else int(found["post"])
        if root is not None and not self._standing(root):
            return self._missing()
        posts = self._comments(person, root) if found["comments"] or root is not None else self._posts(person)
        paged = re.fullmatch("[1-9][0-9]{0,5}", request.parameter("paged") or "1")
        turn = int(paged[0]) if paged else 1
        chosen = posts[(turn - 1) * self.newest : turn * self.newest]
        if turn > 1 and not chosen:
            return self._missing()
        content_type, render = _FORMATS[found["format"]]
        channel = self._channel(person, root, bool(found["comments"]), chosen, request.path)
        return self._conditional(request, content_type, render(channel), posts)

    def _posts(self, person: Person) -> list[Post]:
        posts = [self.city.posts[number] for number in reversed(person.said)]
        return [post for post in posts if self.city.stands(post) and not post.is_reply and post.share_of is None]

    def _comments(self, person: Person, root: int | None) -> list[Post]:
        if self._threads[0] != self.city.revision:
            self._threads = (self.city.revision, self._grouped())
        threads = self._threads[1]
        if root is not None:
            return threads.get(root, [])
        comments = (comment for number in person.said for comment in threads.get(number, []))
        return sorted(comments, key=lambda comment: comment.id, reverse=True)

    def _grouped(self) -> dict[int, list[Post]]:
        """Standing comments of every conversation, newest first. One whose parent was deleted stays: no trees here."""
        threads: dict[int, list[Post]] = {}
        for number in sorted(self.city.posts, reverse=True):
            post = self.city.posts[number]
            if post.is_reply and self.city.stands(post):
                threads.setdefault(post.root, []).append(post)
        return threads

    def _channel(self, person: Person, root: int | None, comments: bool, posts: list[Post], path: str) -> Channel:
        title = person.profile.name
        if comments or root is not None:
            title = f"Comments on: {title}"
        entries = tuple(self._entry(post) for post in posts)
        updated = max((entry.updated for entry in entries), default=person.created_at)
        home = f"{self.base}/{person.handle}/"
        return Channel(title, home, self.base + path, person.profile.note, updated, entries)

    def _entry(self, post: Post) -> Entry:
        author = self.city.people[post.author]
        words, link = post.wording, self.link(post)
        title = words.text.partition("\n")[0][:80] if not post.is_reply else f"By: {author.profile.name}"
        parent = self.city.posts.get(post.parent or 0)
        return Entry(
            id=f"{self.base}/?p={post.id}",
            link=link,
            title=title,
            author=author.profile.name,
            html=to_html(words.text, self.base, lambda handle: False) if words.html is None else words.html,
            published=post.created_at,
            updated=post.edited_at or post.created_at,
            comment_feed=None if post.is_reply else f"{link}feed/",
            comments=len(self._comments(author, post.id)) if not post.is_reply else None,
            parent=None if parent is None else (f"{self.base}/?p={parent.id}", self.link(parent)),
            pictures=tuple((f"{link}{medium.id}.png", medium.alt, len(_content(medium))) for medium in words.media),
        )

    def _conditional(self, request: Request, content_type: str, body: bytes, posts: list[Post]) -> Response:
        newest = max((post.created_at for post in posts), default=None)
        changed = max((self._changed(post) for post in posts), default=None)
        at = newest if self.lazy_tags else changed
        basis = f"{newest}".encode() if self.lazy_tags else body
        tag = f'"{hashlib.md5(basis, usedforsecurity=False).hexdigest()}"'
        headers = [("Content-Type", content_type), ("ETag", tag)]
        if at is not None:
            headers.append(("Last-Modified", format_datetime(at, usegmt=True)))
        if _unchanged(request, tag, dict(headers).get("Last-Modified")):
            return Response(304, tuple(headers[1:]))
        return Response(200, tuple(headers), body)

    def _changed(self, post: Post) -> datetime:
        return post.edited_at or post.created_at

    # Pages.

    def _page(self, person: Person, found: re.Match[str]) -> Response:
        numbers = [int(found[name]) for name in ("post", "comment") if found[name]]
        if any(not self._standing(number) for number in numbers):
            return self._missing()
        words = person.profile.note if not numbers else self._shown(self.city.posts[numbers[-1]])
        title = escape(person.profile.name)
        links = f'<link rel="alternate" type="application/rss+xml" href="{self.base}/{person.handle}/feed/">'
        page = f"<!DOCTYPE html><title>{title}</title>{links}<h1>{title}</h1><article>{words}</article>\n"
        return Response(200, (("Content-Type", "text/html; charset=UTF-8"),), page.encode("utf-8", "replace"))

    def _picture(self, number: int) -> Response:
        medium = self.city.media.get(number)
        return self._missing() if medium is None else Response(200, (("Content-Type", "image/png"),), _content(medium))

    def _shown(self, post: Post) -> str:
        return self._entry(post).html

    def _standing(self, number: int) -> bool:
        return self.city.stands(self.city.posts.get(number))

    def _missing(self) -> Response:
        return Response(self.gone, (("Content-Type", "text/html; charset=UTF-8"),), b"<h1>Not here (any more)</h1>\n")


def _content(medium: Medium) -> bytes:
    return png(medium.number, medium.width, medium.height)


def _unchanged(request: Request, tag: str, modified: str | None) -> bool:
    """RFC 9110 §13: If-None-Match decides; only without it If-Modified-Since."""
    known = request.header("If-None-Match")
    if known is not None:
        return tag in (part.strip().removeprefix("W/") for part in known.split(","))
    return modified is not None and request.header("If-Modified-Since") == modified
