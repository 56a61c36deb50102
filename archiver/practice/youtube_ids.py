"""Ids as YouTube gives them, made from the city's numbers and read back. A number fits a video's eleven characters
exactly; a reply's id begins with that of the comment it is under."""

from __future__ import annotations

import base64
import struct

_CHANNEL_TAIL = "PracticeCit"
_COMMENT_TAIL = "4AaABAg"


def _shown(number: int) -> str:
    return base64.urlsafe_b64encode(struct.pack(">Q", number)).decode().rstrip("=")


def _number(text: str) -> int | None:
    try:
        data = base64.urlsafe_b64decode(f"{text}=")
    except ValueError:
        return None
    return struct.unpack(">Q", data)[0] if len(data) == 8 and _shown(struct.unpack(">Q", data)[0]) == text else None


def channel_id(person: int) -> str:
    """``UC`` and 22 characters."""
    return f"UC{_shown(person)}{_CHANNEL_TAIL}"


def person_of(channel: str) -> int | None:
    """Inverse of :func:`channel_id`; also of the list of uploads, whose id begins with ``UU``."""
    return _number(channel[2:13]) if channel[13:] == _CHANNEL_TAIL else None


def video_id(post: int) -> str:
    """Eleven characters."""
    return _shown(post)


def video_of(identity: str) -> int | None:
    """Inverse of :func:`video_id`."""
    return _number(identity)


def comment_id(post: int, top: int) -> str:
    """``top``: number of the comment it is a reply to, its own where it is none."""
    first = f"Ug{_shown(top)}{_COMMENT_TAIL}"
    return first if post == top else f"{first}.{_shown(post)}"


def comment_of(identity: str) -> int | None:
    """Inverse of :func:`comment_id`: the number of the comment or reply."""
    first, dot, reply = identity.partition(".")
    if dot:
        return _number(reply)
    return _number(first[2:13]) if first.startswith("Ug") and first[13:] == _COMMENT_TAIL else None
