"""Ids as X gives them (*snowflakes*: milliseconds since 2010, then 22 bits), made from the city's numbers, and back.

An edit of a post is a post with an id of its own, given when it was edited.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from archiver.practice.city import Post
from archiver.practice.ids import milliseconds

_EPOCH = 1_288_834_974_657
_EDITED = 1 << 21
_TAIL = 0xFFFF


def x_id(number: int) -> str:
    """Id of a person, a post in its first version, or a message."""
    return str(((number >> 16) - _EPOCH) << 22 | number & _TAIL)


def number_of(identity: str) -> int | None:
    """Inverse of :func:`x_id`; None for the id of an edit, and for what is none."""
    if not (identity.isascii() and identity.isdigit() and len(identity) <= 19):
        return None
    number = int(identity)
    return None if number & ~_TAIL & 0x3FFFFF else ((number >> 22) + _EPOCH) << 16 | number & _TAIL


def versions_of(post: Post) -> list[str]:
    """Ids of all versions of a post, the first one first."""
    return chain_of(post.id, [at for at, _ in post.versions])


def chain_of(number: int, times: Sequence[datetime]) -> list[str]:
    """The same of a post by its number and the times of its versions."""
    return [x_id(number), *(_edited(at, number, edit) for edit, at in enumerate(times[1:]))]


def _edited(at: datetime, number: int, edit: int) -> str:
    """Two edits in one millisecond differ by their number."""
    return str((milliseconds(at) - _EPOCH) << 22 | _EDITED | (edit & 0x1F) << 16 | number & _TAIL)
