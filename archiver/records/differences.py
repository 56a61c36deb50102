"""What changed between two wordings, word by word, for people to see. Pure.

Texts are cut into words, spaces and marks; the shortest edit between them is found with Myers' algorithm ("An O(ND)
difference algorithm", 1986). Its cost grows with how much differs, so it is bounded: beyond :data:`MOST_CHANGES` the
part that differs is shown as replaced as a whole. Strangers write these texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

MOST_CHANGES = 400
"""Words added and taken away together, before a change is shown as a whole."""
_PIECE = re.compile(r"\w+|\s+|[^\w\s]")

Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text that stayed, came or went."""

    kind: Kind
    text: str


def differences(before: str, after: str) -> tuple[Segment, ...]:
    """The segments that lead from one wording to the next. Those that are not *added* spell ``before``, those that are
    not *removed* spell ``after``."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    middle = _edits(old[start : len(old) - end], new[start : len(new) - end])
    pieces = [
        *(("same", piece) for piece in old[:start]),
        *middle,
        *(("same", piece) for piece in old[len(old) - end :]),
    ]
    return tuple(
        Segment(kind, "".join(piece for _, piece in group))
        for kind, group in groupby(pieces, key=lambda piece: piece[0])
    )


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many pieces both begin with."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _edits(old: Sequence[str], new: Sequence[str]) -> list[tuple[Kind, str]]:
    trace = _trace(old, new)
    if trace is None:
        return [*(("removed", piece) for piece in old), *(("added", piece) for piece in new)]
    edits: list[tuple[Kind, str]] = []
    x, y = len(old), len(new)
    for depth in range(len(trace) - 1, -1, -1):
        furthest = trace[depth]
        down = _goes_down(furthest, x - y, depth)
        before_x = furthest.get(x - y + 1, 0) if down else furthest.get(x - y - 1, 0)
        before_y = before_x - (x - y + 1 if down else x - y - 1)
        while x > before_x and y > before_y and x > 0 and y > 0:
            x, y = x - 1, y - 1
            edits.append(("same", old[x]))
        if depth:
            edits.append(("added", new[before_y]) if down else ("removed", old[before_x]))
        x, y = before_x, before_y
    return edits[::-1]


def _trace(old: Sequence[str], new: Sequence[str]) -> list[dict[int, int]] | None:
    """For each number of changes, how far each diagonal had come before; None where there are too many changes."""
    furthest = {1: 0}
    trace = []
    for depth in range(min(len(old) + len(new), MOST_CHANGES) + 1):
        trace.append(dict(furthest))
        for diagonal in range(-depth, depth + 1, 2):
            down = _goes_down(furthest, diagonal, depth)
            x = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            if x >= len(old) and y >= len(new):
                return trace
    return None


def _goes_down(furthest: dict[int, int], diagonal: int, depth: int) -> bool:
    """Whether a diagonal is reached by adding a piece rather than by removing one."""
    if diagonal == -depth:
        return True
    return diagonal != depth and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
