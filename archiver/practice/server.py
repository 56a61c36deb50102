"""A small HTTP/1.1 server on 127.0.0.1 that sends exactly the bytes it is told to, one thread per connection.

Written for this purpose because a server for real use would repair what a fault spoils on purpose.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from archiver.practice.bluesky_api import BlueskyApi
from archiver.practice.city import City
from archiver.practice.consent import Consent
from archiver.practice.faults import Faults
from archiver.practice.feeds import Feeds
from archiver.practice.flickr_api import FlickrApi
from archiver.practice.graph_api import GraphApi
from archiver.practice.hub import Hub
from archiver.practice.instagram_api import InstagramApi
from archiver.practice.linkedin_api import LinkedInApi
from archiver.practice.mastodon_api import MastodonApi
from archiver.practice.messages import Request, Response, Site, framed
from archiver.practice.nextdoor_api import NextdoorApi
from archiver.practice.rate_limit import RateLimit
from archiver.practice.reddit_api import RedditApi
from archiver.practice.short_links import ShortLinks
from archiver.practice.threads_api import ThreadsApi
from archiver.practice.tiktok_api import BusinessApi, DisplayApi
from archiver.practice.vimeo_api import VimeoApi
from archiver.practice.x_api import XApi
from archiver.practice.youtube_api import YouTubeApi

_LARGEST_HEAD = 64 * 1024
_LARGEST_BODY = 1024 * 1024
_IDLE = 30.0
_Place = tuple[str, int]


class BadRequest(Exception):  # noqa: N818 - an answer, not an error of this program
    """What came in is not a request this server reads."""


@dataclass(frozen=True, slots=True)
class Served:
    """One line of the server's log."""

    method: str
    target: str
    status: int
    authorised: bool


