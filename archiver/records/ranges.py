"""Sets of positions as text, as run records keep them: ``0-39,41`` (WARC profile §2.4). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_RANGE = re.compile(r"(0|[1-9][0-9]{0,9})(?:-([1-9][0-9]{0,9}))?", re.ASCII)
_MOST = 1_000_000
"""No answer holds so many records; a text that claims more is hostile and would fill the memory."""


def encode(positions: Iterable[int]) -> str:
    """The shortest text for a set of positions: ascending, runs of two or more as ``FIRST-LAST``; empty for none.

    Raises:
        ValueError: a negative position.
    """
    ordered = sorted(set(positions))
    if ordered and ordered[0] < 0:
        raise ValueError(f"positions are counted from 0, not {ordered[0]}")
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in _runs(ordered))


def decode(text: str) -> tuple[int, ...]:
    """The positions of a text, ascending. Accepts exactly what :func:`encode` writes.

    Raises:
        ValueError: anything else: spaces, signs, leading zeros, ranges that touch, overlap or go back, too many.
    """
    if not text:
        return ()
    positions: list[int] = []
    beyond = 0
    for part in text.split(","):
        first, last = _range(part)
        if first < beyond or last - first + len(positions) >= _MOST:
            raise ValueError(f"not a list of positions: {text[:80]!r}")
        positions.extend(range(first, last + 1))
        beyond = last + 2  # a range that touches the one before would be one with it
    return tuple(positions)


def _range(part: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(part)
    if found is None:
        raise ValueError(f"not a range of positions: {part[:80]!r}")
    first = int(found[1])
    last = first if found[2] is None else int(found[2])
    if found[2] is not None and last <= first:
        raise ValueError(f"not a range of positions: {part[:80]!r}")
    return first, last


def _runs(ordered: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for index in range(1, len(ordered) + 1):
        if index == len(ordered) or ordered[index] != ordered[index - 1] + 1:
            yield ordered[start], ordered[index - 1]
            start = index
