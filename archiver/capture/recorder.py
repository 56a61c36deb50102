"""Wire-exact recording: a network backend for httpcore that keeps what crosses the connection, below TLS.

What is written and read while a :class:`Recording` is open in a thread belongs to that recording. httpcore does all
the work of one exchange in the thread that asked, so a connection that is used again, or by another thread, needs no
further bookkeeping.
"""

from __future__ import annotations

import hashlib
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpcore

from archiver.capture.fetch_errors import TlsFailed
from archiver.clock import Clock
from archiver.wire.exchange import Network

#: What may arrive before the final head is complete: interim answers, the head, and the rest of the same packets.
HEAD_LIMIT = 512 * 1024


class HeadTooLarge(Exception):  # noqa: N818 - crosses httpcore, and is turned into an error of ours behind it
    """More than :data:`HEAD_LIMIT` arrived, and still no complete head."""


@dataclass(slots=True, repr=False)
class Recording:
    """The bytes of one exchange as they cross the connection."""

    clock: Clock
    addresses: Callable[[], Sequence[str]]
    """Gives what a new connection may be made to, checked; asked once for each new connection."""
    deadline: float
    """By the monotonic clock, seconds."""
    sent: list[bytes] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    sent_at: datetime | None = None
    arrivals: list[tuple[int, datetime]] = field(default_factory=list)
    """Until the head is there: how much had been received before each read, and when it came."""
    head_complete: bool = False
    closed: bool = False
    """The other side ended the connection in an orderly way."""
    stream: RecordedStream | None = None
    reused: bool = False

    @property
    def overdue(self) -> bool:
        """The time for the whole exchange is over."""
        return time.monotonic() >= self.deadline

    def left(self, timeout: float | None) -> float:
        """Seconds a read or write may take.

        Raises:
            ReadTimeout: none are left.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)

    def on_write(self, stream: RecordedStream, data: bytes) -> None:
        if self.stream is not stream:
            self.stream, self.reused = stream, stream.used
            stream.used = True
        if self.sent_at is None:
            self.sent_at = self.clock.now()
        self.sent.append(data)

    def on_read(self, data: bytes) -> None:
        if not data:
            self.closed = True
        if not self.head_complete:
            self.arrivals.append((len(self.received), self.clock.now()))
            if len(self.received) > HEAD_LIMIT:
                raise HeadTooLarge
        self.received += data

    def arrived_at(self, offset: int) -> datetime:
        """When the byte of the answer at ``offset`` came."""
        return [at for before, at in self.arrivals if before <= offset][-1]


class RecordedStream(httpcore.NetworkStream):
    """A connection whose traffic goes to the recording that is open in the calling thread."""

    def __init__(self, inner: httpcore.NetworkStream, open_recordings: _Open, network: Network) -> None:
        self._inner = inner
        self._open = open_recordings
        self.network = network
        self.used = False
        self.spent = False
        """Never to be used again: the other side sent more than its answer."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        recording = self._open.recording
        data = self._inner.read(max_bytes, recording.left(timeout))
        recording.on_read(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        recording = self._open.recording
        if buffer:
            recording.on_write(self, bytes(buffer))
        self._inner.write(buffer, recording.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def _secured(
        self, ssl_context: ssl.SSLContext, name: str | None, timeout: float
    ) -> httpcore.NetworkStream | TlsFailed:
        try:
            return self._inner.start_tls(ssl_context, server_hostname=name, timeout=timeout)
        except httpcore.ConnectError as error:
            if not isinstance(error.__cause__, ssl.SSLError):
                raise
            return TlsFailed(f"no trusted TLS connection to {name}: {_reason(error.__cause__)}")

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._secured(ssl_context, server_hostname, self._open.recording.left(timeout))
        if isinstance(secured, TlsFailed):
            raise secured
        # An end without TLS's own closing message may be somebody cutting the line: an error, not an end.
        secured.get_extra_info("socket").suppress_ragged_eofs = False
        return RecordedStream(secured, self._open, secured_network(self.network, secured))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self.spent:
            return True  # httpcore takes this for "ended by the other side" and drops the idle connection
        return self._inner.get_extra_info(info)


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message).rstrip(".")
    return str(error.reason or "no common protocol").lower().replace("_", " ")


def secured_network(network: Network, stream: httpcore.NetworkStream) -> Network:
    """What TLS adds to what is known of a connection."""
    sock = stream.get_extra_info("socket")
    cipher = sock.cipher()
    certificate = sock.getpeercert(binary_form=True)
    return Network(
        ip=network.ip,
        protocols=("http/1.1", sock.version().lower().replace("tlsv", "tls/")),
        cipher=cipher[0] if cipher else None,
        certificate_sha256=hashlib.sha256(certificate).hexdigest() if certificate else None,
    )


class _Open(threading.local):
    """The recording that is open in this thread."""

    current: Recording | None = None

    @property
    def recording(self) -> Recording:
        assert self.current is not None, "network traffic outside of a recording"
        return self.current


class RecordingBackend(httpcore.NetworkBackend):
    """Connects to the checked addresses of the open recording, never to what a name may lead to by then."""

    def __init__(self, backend: httpcore.NetworkBackend | None = None) -> None:
        self._backend = backend or httpcore.SyncBackend()
        self._open = _Open()

    @contextmanager
    def recording(self, recording: Recording) -> Iterator[Recording]:
        """Open ``recording`` in this thread."""
        self._open.current = recording
        try:
            yield recording
        finally:
            self._open.current = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        recording = self._open.recording
        until = time.monotonic() + recording.left(timeout)
        failure: Exception = httpcore.ConnectError("no address to connect to")
        addresses = recording.addresses()
        for tried, address in enumerate(addresses):
            share = (until - time.monotonic()) / (len(addresses) - tried)
            try:
                inner = self._backend.connect_tcp(address, port, max(share, 0.001), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return RecordedStream(inner, self._open, Network(ip=address))
        raise failure

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise NotImplementedError("archived servers are on the network")
