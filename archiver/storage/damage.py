"""What can be wrong with a stored segment, in codes that stay the same."""

from __future__ import annotations

from enum import StrEnum

from archiver.errors import IntegrityError


class Code(StrEnum):
    """One way in which stored bytes are not what they should be."""

    GZIP = "gzip"
    """Bytes that are no record as this archive writes them: changed, foreign, or junk between records."""
    CUT_OFF = "cut_off"
    """The file ends too early."""
    HEADER = "header"
    """A WARC header that cannot be read, or is over the limits."""
    LENGTH = "length"
    """A record longer or shorter than it says."""
    DIGEST = "digest"
    """Bytes that do not have the digest noted for them."""
    ORDER = "order"
    """Records in another order than the profile lays down."""
    REFERENCE = "reference"
    """Records that do not belong together although they stand together, or not to this object."""
    FACTS = "facts"
    """Facts or run records that cannot be read."""
    FRAMING = "framing"
    """An answer whose body cannot be told from its framing."""
    SHA256 = "sha256"
    """The object does not have the SHA-256 that the index, or its key, has for it."""
    SIZE = "size"
    """The object does not have the size the index has for it."""
    COUNT = "count"
    """The object does not hold as many WARC records as the index says."""
    MISSING = "missing"
    """The index knows it and the store does not have it."""
    UNTRACKED = "untracked"
    """The store has it and the index does not know it."""
    STRANGER = "stranger"
    """Somebody else laid a version or a delete marker on top of it."""
    UNREADABLE = "unreadable"
    """The store has it and cannot read it."""


class DamagedSegment(IntegrityError):  # noqa: N818 - named as the cause
    """A segment is not what was written."""

    def __init__(self, key: str, offset: int, code: Code, detail: str) -> None:
        super().__init__(f"{key}, at byte {offset}: {detail}")
        self.key = key
        self.offset = offset
        self.code = code
        self.detail = detail
