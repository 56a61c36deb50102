"""A request and a response as the practice platforms see them, and how a response is put on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One request, its header names as sent."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @cached_property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Query parameters in their order, decoded."""
        return tuple(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def parameter(self, name: str) -> str | None:
        """Last value of that name, as Rails takes it."""
        return next((value for key, value in reversed(self.parameters) if key == name), None)

    def header(self, name: str) -> str | None:
        """First header of that name, case-insensitive."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def token(self) -> str | None:
        """The bearer token, from the header or, as Doorkeeper allows, the query; or that in TikTok's own header."""
        scheme, _, token = (self.header("Authorization") or "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return token.strip()
        return self.header("Access-Token") or self.parameter("access_token")


@dataclass(frozen=True, slots=True)
class Wire:
    """How a response is sent; the default is what a well-behaved server does."""

    chunks: tuple[int, ...] = ()
    """Sizes of chunks, repeated to the end; empty: not chunked."""
    extension: str = ""
    """Text after each chunk size, e.g. ``;name="a;b"``."""
    padded: bool = False
    """Chunk sizes with leading zeros and capital digits."""
    trailers: Headers = ()
    cut_at: int | None = None
    """Close the connection after so many bytes of the body as framed; -1: before the status line."""
    stated_length: int | None = None
    """Content-Length that is stated instead of the right one."""
    piece: int = 0
    """Send so many bytes at a time (0: all at once) …"""
    pause: float = 0.0
    """… and wait so many seconds before each."""
    close: bool = False
    """Close the connection afterwards."""
    stream: Callable[[], Iterator[bytes]] | None = None
    """Pieces that follow the head one after the other, each as a chunk, until they end."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Headers = ()
    body: bytes = b""
    wire: Wire = field(default_factory=Wire)

    def header(self, name: str) -> str | None:
        """First header of that name, case-insensitive."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_header(self, name: str, value: str | None) -> Response:
        """The same with that header set; None: without it."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=kept if value is None else (*kept, (name, value)))


class Site(Protocol):
    """One platform on the server."""

    def answer(self, request: Request) -> Response | None:
        """The response, or None where this address is not one of its own."""
        ...


def framed(response: Response, *, head_only: bool = False) -> tuple[bytes, bytes]:
    """Header block and body as they go over the wire (RFC 9112), before any cutting."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    bodiless = response.status in (204, 304)
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in response.headers)]
    if not bodiless:
        lines.append(_framing(response))
    if response.wire.close:
        lines.append("Connection: close")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    if head_only or bodiless:
        return head, b""
    return head, _chunked(response.body, response.wire) if response.wire.chunks else response.body


def _framing(response: Response) -> str:
    if response.wire.chunks:
        return "Transfer-Encoding: chunked"
    stated = response.wire.stated_length
    return f"Content-Length: {len(response.body) if stated is None else stated}"


def _chunked(body: bytes, wire: Wire) -> bytes:
    parts, at, turn = [], 0, 0
    while at < len(body):
        chunk = body[at : at + wire.chunks[turn % len(wire.chunks)]]
        parts += [_size_line(len(chunk), wire), chunk, b"\r\n"]
        at, turn = at + len(chunk), turn + 1
    parts += [_size_line(0, wire), *(f"{name}: {value}\r\n".encode() for name, value in wire.trailers), b"\r\n"]
    return b"".join(parts)


def _size_line(size: int, wire: Wire) -> bytes:
    return (f"{size:06X}" if wire.padded else f"{size:x}").encode() + wire.extension.encode() + b"\r\n"
