"""The seam to the network: what the rest of the archive knows of HTTP clients.

The library is httpx. Requests go through an :class:`httpx.Client` whose transport records
(:mod:`archiver.capture.transport`); together they are all that knows httpx. What else a client does is kept out, since
an archive must not have it: each request is built whole, so that no header of httpx's is merged in and the target is
sent as it was checked, not as httpx would write it; and the client is shown no headers of an answer, so that there is
nothing to follow, to keep as a cookie or to decode. What is stored comes from the recording alone.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx

from archiver.capture import addresses
from archiver.capture.addresses import Destination, Resolver
from archiver.capture.exchanges import Message, read_message, to_exchange, without_answer
from archiver.capture.fetch_errors import (
    AddressRefused,
    ConnectFailed,
    ConnectionLost,
    FetchError,
    MalformedAnswer,
    NameNotFound,
    TimedOut,
    TlsFailed,
    TooLarge,
    UnsendableRequest,
)
from archiver.capture.large_bodies import Spill
from archiver.capture.masking import Secret
from archiver.capture.recorder import HeadTooLarge, Recording
from archiver.capture.redirects import redirect_target
from archiver.capture.sendable import TOKEN, encoded_header, with_parameters
from archiver.capture.transport import RecordingTransport
from archiver.capture.trust import trust
from archiver.clock import Clock, SystemClock
from archiver.errors import ArchiverError, OutOfSpace
from archiver.wire.exchange import WireExchange
from archiver.wire.framing import FramingError, Head, deframed, final_head
from connectors.contract import Answer

__all__ = [
    "AddressRefused",
    "ConnectFailed",
    "ConnectionLost",
    "FetchError",
    "Fetcher",
    "MalformedAnswer",
    "NameNotFound",
    "TimedOut",
    "TlsFailed",
    "TooLarge",
    "UnsendableRequest",
    "redirect_target",
    "trust",
]

DEFAULT_LIMIT = 64 * 2**20
_REPEATABLE = ("GET", "HEAD")

#: The limit of httpcore, under httpx; it gives up with a protocol error.
_LARGEST_HEAD = 100 * 1024

for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
    logging.getLogger(_name).disabled = True  # at debug level they write whole heads, cookies and tokens included


@dataclass(frozen=True, slots=True, repr=False)
class _Question:
    """One exchange to be had."""

    method: str
    where: Destination
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes | None
    secrets: tuple[Secret, ...]
    limit: int
    into: Path | None


class Fetcher:
    """Asks servers and records every exchange. One serves all threads of a process.

    Follows no redirects, keeps no cookies, uses no proxies, speaks HTTP/1.1 only, and goes nowhere but to public https
    addresses and ``trusted_origins``. Connections are kept and used again.

    Args:
        trusted_origins: exact ``scheme://host:port`` that are exempt from the address rules (practice, tests).
        spool_folder: where a relative ``into`` of :meth:`fetch` is placed.
        connect_timeout, read_timeout, total_timeout: seconds, to connect (resolving the name included), between two
            pieces of an answer, and for the whole exchange.
        certificate_authorities: a PEM file of further authorities to trust, e.g. the city's own.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        trusted_origins: Collection[str] = frozenset(),
        spool_folder: Path | None = None,
        connect_timeout: float = 10.0,
        read_timeout: float = 30.0,
        total_timeout: float = 120.0,
        certificate_authorities: Path | None = None,
        resolver: Resolver | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._user_agent = user_agent.encode()
        self._trusted = frozenset(trusted_origins)
        self._folder = spool_folder
        self._timeouts = {
            "connect": connect_timeout,
            "pool": total_timeout,
            "read": read_timeout,
            "write": read_timeout,
        }
        self._total_timeout = total_timeout
        self._resolver = resolver or addresses.system_resolver(connect_timeout)
        self._clock = clock or SystemClock()
        self._transport = RecordingTransport(trust(certificate_authorities))
        self._client = httpx.Client(
            transport=self._transport,
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def close(self) -> None:
        """End all connections."""
        self._transport.close()

    def fetch(
        self,
        method: str,
        url: str,
        *,
        parameters: Sequence[tuple[str, str]] = (),
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        secrets: Sequence[Secret] = (),
        authorization: Secret | None = None,
        limit: int = DEFAULT_LIMIT,
        into: Path | None = None,
        hosts: Collection[str] | None = None,
        plain_http: bool = False,
        within: float | None = None,
    ) -> WireExchange:
        """Have one exchange. Whatever the server answers is a result; only where nothing usable came is it an error.

        Args:
            parameters: appended to the URL's query.
            secrets: what must not be stored; masked wherever it turns up.
            authorization: sent as ``Authorization: Bearer …``, and masked.
            limit: bytes of the body, as on the wire, after which it is cut (``truncated="length"``).
            into: a body above 1 MiB goes to this file (``body_file``); a smaller one stays in memory.
            hosts: host suffixes that may be asked, ``*`` for any; None for any.
            plain_http: allow ``http`` on port 80.
            within: seconds for the whole exchange, where they are fewer than ``total_timeout``.

        Raises:
            FetchError: see :mod:`archiver.capture.fetch_errors`; the address is refused, or no usable answer came.
            UnsendableRequest: a method or header that cannot be sent.
            OutOfSpace: the disk of ``into`` is full.
        """
        where = addresses.destination(
            with_parameters(url, parameters), hosts=hosts, plain_http=plain_http, trusted_origins=self._trusted
        )
        if not TOKEN.fullmatch(method):
            raise UnsendableRequest(f"the request to {where.host} has a method that cannot be sent")
        question = _Question(
            method=method,
            where=where,
            headers=self._headers(where, headers, authorization, body),
            body=body,
            secrets=(*secrets, authorization) if authorization and authorization not in secrets else tuple(secrets),
            limit=limit,
            into=self._folder / into if into and self._folder else into,
        )
        return self._ask(question, self._total_timeout if within is None else min(within, self._total_timeout))

    def unrecorded(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        authorization: Secret | None = None,
        limit: int = DEFAULT_LIMIT,
        within: float | None = None,
    ) -> Answer:
        """Have one exchange that is never stored: a sign-in, whose answer is nothing but secrets. They are in the
        answer as they came.

        Raises:
            FetchError, UnsendableRequest: as :meth:`fetch`.
        """
        where = addresses.destination(url, trusted_origins=self._trusted)
        question = _Question(method, where, self._headers(where, headers, authorization, body), body, (), limit, None)
        seconds = self._total_timeout if within is None else min(within, self._total_timeout)
        recording = Recording(self._clock, lambda: self._addresses(where), time.monotonic() + seconds)
        with self._transport.recording(recording):
            message = self._transfer(question, recording, None)
        if not isinstance(message, Message):
            if isinstance(message, FetchError):
                message.exchange = None  # not even in part
            raise message
        head = message.head
        return Answer(head.status, head.headers, deframed(message.wire, message.body), message.received_at, where.url)

    def _headers(
        self, where: Destination, given: Sequence[tuple[str, str]], authorization: Secret | None, body: bytes | None
    ) -> tuple[tuple[bytes, bytes], ...]:
        headers = [(b"Host", where.authority.encode()), (b"User-Agent", self._user_agent)]
        if not any(name.lower() == "accept" for name, _ in given):
            headers.append((b"Accept", b"*/*"))
        headers.append((b"Accept-Encoding", b"identity"))
        headers.extend(encoded_header(name, value) for name, value in given)
        if authorization is not None:
            headers.append((b"Authorization", b"Bearer " + authorization.value.encode()))
        if body is not None:
            headers.append((b"Content-Length", b"%d" % len(body)))
        return tuple(headers)

    def _ask(self, question: _Question, seconds: float) -> WireExchange:
        deadline = time.monotonic() + seconds
        while True:
            recording = Recording(self._clock, lambda: self._addresses(question.where), deadline)
            result = self._exchange(question, recording)
            if isinstance(result, WireExchange):
                return result
            # The server had ended a kept connection just when we used it again. Nothing came, so ask once more.
            idle_end = isinstance(result, ConnectionLost) and recording.reused and not recording.received
            if not (idle_end and question.method in _REPEATABLE):
                raise result

    def _addresses(self, where: Destination) -> Sequence[str]:
        return addresses.checked_addresses(where, self._resolver)

    def _exchange(self, question: _Question, recording: Recording) -> WireExchange | ArchiverError:
        """Errors are returned, so that the caller raises them outside of any handler: none then carries the one it
        came from, whose text or frames may hold a secret."""
        spill = Spill(question.into, recording) if question.into else None
        kept = False
        try:
            with self._transport.recording(recording):
                result = self._transfer(question, recording, spill)
            if not isinstance(result, Message):
                return result
            exchange = to_exchange(result, recording, question.method, question.where.url, question.secrets, spill)
            kept = True
            return exchange
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                return OutOfSpace("no space is left for a file that is being fetched")
            raise
        finally:
            if spill is not None and not kept:
                spill.discard()

    def _transfer(self, question: _Question, recording: Recording, spill: Spill | None) -> Message | ArchiverError:
        try:
            response = self._client.send(self._request(question), stream=True)
            try:
                return self._receive(question, recording, response, spill)
            finally:
                response.close()
        except FetchError as error:
            return error
        except _FAILURES as error:
            return _explained(error, question, recording, spill)

    def _receive(
        self, question: _Question, recording: Recording, response: httpx.Response, spill: Spill | None
    ) -> Message:
        first = _final_head(recording)
        if spill is not None:
            spill.head_end = first.end
        broken = False
        try:
            for _ in response.iter_raw():
                received = spill.received if spill else len(recording.received) - first.end
                if received > question.limit:
                    break
                if spill:
                    spill.move()
        except (httpx.ReadError, httpx.RemoteProtocolError):
            broken = True
        message = read_message(recording, first, question.method, question.limit, spill)
        if broken and message.body.complete:
            raise FramingError("what follows the body is not HTTP/1.1")
        if message.surplus and recording.stream is not None:
            recording.stream.spent = True
        return message

    def _request(self, question: _Question) -> httpx.Request:
        where = question.where
        request = httpx.Request(
            question.method,
            _origin(where.origin),
            headers=question.headers,
            stream=httpx.ByteStream(question.body or b""),
            extensions={"timeout": self._timeouts, "target": where.target.encode()},
        )
        request.method = question.method  # which httpx has made upper case
        return request


_FAILURES = (httpx.TransportError, FramingError, HeadTooLarge)


@lru_cache(maxsize=256)
def _origin(origin: str) -> httpx.URL:
    """As httpx wants it; the request target is given apart."""
    return httpx.URL(origin)


def _final_head(recording: Recording) -> Head:
    recording.head_complete = True
    head = final_head(bytes(recording.received))
    if head is None or head.status < 200:
        raise FramingError("it switches to another protocol")
    return head


def _explained(error: Exception, question: _Question, recording: Recording, spill: Spill | None) -> ArchiverError:
    """The error of ours for one of httpx's, by what had happened until then, with what came."""
    explained = _named(error, question, recording)
    if isinstance(explained, FetchError):
        # Of a body that went to a file, only the head is still together.
        came = spill.head_end if spill is not None and spill.used else len(recording.received)
        where = question.where
        explained.exchange = without_answer(
            recording, came, question.method, where.url, question.secrets, explained.code
        )
    return explained


def _named(error: Exception, question: _Question, recording: Recording) -> ArchiverError:
    host = question.where.host
    if isinstance(error, httpx.LocalProtocolError):
        return UnsendableRequest(f"the request to {host} holds a method or header that cannot be sent")
    if isinstance(error, httpx.TimeoutException):
        return TimedOut(f"{host} took too long {_step(error, recording)}")
    if isinstance(error, httpx.ConnectError):
        return ConnectFailed(f"nobody answers at {host} port {question.where.port}")
    if isinstance(error, HeadTooLarge):
        return TooLarge(f"the head of the answer from {host} is too large")
    if isinstance(error, FramingError):
        return MalformedAnswer(f"{host} did not answer in HTTP/1.1: {error}")
    return _unfinished_head(host, bytes(recording.received))


def _unfinished_head(host: str, received: bytes) -> FetchError:
    """httpx gave up before there was a head it understood."""
    if not received:
        return ConnectionLost(f"{host} ended the connection without an answer")
    try:
        head = final_head(received)
    except FramingError as error:
        return MalformedAnswer(f"{host} did not answer in HTTP/1.1: {error}")
    if head is None and len(received) >= _LARGEST_HEAD:
        return TooLarge(f"the head of the answer from {host} is too large")
    if head is None:
        return ConnectionLost(f"{host} ended the connection in the middle of a head")
    return MalformedAnswer(f"{host} sent a head that is not HTTP/1.1")


def _step(error: Exception, recording: Recording) -> str:
    if recording.overdue:
        return "in all"
    return "to connect" if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout) else "to go on"
