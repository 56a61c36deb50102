"""Names of the AT Protocol: who somebody is, where a record stands, what a file must hash to. Pure.

Sources: the specifications *DID*, *Handle*, *AT URI* and *TID* of atproto.com, and *CID* of the IPLD project.
"""

from __future__ import annotations

import base64
import re
from binascii import Error as Base32Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

POST = "app.bsky.feed.post"
REPOST = "app.bsky.feed.repost"

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
HANDLE = rf"(?:{_LABEL}\.)+[a-zA-Z](?:[a-zA-Z0-9-]{{0,61}}[a-zA-Z0-9])?"
DID = r"did:[a-z]+:[a-zA-Z0-9._:%-]{1,1990}[a-zA-Z0-9._-]"
_KEY = r"[a-zA-Z0-9._:~-]{1,512}"
_COLLECTION = r"[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+){2,20}"
_DID = re.compile(DID)
_HANDLE = re.compile(HANDLE)
_URI = re.compile(rf"at://(?P<did>{DID})/(?P<collection>{_COLLECTION})/(?P<key>{_KEY})")
_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
_CID = re.compile(r"b[a-z2-7]{20,200}")
#: CIDv1, the bytes as they are (``raw``), SHA-256 in 32 bytes.
_RAW_SHA256 = b"\x01\x55\x12\x20"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: in whose repository, in which collection, under which key."""

    did: str
    collection: str
    key: str

    @property
    def uri(self) -> str:
        """The AT URI, always with the DID, never with a handle."""
        return f"at://{self.did}/{self.collection}/{self.key}"


def place_of(uri: object) -> Place | None:
    """An AT URI that names a record by its DID; None for anything else."""
    match = _URI.fullmatch(uri) if isinstance(uri, str) and len(uri) <= 3000 else None
    return Place(match["did"], match["collection"], match["key"]) if match else None


def is_did(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 2048 and _DID.fullmatch(value) is not None


def is_handle(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 253 and _HANDLE.fullmatch(value) is not None


def is_cid(value: object) -> bool:
    """Whether it has the form of a CID as records write it (version 1, base 32)."""
    return isinstance(value, str) and _CID.fullmatch(value) is not None


def sha256_of(cid: str) -> str | None:
    """The SHA-256, in hex, that a file of this CID has; None where the CID is not of a file's plain bytes."""
    if not is_cid(cid):
        return None
    try:
        known = base64.b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))
    except Base32Error:
        return None
    return known[4:].hex() if known[:4] == _RAW_SHA256 and len(known) == 36 else None


def written_at(key: str) -> datetime | None:
    """The time in a record key that is a timestamp (TID), by the clock of whoever wrote it; None for other keys."""
    if not _TID.fullmatch(key):
        return None
    number = 0
    for letter in key:
        number = number << 5 | _SORTABLE.index(letter)
    return _EPOCH + timedelta(microseconds=(number >> 10) & ((1 << 53) - 1))
