"""Names of the AT Protocol (DIDs, handles, keys of records, CIDs), made from the city's numbers, and back.

A key is a *TID*: microseconds since 1970, then ten bits. A number of the city is milliseconds and 16 bits: of those the
first six are microseconds here, so that keys are in the order of the numbers.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any

import libipld

from archiver.practice.pictures import png

POST, REPOST = "app.bsky.feed.post", "app.bsky.feed.repost"
_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
_LETTERS = 13
_METHOD = "did:plc:"
_BYTES = 15
_RECORD, _FILE = b"\x01\x71\x12\x20", b"\x01\x55\x12\x20"
"""CIDv1 of DAG-CBOR and of bytes as they are, with SHA-256 in 32 bytes."""


def did_of(person: int) -> str:
    """Identity of somebody."""
    return _METHOD + base64.b32encode(person.to_bytes(_BYTES)).decode().lower()


def person_of(did: str) -> int | None:
    """Inverse of :func:`did_of`; None for what is none."""
    try:
        return int.from_bytes(base64.b32decode(did.removeprefix(_METHOD).upper()))
    except ValueError:
        return None


def handle_of(handle: str) -> str:
    """A handle of the city as a name of a domain."""
    return f"{handle.replace('_', '-').lower()}.test"


def key_of(number: int) -> str:
    """Key of the record that something of the city is."""
    milliseconds, tail = number >> 16, number & 0xFFFF
    whole = (milliseconds * 1000 + (tail >> 10)) << 10 | tail & 0x3FF
    return "".join(_SORTABLE[whole >> 5 * place & 31] for place in reversed(range(_LETTERS)))


def number_of(key: str) -> int | None:
    """Inverse of :func:`key_of`, also of a whole address; None for what is none."""
    letters = key.rpartition("/")[2]
    if len(letters) != _LETTERS or set(letters) - set(_SORTABLE):
        return None
    whole = 0
    for letter in letters:
        whole = whole << 5 | _SORTABLE.index(letter)
    milliseconds, rest = divmod(whole >> 10, 1000)
    return milliseconds << 16 | rest << 10 | whole & 0x3FF


def uri_of(number: int, author: int, collection: str = POST) -> str:
    """Address of a record."""
    return f"at://{did_of(author)}/{collection}/{key_of(number)}"


def cid_of(record: Any) -> str:
    """What names exactly this state of a record."""
    return _cid(_RECORD, libipld.encode_dag_cbor(record))


@lru_cache(maxsize=512)
def picture_cid(number: int, width: int, height: int) -> str:
    """What names the file of a picture."""
    return _cid(_FILE, png(number, width, height))


def _cid(kind: bytes, body: bytes) -> str:
    return "b" + base64.b32encode(kind + hashlib.sha256(body).digest()).decode().lower().rstrip("=")
