"""Content codings (RFC 9110 §8.4.1). We ask for none; a server that applies one anyway is stored as it answered, and
read without it."""

from __future__ import annotations

import zlib

LARGEST = 32 * 2**20
"""What is read of a body at the most, bytes decoded; a bomb stops here."""


class Undecodable(ValueError):  # noqa: N818 - named as the cause
    """A coding nobody asked for and we do not read, or one that does not decode within the limit."""


def decoded(headers: tuple[tuple[str, str], ...], body: bytes, largest: int = LARGEST) -> bytes:
    """``body`` without its content coding.

    Raises:
        Undecodable: it cannot be had.
    """
    named = [value for name, value in headers if name.lower() == "content-encoding"]
    codings = [coding.strip().lower() for coding in ",".join(named).split(",") if coding.strip()]
    for coding in reversed(codings):
        body = _without(coding, body, largest)
    return body


def decoded_body(headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    """``body`` without its content coding where it can be had, else as it is."""
    try:
        return decoded(headers, body)
    except Undecodable:
        return body


def _without(coding: str, body: bytes, largest: int) -> bytes:
    if coding == "identity":
        return body
    if coding in ("gzip", "x-gzip"):
        return _inflate(body, largest, 31)
    if coding == "deflate":  # zlib by the standard, raw by some servers
        try:
            return _inflate(body, largest, 15)
        except Undecodable:
            return _inflate(body, largest, -15)
    raise Undecodable("the server applied a content coding that nobody asked for")


def _inflate(body: bytes, largest: int, window: int) -> bytes:
    inflater = zlib.decompressobj(window)
    try:
        plain = inflater.decompress(body, largest)
    except zlib.error as error:
        raise Undecodable("the body does not decode") from error
    if inflater.unconsumed_tail or not inflater.eof:
        raise Undecodable("the body does not decode within the limit")
    return plain
