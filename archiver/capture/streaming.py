"""Listening to what a platform pushes to whoever is signed in, as server-sent events over HTTP. Optional, as all
listening is.

Nothing is heard again: so each event is safe on the disk before anything else happens to it
(:mod:`archiver.capture.arrivals`), and archived afterwards like a delivery. While the stream is broken nothing is
heard, which the platform's page says; it is no gap in what was looked at, since sweeps go on as ever.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import h11

from archiver import logs
from archiver.capture import addresses, hooks
from archiver.capture.addresses import Destination
from archiver.capture.arrivals import Arrival, Arrivals, require_room
from archiver.capture.asking import origin
from archiver.capture.leases import require_whole_index
from archiver.capture.receiving import NOT_CAPTURED, note
from archiver.capture.secret_forms import Secret
from archiver.capture.terms import account_ref
from archiver.errors import Busy, Unreachable
from archiver.http import trust
from archiver.wire.exchange import Network
from connectors.contract import AccountRef, Ask, Streams

if TYPE_CHECKING:
    from archiver.capture.service import Capture

_log = logs.get(__name__)
MEDIA_TYPE: Final = "text/event-stream"
_LARGEST: Final = 2**20
_SECONDS: Final = 10.0
_IDLE: Final = 1.0
_SILENCE: Final = 120.0
"""Seconds without even a sign of life, which servers give every few seconds."""
_PIECE: Final = 64 * 1024
_BLANK: Final = re.compile(rb"(\r?\n)\r?\n")
_BLANK_SIZE: Final = 4
"""Bytes of the longest of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Station:
    """Where an account's stream is."""

    connector: Streams
    account: AccountRef
    ask: Ask
    token: Secret


def station(capture: Capture, account_id: str) -> Station | None:
    """Where an account's platform pushes to it; None where it does not, or the account is not signed in.

    Raises:
        MissingKey, IntegrityError: its token cannot be opened.
    """
    archive = capture.archive
    with archive.database.read() as connection:
        row = hooks.account(connection, account_id)
    connector = archive.platforms.connector(row.platform)
    if not isinstance(connector, Streams):
        return None
    # One that the platform refused may be somebody else's.
    held = next((one for one in archive.vault.usable(account_id) if one.refused is None), None)
    token = None if held is None else held.grant.access
    if token is None:
        return None
    reference = account_ref(row, connector, authorised=True)
    ask = connector.stream(reference)
    # The token goes nowhere but to the account's own server.
    return Station(connector, reference, ask, token) if ask and origin(ask.url) == origin(row.url) else None


class Events:
    """Events out of a stream, however it comes in pieces (HTML Standard §9.2)."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Whole events, as they came; signs of life are none.

        Raises:
            Unreachable: one is larger than any event is.
        """
        # What was looked through is not looked through again, however small the pieces are.
        begins, place = 0, max(0, len(self._held) - _BLANK_SIZE + 1)
        self._held += piece
        while (found := _BLANK.search(self._held, place)) is not None:
            event, begins = bytes(self._held[begins : found.end(1)]), found.end()
            place = begins
            if any(line and not line.startswith(b":") for line in event.splitlines()):
                yield event
        del self._held[:begins]
        if len(self._held) > _LARGEST:
            raise Unreachable("the stream brings something that is no event")


