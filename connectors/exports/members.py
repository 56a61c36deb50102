"""Where each member of a JSON object stands, byte by byte, so that one part of a file can be taken and the rest left.
Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.exports.elements import NotAList, end_of

_SPACE = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_PLAIN = re.compile(rb"[^\s,\]}\[{\"]++")
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """One member: its name, and from where to where (exclusive) its value stands, in bytes."""

    name: str
    start: int
    end: int


def members(body: bytes, start: int = 0) -> Iterator[Member]:
    """The members of the object that begins at ``start`` (space before it does not count), in order.

    Raises:
        ValueError: it is no object, or not whole.
    """
    position = _behind_space(body, start)
    if body[position : position + 1] != b"{":
        raise ValueError("no JSON object")
    position = _behind_space(body, position + 1)
    for _ in range(_MOST):
        if body[position : position + 1] == b"}":
            return
        found = _STRING.match(body, position)
        if found is None:
            raise ValueError("JSON that breaks off")
        position = _behind_space(body, found.end())
        if body[position : position + 1] != b":":
            raise ValueError("not JSON")
        begin = _behind_space(body, position + 1)
        end = _end_of_value(body, begin)
        yield Member(_text(found[0]), begin, end)
        position = _behind_space(body, end)
        if body[position : position + 1] == b",":
            position = _behind_space(body, position + 1)
        elif body[position : position + 1] != b"}":
            raise ValueError("JSON that breaks off")
    raise ValueError("JSON of too many parts")


def _behind_space(body: bytes, position: int) -> int:
    found = _SPACE.match(body, position)
    return found.end() if found else position


def _end_of_value(body: bytes, start: int) -> int:
    if body[start : start + 1] in (b"{", b"["):
        try:
            end = end_of(body, start)
        except NotAList as error:
            raise ValueError("not JSON") from error
        if end is None:
            raise ValueError("JSON that breaks off")
        return end
    found = _STRING.match(body, start) or _PLAIN.match(body, start)
    if found is None:
        raise ValueError("not JSON")
    return found.end()


def _text(written: bytes) -> str:
    value = json.loads(written.decode())
    return value if isinstance(value, str) else ""