class PracticeServer:
    """Serves sites over a real socket. ``faults`` spoil answers; ``log`` keeps the last 100,000 requests.

    Use it as a context manager or call :meth:`start` and :meth:`stop`. With ``port=0`` the system chooses the port.
    ``capped`` and ``rate_limit`` are those of :class:`MastodonApi`.
    """

    def __init__(
        self, city: City | None = None, port: int = 0, *, sites: Sequence[Callable[[str], Site]] = (),
        capped: bool = True, rate_limit: RateLimit | None = None,
    ) -> None:  # fmt: skip
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.faults = Faults()
        self.log: deque[Served] = deque(maxlen=100_000)
        self._sites: list[Site] = [make(self.base_url) for make in sites]
        if city is not None:
            self.hub = Hub(self.base_url)
            self.mastodon = MastodonApi(city, self.base_url, capped=capped, rate_limit=rate_limit)
            self.feeds = Feeds(city, self.base_url)
            self.youtube = YouTubeApi(city, self.base_url)
            self.threads = ThreadsApi(city, self.base_url)
            self.instagram = InstagramApi(city, self.base_url)
            self.graph = GraphApi(city, self.base_url)
            self.x = XApi(city, self.base_url)
            self.linkedin = LinkedInApi(city, self.base_url)
            self.reddit = RedditApi(city, self.base_url)
            self.nextdoor = NextdoorApi(city, self.base_url)
            self.tiktok = BusinessApi(city, self.base_url)
            self.tiktok_display = DisplayApi(city, self.base_url)
            self.flickr = FlickrApi(city, self.base_url)
            self.vimeo = VimeoApi(city, self.base_url)
            self.bluesky = BlueskyApi(city, self.base_url)
            self.short_links = ShortLinks(self.base_url)
            self.consent = Consent(
                city,
                self.base_url,
                {
                    "mastodon": self.mastodon,
                    "facebook": self.graph,
                    "instagram": self.instagram,
                    "threads": self.threads,
                    "x": self.x,
                    "youtube": self.youtube,
                    "linkedin": self.linkedin,
                    "reddit": self.reddit,
                    "nextdoor": self.nextdoor,
                    "tiktok": self.tiktok,
                    "tiktok_display": self.tiktok_display,
                    "vimeo": self.vimeo,
                },
            )
            self._sites += [self.hub, self.mastodon.stream, self.consent, self.reddit, self.flickr, self.vimeo]
            self._sites += [self.mastodon, self.feeds, self.youtube, self.threads, self.instagram, self.graph, self.x]
            self._sites += [self.linkedin, self.nextdoor, self.tiktok, self.tiktok_display, self.bluesky]
            self._sites += [self.short_links]
        # A time-out, because closing a listening socket does not wake up who waits on it on every system.
        self._listener.settimeout(0.5)
        self._acceptor = threading.Thread(target=self._accept, name="practice server", daemon=True)
        self._threads: set[threading.Thread] = set()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def __enter__(self) -> PracticeServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        self.stop()

    def start(self) -> PracticeServer:
        """Begin to accept connections."""
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Close every connection and wait for the threads to end. Stopping twice does nothing."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        if self._acceptor.is_alive():
            self._acceptor.join(5)
        self._listener.close()
        with self._lock:
            connections, threads = list(self._open), list(self._threads)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)

    def answer(self, request: Request) -> Response:
        """What the sites answer, before faults."""
        for site in self._sites:
            response = site.answer(request)
            if response is not None:
                self.given(site, request, response)
                return response
        return Response(404, (("Content-Type", "text/html; charset=utf-8"),), b"<h1>404 Not Found</h1>\n")

    def given(self, site: Site, request: Request, response: Response) -> None:
        """Told what each site answers, before faults. For whoever holds answers against a specification."""

    # Connections.

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), name="practice connection", daemon=True)
            with self._lock:
                self._open.add(connection)
                self._threads.add(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(_IDLE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._converse(connection)
        except (OSError, BadRequest):
            pass  # The other side left, or was told so: nothing of it concerns the next connection.
        finally:
            connection.close()
            with self._lock:
                self._open.discard(connection)
                self._threads.discard(threading.current_thread())

    def _converse(self, connection: socket.socket) -> None:
        pending = b""
        while not self._stopping.is_set():
            try:
                request, pending = _receive(connection, pending)
            except BadRequest as bad:
                head, body = framed(Response(400, (("Connection", "close"),), f"{bad}\n".encode()))
                connection.sendall(head + body)
                raise
            if request is None:
                return
            if not self._reply(connection, request):
                return

    def _reply(self, connection: socket.socket, request: Request) -> bool:
        """Answer one request; False: the connection is to be closed."""
        response = self.faults.apply(request, self.answer(request))
        signed = request.token is not None or (request.header("Authorization") or "").startswith("OAuth ")
        self.log.append(Served(request.method, request.target, response.status, signed))
        head, body = framed(response, head_only=request.method == "HEAD")
        wire = response.wire
        if wire.stream is not None:
            self._send_stream(connection, response)
            return False
        if wire.cut_at is not None:
            if wire.cut_at >= 0:
                connection.sendall(head + body[: wire.cut_at])
            return False
        if wire.piece:
            self._send_slowly(connection, head, body, wire.piece, wire.pause)
        else:
            connection.sendall(head + body)
        return not wire.close and (request.header("Connection") or "").lower() != "close"

    def _send_stream(self, connection: socket.socket, response: Response) -> None:
        assert response.wire.stream is not None
        lines = [f"HTTP/1.1 {response.status} OK", *(f"{name}: {value}" for name, value in response.headers)]
        connection.sendall("\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode())
        for piece in response.wire.stream():
            if self._stopping.is_set():
                return
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    def _send_slowly(self, connection: socket.socket, head: bytes, body: bytes, piece: int, pause: float) -> None:
        connection.sendall(head)
        for at in range(0, len(body), piece):
            if self._stopping.wait(pause):
                return
            connection.sendall(body[at : at + piece])


def _receive(connection: socket.socket, pending: bytes) -> tuple[Request | None, bytes]:
    """Next request and what came in behind it; None at the end of the connection."""
    while (end := pending.find(b"\r\n\r\n")) < 0:
        if len(pending) > _LARGEST_HEAD:
            raise BadRequest("headers too large")
        more = connection.recv(65536)
        if not more:
            return None, b""
        pending += more
    request = _parsed(pending[:end])
    length = _body_length(request)
    pending = pending[end + 4 :]
    while len(pending) < length:
        more = connection.recv(65536)
        if not more:
            return None, b""
        pending += more
    return Request(request.method, request.target, request.headers, pending[:length]), pending[length:]


def _parsed(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1.") or not parts[1].startswith("/"):
        raise BadRequest("not an HTTP/1.1 request line")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest("not a header line")
        headers.append((name, value.strip()))
    return Request(parts[0], parts[1], tuple(headers))


def _body_length(request: Request) -> int:
    text = request.header("Content-Length") or "0"
    if request.header("Transfer-Encoding") or not (text.isascii() and text.isdigit()):
        raise BadRequest("only bodies with a stated length are read")
    if len(text) > 9 or int(text) > _LARGEST_BODY:
        raise BadRequest("body too large")
    return int(text)
