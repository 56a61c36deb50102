"""Listening to what a platform pushes over a WebSocket (RFC 6455). Optional: a sweep finds what stands; this also finds
what is changed or deleted between two of them.

The address is checked as for any question, and the connection is made to the very address that was checked. A frame
that concerns the account is archived by a run of its own, and only with it the place to listen on at is kept: after any
trouble, frames are heard again from there. Where the platform no longer has what came since, that is a gap.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from archiver import logs
from archiver.capture import addresses
from archiver.capture.addresses import Destination
from archiver.capture.fetch_errors import FetchError
from archiver.capture.pushed import Hearing, Place, Pushed
from archiver.capture.receiving import note
from archiver.capture.service import Capture
from archiver.errors import ArchiverError, Busy
from archiver.http import trust
from archiver.settings import Settings
from archiver.wire.exchange import Network
from connectors.contract import Ask

_log = logs.get(__name__)
_LARGEST = 8 * 2**20
_IDLE = 1.0
"""Seconds without a frame after which what was heard is archived."""
_MOST = 100
"""Frames that are archived together."""
_KEPT_EVERY = timedelta(hours=6)
"""The place is kept at least so often: platforms remember some days."""
_SECONDS = 10.0


@dataclass(slots=True)
class Listener:
    """Listens for one account until it is told to stop. One thread."""

    capture: Capture
    account: str
    stop: threading.Event
    connected: threading.Event = field(default_factory=threading.Event)
    """Set once it listens."""
    _frames: list[Pushed] = field(default_factory=list)
    _at: str | None = None
    _since: datetime | None = None
    _kept_at: datetime | None = None

    def listen(self) -> bool:
        """Listen once, until the connection ends or :attr:`stop` is set. False: there is nothing to listen to.

        Raises:
            ArchiverError, OSError, WebSocketException: no connection, or what was heard could not be archived.
        """
        place = self.capture.listening(self.account)
        if place is None:
            return False
        clock = self.capture.archive.clock
        with connected(place.ask, self.capture.archive.settings) as (connection, network):
            self._frames, self._at = [], place.place
            self._since = place.since or clock.now()
            self._kept_at = clock.now() if place.place is not None else None
            self.connected.set()
            self._note(connected_at=clock.now(), broken_at=None)
            try:
                while not self.stop.is_set():
                    self._hear(place, _received(connection), network)
                self._archive(place)
            finally:
                self._note(broken_at=clock.now())
        return True

    def _note(self, **values: datetime | None) -> None:
        """For the platform's page."""
        self.capture.archive.database.act(lambda connection: note(connection, self.account, **values))

    def _hear(self, place: Place, frame: bytes | None, network: Network) -> None:
        now = self.capture.archive.clock.now()
        if frame is not None:
            heard = place.connector.heard(place.account, frame)
            self._at = heard.place or self._at
            if heard.lost:
                self._since = now
            if heard.about:
                self._frames.append(Pushed(frame, place.connector.frame_type, now, heard, network))
        overdue = self._kept_at is None or now - self._kept_at >= _KEPT_EVERY
        if (self._frames and (frame is None or len(self._frames) >= _MOST)) or (overdue and self._at is not None):
            self._archive(place)

    def _archive(self, place: Place) -> None:
        """Archive what was heard so far. Whoever captures the account just now is waited for."""
        if self._at is None and not self._frames:
            return
        assert self._since is not None
        hearing = Hearing(place.ask, tuple(self._frames), self._at, self._since)
        while True:
            try:
                self.capture.hear(self.account, hearing)
                break
            except Busy:
                if self.stop.wait(_IDLE):
                    return  # it is heard again from the last place
        self._frames = []
        self._kept_at = self.capture.archive.clock.now()


def _received(connection: ClientConnection) -> bytes | None:
    """The next frame; None where none came for a moment."""
    try:
        message = connection.recv(timeout=_IDLE)
    except TimeoutError:
        return None
    return message if isinstance(message, bytes) else None


@contextmanager
def connected(ask: Ask, settings: Settings) -> Iterator[tuple[ClientConnection, Network]]:
    """A WebSocket to where an ask says.

    Raises:
        FetchError: the address is refused, or nobody answers there.
        OSError, WebSocketException: no connection came about.
    """
    scheme, _, rest = ask.url.partition("://")
    where = addresses.destination(
        f"{'https' if scheme == 'wss' else 'http'}://{rest}", trusted_origins=frozenset(settings.trusted_origins)
    )
    (address, *_) = addresses.checked_addresses(where, addresses.system_resolver(_SECONDS))
    query = f"?{urlencode(ask.parameters)}" if ask.parameters else ""
    secure = trust(None) if where.scheme == "https" else None
    plain = socket.create_connection((address, where.port), timeout=_SECONDS)
    with (
        closing(plain),
        connect(
            f"{scheme}://{where.authority}{where.target}{query}",
            sock=plain,
            ssl=secure,
            server_hostname=where.host if secure is not None else None,
            compression=None,
            proxy=None,
            open_timeout=_SECONDS,
            close_timeout=1,
            max_size=_LARGEST,
            user_agent_header=settings.user_agent,
        ) as connection,
    ):
        yield connection, _network(address, connection, where)


def _network(address: str, connection: ClientConnection, where: Destination) -> Network:
    spoken = connection.socket
    if where.scheme == "https" and isinstance(spoken, ssl.SSLSocket):
        version = (spoken.version() or "").lower().replace("tlsv", "tls/")
        cipher = spoken.cipher()
        return Network(address, ("websocket", version), cipher[0] if cipher else None)
    return Network(address, ("websocket",))


def failures() -> tuple[type[Exception], ...]:
    """What may end a connection, or keep one from coming about; after it the place is heard from again."""
    return (ArchiverError, FetchError, OSError, WebSocketException)
