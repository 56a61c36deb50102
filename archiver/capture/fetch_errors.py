# ruff: noqa: N818 - errors are named after their cause, like their siblings in archiver.errors
"""Why an exchange did not happen: one class per cause, each with a stable ``code``.

No text here ever holds a secret, a URL's query or what the other side sent.
"""

from __future__ import annotations

from typing import ClassVar

from archiver.errors import ArchiverError, Unreachable
from archiver.wire.exchange import WireExchange


class FetchError(Unreachable):
    """Base: no usable answer came."""

    code: ClassVar[str] = "fetch_failed"

    def __init__(self, message: str, exchange: WireExchange | None = None) -> None:
        super().__init__(message)
        self.exchange = exchange
        """What was asked and what came, where anything did: no answer, and yet evidence."""

    @property
    def received(self) -> bytes:
        """What had arrived, secrets masked; mostly empty."""
        return self.exchange.response if self.exchange is not None else b""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class AddressRefused(FetchError):
    """We do not go there: the address is not a public https address, or not on the list for this ask."""

    code = "address_refused"
    exit_code = 2


class NameNotFound(FetchError):
    """The host's name has no address."""

    code = "name_not_found"


class ConnectFailed(FetchError):
    """Nobody answers at the address."""

    code = "connect_failed"


class TlsFailed(FetchError):
    """No trusted TLS connection: certificate, name or protocol. There is no fall-back to plain text."""

    code = "tls_failed"


class TimedOut(FetchError):
    """Too slow: to connect, between two reads, or in all."""

    code = "timed_out"


class ConnectionLost(FetchError):
    """The connection ended before any answer began."""

    code = "connection_lost"


class MalformedAnswer(FetchError):
    """What came back is not HTTP/1.1, or breaks its framing."""

    code = "malformed_answer"


class TooLarge(FetchError):
    """The head of the answer is larger than any honest one."""

    code = "too_large"


class UnsendableRequest(ArchiverError):
    """A header or method that cannot be sent as HTTP/1.1."""

    code: ClassVar[str] = "unsendable_request"
    exit_code = 2
