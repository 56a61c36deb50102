"""Ids that a rebuild repeats: derived from what they name, never drawn by a database.

An id is a two-letter prefix, an underscore and 32 characters of lower-case base32 (160 bits of SHA-256 over a domain
tag and the length-prefixed parts). Holds, redactions and releases point at these ids for decades, so **nothing in
this module may ever change its result**; ``tests/test_ids.py`` holds the frozen vectors.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from functools import lru_cache

_BYTES = 20


def derive(prefix: str, *parts: str) -> str:
    """Id of kind ``prefix`` for ``parts``. Parts are length-prefixed, so that no two lists of parts collide.

    Strings may hold lone surrogates (platforms send them); they are kept apart from their replacements.
    """
    return f"{prefix}_{_base32(_digest(prefix, parts)[:_BYTES])}"


def account_id(platform: str, service: str, platform_id: str) -> str:
    """``ac_…``: one account on one server of one platform, by the platform's stable id, never its handle."""
    return derive("ac", platform, service, platform_id)


def authority_id(short: str) -> str:
    """``au_…``: one authority, by the short name that stands in the keys of its segments."""
    return derive("au", short)


def department_id(authority: str, short: str) -> str:
    """``dp_…``: one department of an authority, by its short name."""
    return derive("dp", authority, short)


@lru_cache(maxsize=8192)  # one page asks for the same id in several steps
def record_id(account: str, key: str) -> str:
    """``rc_…``: one record of an account, by the connector's key."""
    return derive("rc", account, key)


def exchange_id(run: str, ordinal: int) -> str:
    """``ex_…``: the ``ordinal``-th exchange of a run, counted from 0 as asked."""
    return derive("ex", run, str(ordinal))


def version_id(record: str, exchange: str, position: int) -> str:
    """``ve_…``: the version that the occurrence at ``position`` of ``exchange`` established (the first to arrive)."""
    return derive("ve", record, exchange, str(position))


def medium_id(record: str, key: str) -> str:
    """``md_…``: one file of a record."""
    return derive("md", record, key)


def import_id(account: str, sha256: str) -> str:
    """``im_…``: one file (or folder) brought into one account, by its SHA-256 (hex): brought again, it is the same."""
    return derive("im", account, sha256)


def new_id(prefix: str) -> str:
    """A fresh random id, for what has no identity of its own before it is stored: runs (``rn``), segments (``sg``),
    events (``ev``), searches (``se``). It is written into what it names, so a rebuild repeats it too."""
    return f"{prefix}_{_base32(os.urandom(_BYTES))}"


def warc_record_id(*parts: str) -> str:
    """``<urn:uuid:…>`` for a WARC record, derived (UUID version 8, RFC 9562) from ``parts``, such as an exchange's id
    and ``response``, so that the same record always has one id."""
    digest = bytearray(_digest("warc", parts)[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return f"<urn:uuid:{uuid.UUID(bytes=bytes(digest))}>"


def _digest(kind: str, parts: tuple[str, ...]) -> bytes:
    pieces = [_tag(kind)]
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        pieces += (len(encoded).to_bytes(4, "big"), encoded)
    return hashlib.sha256(b"".join(pieces)).digest()


@lru_cache(maxsize=64)
def _tag(kind: str) -> bytes:
    return f"cra/v1/{kind}\0".encode()


# Every record has three ids or more, and the standard library's base32 takes longer than the hash. So the 160 bits are
# spread by halves, all digits at once, until each of the 32 digits has a byte of its own.
_DIGITS = bytes.maketrans(bytes(range(32)), b"abcdefghijklmnopqrstuvwxyz234567")


def _halvings() -> Iterator[tuple[int, int, int]]:
    """Each step: the bits that stay, those that move up, and by how many."""
    bits, room, count = 8 * _BYTES, 256, 1
    while bits > 5:
        bits //= 2
        low = sum((1 << bits) - 1 << place * room for place in range(count))
        yield low, low << bits, room // 2 - bits
        room, count = room // 2, count * 2


_HALVINGS = tuple(_halvings())


def _base32(content: bytes) -> str:
    """RFC 4648's base32 of 20 bytes, in lower case."""
    number = int.from_bytes(content, "big")
    for stay, move, by in _HALVINGS:
        number = number & stay | (number & move) << by
    return number.to_bytes(32, "big").translate(_DIGITS).decode("ascii")
