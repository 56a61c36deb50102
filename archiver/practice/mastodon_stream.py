"""What a Mastodon server pushes to whoever is signed in (``/api/v1/streaming/user``): server-sent events.

Source: docs.joinmastodon.org, *Streaming timelines*. A sign of life comes every few seconds as a comment.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from functools import partial

from archiver.practice.messages import Request, Response, Wire

_SIGN_OF_LIFE = b":thump\n"
_SECONDS = 0.2


class MastodonStream:
    """The streams of all who listen."""

    def __init__(self, tokens: Mapping[str, int], revoked: set[str]) -> None:
        self._tokens, self._revoked = tokens, revoked
        self._open: dict[int, list[queue.SimpleQueue[bytes | None]]] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response | None:
        """A stream; None for any other question."""
        if request.path != "/api/v1/streaming/user":
            return None
        token = request.token
        if token is None or token not in self._tokens or token in self._revoked:
            return Response(401, (("Content-Type", "application/json"),), b'{"error":"Invalid access token"}')
        waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        with self._lock:
            self._open.setdefault(self._tokens[token], []).append(waiting)
        wire = Wire(stream=partial(_pieces, waiting))
        return Response(200, (("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")), b"", wire)

    def listeners(self, person: int) -> int:
        """How many streams of a person are open."""
        with self._lock:
            return len(self._open.get(person, ()))

    def push(self, person: int, event: str, payload: str) -> None:
        """Send an event to all streams of a person."""
        self._send(person, f"event: {event}\ndata: {payload}\n\n".encode())

    def end(self, person: int) -> None:
        """Break all streams of a person."""
        self._send(person, None)
        with self._lock:
            self._open.pop(person, None)

    def _send(self, person: int, piece: bytes | None) -> None:
        with self._lock:
            for one in self._open.get(person, ()):
                one.put(piece)


def _pieces(waiting: queue.SimpleQueue[bytes | None]) -> Iterator[bytes]:
    yield b":)\n"
    while True:
        try:
            piece = waiting.get(timeout=_SECONDS)
        except queue.Empty:
            yield _SIGN_OF_LIFE
            continue
        if piece is None:
            return
        yield piece
