"""JSON read so that nothing that was written is lost: literals of numbers are kept, a name given twice is refused.

A parsed value is ``str``, ``bytes`` (the literal of a number), ``True``, ``False``, ``None``, ``list`` or ``dict`` (in
the order written); :class:`Raw` stands for raw bytes, which JSON cannot express.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

#: What of a body is committed node by node (``docs/evidence-format.md`` §1). Never to be changed.
LARGEST_BODY: Final = 32 * 1024 * 1024
MOST_MARKS: Final = 400_000
DEEPEST: Final = 64

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CONTAINERS = frozenset({dict, list})
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"|[][{}]', re.DOTALL)


class Raw(bytes):
    """Bytes that are no JSON."""

    __slots__ = ()


class NotJson(ValueError):  # noqa: N818 - named as the cause
    """Not JSON in the strict sense of the evidence format."""


def parse(content: bytes) -> Any:
    """The parsed value of a JSON text in strict UTF-8.

    Raises:
        NotJson: not JSON, a byte-order mark, ``NaN`` or ``Infinity``, or two members of one name in one object.
        RecursionError: nested too deeply for the stack that is left.
    """
    if content.startswith(_BYTE_ORDER_MARK):
        raise NotJson("starts with a byte-order mark")
    try:
        return _DECODER.decode(content.decode())
    except ValueError as error:
        raise NotJson(f"not JSON: {error}") from error


def parse_body(body: bytes) -> Any:
    """The parsed value of a body that is committed node by node.

    Raises:
        NotJson: not such a body: not JSON, or over one of the limits.
        RecursionError: within the limits, and yet too deep for the stack that is left. A commitment must not depend on
            who asks for it, so this is never taken for "not JSON".
    """
    if len(body) > LARGEST_BODY:
        raise NotJson("too large")
    if len(body) > MOST_MARKS and sum(map(body.count, (b",", b"[", b"{"))) > MOST_MARKS:
        raise NotJson("too many commas, [ and {")
    try:
        value = parse(body)
    except RecursionError:
        if _brackets_within(body, DEEPEST):
            raise
        raise NotJson("nested too deeply") from None
    if not depth_within(value, DEEPEST):
        raise NotJson("nested too deeply")
    return value


def depth_within(value: Any, limit: int) -> bool:
    """Whether at most ``limit`` containers are inside one another."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
    return not level


def write(value: Any) -> str:
    """The one ASCII text of a parsed value without :class:`Raw`: no spaces, literals of numbers as they were."""
    if isinstance(value, dict):
        return "{" + ",".join([f"{json.dumps(key)}:{write(member)}" for key, member in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([write(element) for element in value]) + "]"
    if isinstance(value, bytes):
        return value.decode("ascii")
    return json.dumps(value)


def _brackets_within(body: bytes, limit: int) -> bool:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(body):
        mark = match.group()
        if mark in (b"[", b"{"):
            depth += 1
            if depth > limit:
                return False
        elif mark in (b"]", b"}"):
            depth -= 1
    return True


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJson("two members of one name")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    parse_int=str.encode,
    parse_float=str.encode,
    parse_constant=_refuse_constant,
    object_pairs_hook=_unique_members,
)
