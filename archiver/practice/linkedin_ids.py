"""URNs as LinkedIn gives them, made from the city's numbers and read back.

A post goes by two of them: that of a *share* or *ugcPost*, under which it is asked for, and that of an *activity*,
which comments on it name.
"""

from __future__ import annotations

import base64
import re
import struct

_ACTIVITY = 7
_POST = re.compile(r"urn:li:(share|ugcPost|activity):([0-9]{1,20})")
_COMMENT = re.compile(r"urn:li:comment:\((urn:li:[A-Za-z]+:[0-9]{1,20}),([0-9]{1,20})\)")


def page_number(person: int) -> int:
    """Number of an organization."""
    return 10_000_000 + person % 79_999_987


def page_urn(person: int) -> str:
    return f"urn:li:organization:{page_number(person)}"


def person_urn(person: int) -> str:
    """Of a member; made for one app."""
    return f"urn:li:person:{base64.urlsafe_b64encode(struct.pack('>Q', person)).decode().rstrip('=')}"


def post_urn(post: int) -> str:
    """Every third is of the newer kind."""
    return f"urn:li:{'ugcPost' if post % 3 == 0 else 'share'}:{post}"


def activity_urn(post: int) -> str:
    return f"urn:li:activity:{post + _ACTIVITY}"


def post_of(urn: str) -> int | None:
    """Inverse of :func:`post_urn` and :func:`activity_urn`."""
    match = _POST.fullmatch(urn)
    if match is None:
        return None
    number = int(match[2]) - (_ACTIVITY if match[1] == "activity" else 0)
    return number if urn in (post_urn(number), activity_urn(number)) else None


def comment_urn(comment: int, root: int) -> str:
    """``root``: the post it is on."""
    return f"urn:li:comment:({activity_urn(root)},{comment})"


def comment_of(urn: str) -> int | None:
    """Inverse of :func:`comment_urn`, whatever names the post."""
    match = _COMMENT.fullmatch(urn)
    return None if match is None or post_of(match[1]) is None else int(match[2])
