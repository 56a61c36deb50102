"""Content codings (RFC 9110 §8.4.1). We ask for none; a server that applies one anyway is stored as it answered, and
read without it."""

from __future__ import annotations

import zlib

LARGEST = 32 * 2**20
"""What is read of a body at the most, bytes decoded; a bomb stops here."""
_MOST_CODINGS = 3
_MOST_MEMBERS = 10_000
_STEP = 64 * 1024


class Undecodable(ValueError):  # noqa: N818 - named as the cause
    """A coding nobody asked for and we do not read, or one that does not decode within the limit."""


def decoded(headers: tuple[tuple[str, str], ...], body: bytes, largest: int = LARGEST) -> bytes:
    """``body`` without its content coding.

    Raises:
        Undecodable: it cannot be had.
    """
    named = [value for name, value in headers if name.lower() == "content-encoding"]
    codings = [coding.strip().lower() for coding in ",".join(named).split(",") if coding.strip()]
    if len(codings) > _MOST_CODINGS:
        raise Undecodable("more content codings one upon the other than anybody should undo")
    for coding in reversed(codings):
        body = without(coding, body, largest)
    return body


def decoded_body(headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    """``body`` without its content coding where it can be had, else as it is."""
    try:
        return decoded(headers, body)
    except Undecodable:
        return body


def without(coding: str, body: bytes, largest: int) -> bytes:
    """``body`` without one coding, named in lower case. An empty body (of a 304, say) is empty in every coding.

    Raises:
        Undecodable: a coding we do not read, a damaged or unfinished stream, bytes after it, or too many.
    """
    if coding == "identity" or not body:
        return body
    if coding in ("gzip", "x-gzip"):
        return _members(body, largest)
    if coding == "deflate":  # zlib by the standard, raw by some servers
        try:
            return _only_stream(body, largest, 15)
        except Undecodable:
            return _only_stream(body, largest, -15)
    raise Undecodable("the server applied a content coding that nobody asked for")


def _members(body: bytes, largest: int) -> bytes:
    """The members of a gzip file, one after the other to the last byte (RFC 1952 §2.2)."""
    found: list[bytes] = []
    at = size = 0
    while at < len(body):
        if len(found) == _MOST_MEMBERS:
            raise Undecodable("a gzip body of more members than anybody should undo")
        plain, at = _stream(body, at, largest - size, 31)
        found.append(plain)
        size += len(plain)
    return b"".join(found)


def _only_stream(body: bytes, largest: int, window: int) -> bytes:
    plain, end = _stream(body, 0, largest, window)
    if end < len(body):
        raise Undecodable("the body does not decode: something follows its end")
    return plain


def _stream(body: bytes, at: int, room: int, window: int) -> tuple[bytes, int]:
    """The compressed stream that begins at ``at``, inflated, and where it ends.

    Given in small steps, since zlib copies whatever it does not use: many short members must not cost many times the
    whole body.
    """
    inflater = zlib.decompressobj(window)
    pieces: list[bytes] = []
    while not inflater.eof:
        given = body[at : at + _STEP]
        if not given:
            raise Undecodable("the body does not decode: it is cut off")
        try:
            pieces.append(inflater.decompress(given, room + 1))
        except zlib.error as error:
            raise Undecodable("the body does not decode") from error
        room -= len(pieces[-1])
        if room < 0:
            raise Undecodable("the body does not decode within the limit")
        at += len(given) - len(inflater.unused_data)
    return b"".join(pieces), at