@dataclass(slots=True)
class StreamListener:
    """Listens for one account until it is told to stop. One thread."""

    capture: Capture
    account: str
    stop: threading.Event
    connected: threading.Event = field(default_factory=threading.Event)
    """Set once it listens."""

    def listen(self) -> bool:
        """Listen once, until the connection ends or :attr:`stop` is set. False: there is nothing to listen to.

        Raises:
            ArchiverError, FetchError, OSError: no connection, or what was heard could not be kept.
        """
        found = station(self.capture, self.account)
        if found is None:
            return False
        arrivals, clock = Arrivals(self.capture.archive.settings.deliveries), self.capture.archive.clock
        try:
            for event, network in self._events(found):
                heard, access = found.connector.pushed(found.account, event)
                if heard.about:
                    self._require_wanted()
                    ask, at = replace(found.ask, access=access), clock.now()
                    arrivals.keep(Arrival(self.account, event, MEDIA_TYPE, at, ask, network=network))
        finally:
            if self.connected.is_set():
                self.connected.clear()
                self._note(broken_at=clock.now())
        return True

    def _require_wanted(self) -> None:
        """A paused account captures nothing, from the moment at which it is paused; and what is heard takes no disk
        that nobody has.

        Raises:
            Busy: it is paused, or it cannot be told whether it is.
            OutOfSpace: the disk is full.
        """
        with self.capture.archive.database.read() as connection:
            require_whole_index(connection)
            states = hooks.states(connection, [self.account])
        if states.get(self.account, NOT_CAPTURED[0]) in NOT_CAPTURED:
            raise Busy("the account is not captured any more")
        require_room(self.capture.archive.settings)

    def _events(self, found: Station) -> Iterator[tuple[bytes, Network]]:
        settings = self.capture.archive.settings
        where = addresses.destination(found.ask.url, trusted_origins=frozenset(settings.trusted_origins))
        (address, *_) = addresses.checked_addresses(where, addresses.system_resolver(_SECONDS))
        with closing(_connected(where, address)) as spoken:
            wire = h11.Connection(h11.CLIENT)
            spoken.sendall(wire.send(_request(where, found, settings.user_agent)) or b"")
            spoken.sendall(wire.send(h11.EndOfMessage()) or b"")
            spoken.settimeout(_IDLE)
            events = Events()
            for piece in self._pieces(wire, spoken):
                for event in events.feed(piece):
                    yield event, Network(address)

    def _pieces(self, wire: h11.Connection, spoken: socket.socket) -> Iterator[bytes]:
        """Of the body of the answer, as they come."""
        heard_at = time.monotonic()
        while not self.stop.is_set():
            try:
                event = wire.next_event()
            except h11.RemoteProtocolError as error:
                raise Unreachable("what came is no HTTP") from error
            if event is h11.NEED_DATA:
                try:
                    wire.receive_data(spoken.recv(_PIECE))
                    heard_at = time.monotonic()
                except TimeoutError:
                    if time.monotonic() - heard_at > _SILENCE:
                        raise Unreachable("the stream gives no sign of life") from None
            elif isinstance(event, h11.Response):
                self._began(event)
            elif isinstance(event, h11.Data):
                yield bytes(event.data)
            elif not isinstance(event, h11.InformationalResponse):
                return

    def _began(self, response: h11.Response) -> None:
        kinds = [value for name, value in response.headers if name == b"content-type"]
        if response.status_code != 200 or not any(one.startswith(MEDIA_TYPE.encode()) for one in kinds):
            raise Unreachable(f"there is no stream (the answer was {response.status_code})")
        self._note(connected_at=self.capture.archive.clock.now(), broken_at=None)
        self.connected.set()

    def _note(self, **values: object) -> None:
        self.capture.archive.database.act(lambda connection: note(connection, self.account, **values))


def _connected(where: Destination, address: str) -> socket.socket:
    plain = socket.create_connection((address, where.port), timeout=_SECONDS)
    if where.scheme != "https":
        return plain
    try:
        return trust(None).wrap_socket(plain, server_hostname=where.host)
    except OSError:
        plain.close()
        raise


def _request(where: Destination, found: Station, agent: str) -> h11.Request:
    query = f"?{urlencode(found.ask.parameters)}" if found.ask.parameters else ""
    headers = [
        ("Host", where.authority),
        ("User-Agent", agent),
        ("Accept-Encoding", "identity"),
        *found.ask.headers,
        ("Authorization", f"Bearer {found.token.value}"),
    ]
    return h11.Request(method="GET", target=where.target + query, headers=headers)
