"""A simulated Discourse forum: people write, edit, hide and delete; its answers follow from that. A real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_BEGAN = datetime(2026, 10, 1, 9, tzinfo=UTC)
_PAGE = 50
_SINGLE, _NUMBERED = "/posts/", "/posts/by_number/"
#: Status, headers and body.
Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Post:
    """One post. ``number``: its place in its topic; the first one is 1."""

    id: int
    topic: int
    number: int
    author: str
    raw: str
    title: str
    answers: int | None = None
    reads: int = 0
    deleted: bool = False
    hidden: bool = False
    taken_back: bool = False


@dataclass
class Forum:
    """A forum, and the server that shows it. Use as a context manager."""

    posts: dict[int, Post] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Path and query of every request, in order."""
    faults: list[tuple[str, Reply, int]] = field(default_factory=list)
    """What a path begins with, what is answered instead, and how often still."""

    # What people do.

    def topic(self, author: str, title: str, raw: str) -> Post:
        """Begin a topic."""
        return self._write(author, raw, title, max((one.topic for one in self.posts.values()), default=0) + 1, None)

    def answer(self, to: Post, author: str, raw: str) -> Post:
        """Answer a post, in its topic."""
        return self._write(author, raw, to.title, to.topic, to.number)

    def _write(self, author: str, raw: str, title: str, topic: int, answers: int | None) -> Post:
        number = 1 + sum(one.topic == topic for one in self.posts.values())
        identity = 3 + max(self.posts, default=0)  # ids have holes: posts that nobody sees
        to = None if answers == 1 else answers
        self.posts[identity] = Post(identity, topic, number, author, raw, title, to)
        return self.posts[identity]

    def fail(self, path: str, reply: Reply, times: int = 1) -> None:
        """Answer requests whose path and query begin with ``path`` with something else."""
        self.faults.append((path, reply, times))

    # What is answered.

    def reply(self, target: str) -> Reply:
        """The answer to one request."""
        self.asked.append(target)
        for place, (path, reply, times) in enumerate(self.faults):
            if target.startswith(path) and times:
                self.faults[place] = (path, reply, times - 1)
                return reply
        for one in self.posts.values():
            one.reads += 1  # somebody reads something all the time
        parts = urlsplit(target)
        if parts.path == "/site/basic-info.json":
            return _json({"title": "Plans of the City", "description": "Say what you think.", "login_required": False})
        if parts.path == "/posts.json":
            return self._latest(int(parse_qs(parts.query).get("before", ["0"])[0]))
        return self._single(parts.path)

    def _latest(self, before: int) -> Reply:
        seen = [one for one in reversed(self.posts.values()) if self._is_there(one)]
        below = [one for one in seen if not before or one.id <= before]
        listed = [{**_shown(one), "topic_title": one.title, "topic_html_title": one.title} for one in below[:_PAGE]]
        return _json({"latest_posts": listed})

    def _single(self, path: str) -> Reply:
        wanted = path.removesuffix(".json")
        if wanted.startswith(_NUMBERED):
            topic, _, number = wanted.removeprefix(_NUMBERED).partition("/")
            found = [one for one in self.posts.values() if (str(one.topic), str(one.number)) == (topic, number)]
        else:
            found = [one for one in self.posts.values() if f"{_SINGLE}{one.id}" == wanted]
        if not found or not self._is_there(found[0]):
            return not_found()
        return _json(_shown(found[0]))

    def _is_there(self, post: Post) -> bool:
        """Whether a stranger is shown a post: with the first post of a topic all of it goes."""
        first = next(one for one in self.posts.values() if one.topic == post.topic)
        return not (post.deleted or first.deleted)

    # The server.

    def __enter__(self) -> Forum:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.reply))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        """``http://127.0.0.1:PORT``"""
        return f"http://127.0.0.1:{self._server.server_address[1]}"


def not_found() -> Reply:
    """As a forum says that something is not there."""
    return _json({"errors": ["The requested URL or resource could not be found."], "error_type": "not_found"}, 404)


def busy() -> Reply:
    """As a forum says that it is asked too often."""
    status, headers, body = _json({"errors": ["Slow down."], "error_type": "rate_limit"}, 429)
    return status, {**headers, "Retry-After": "1"}, body


def proxy_page() -> Reply:
    """As whatever stands before a forum says that it is out of order."""
    return 404, {"Content-Type": "text/html"}, b"<html><body><h1>404</h1></body></html>"


def _json(body: Any, status: int = 200) -> Reply:
    return status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body).encode()


def _shown(post: Post) -> dict[str, Any]:
    """A post as strangers are shown it. The words of a hidden one are left out, those of one that its author took back
    stand for something else."""
    made = (_BEGAN + timedelta(minutes=post.id)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shown = {
        "id": post.id,
        "topic_id": post.topic,
        "topic_slug": "a-topic",
        "post_number": post.number,
        "post_type": 1,
        "user_id": sum(map(ord, post.author)),
        "username": post.author,
        "name": post.author.title(),
        "created_at": made,
        "updated_at": made,
        "cooked": f"<p>{post.raw}</p>",
        "raw": "(post deleted by author)" if post.taken_back else post.raw,
        "reply_count": 0,
        "reply_to_post_number": post.answers,
        "reads": post.reads,
        "hidden": post.hidden,
        "user_deleted": post.taken_back,
        "deleted_at": None,
    }
    return {name: value for name, value in shown.items() if name != "raw" or not post.hidden}


def _handler(reply: Callable[[str], Reply]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = reply(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the test looks at what was asked."""

    return Handler


def keys(posts: Iterable[Post]) -> set[str]:
    """Keys of the records that posts are."""
    return {f"topic/{one.topic}" if one.number == 1 else f"post/{one.id}" for one in posts}
